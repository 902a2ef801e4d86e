"""The orders that every variant of the pipeline bench plays, and at what moment each is placed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from workers.services.catalogue_of_goods import SKUS


def orders(count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """``count`` valid orders as (key, order), always the same."""
    skus = list(SKUS.items())
    for number in range(count):
        sku, unit_cents = skus[number % len(skus)]
        lines = [{"sku": sku, "quantity": 1 + number % 3, "unit_cents": unit_cents}]
        order = {
            "lines": lines,
            "country": "DE",
            "email": f"{number}@example.org",
            "net_cents": (1 + number % 3) * unit_cents,
        }
        yield f"o-{number}", order


def paced(count: int, per_s: float, place: Callable[[str, dict[str, Any]], None]) -> None:
    """Place ``count`` orders at ``per_s``, each at its own moment, whatever became of those before it."""
    start_s = time.monotonic()
    for number, (key, order) in enumerate(orders(count)):
        wait_s = start_s + number / per_s - time.monotonic()
        if wait_s > 0:
            time.sleep(wait_s)
        place(key, order)
