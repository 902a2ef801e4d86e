"""Two minutes of the soak whose half hour ``docs/faults.md`` has the figures of: the same nodes, the same load.

``CV_SOAK_MINUTES`` makes it longer or shorter.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from consistency_viz.benches.soak import Held, soak

MINUTES = float(os.environ.get("CV_SOAK_MINUTES", "2"))
PERIOD_S = 15.0
PER_S = 50.0
VIEWS = 7
pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(60 * MINUTES + 120)]

FULL_MB = {"worker_mb": 1_000.0, "server_mb": 200.0, "web_mb": 400.0, "page_mb": 250.0}
"""More than a soak of any length holds: shards, streams and pages fill up in these minutes, and are full after ten."""


def test_under_a_steady_load_nothing_grows_that_is_not_filling_up_to_its_bound(tmp_path: Path, record_property) -> None:
    told: list[Held] = []
    found = soak(MINUTES, tmp_path, told.append, period_s=PERIOD_S, orders_per_s=PER_S, views=VIEWS)
    assert told == found.rows
    assert len(told) == round(60 * MINUTES / PERIOD_S)
    assert (found.state, found.reason) == ("stopped", "stopped from the page")
    first, last = told[1], told[-1]
    for name in ("worker_descriptors", "web_descriptors", "connections", "keys"):
        assert getattr(last, name) <= getattr(first, name) + 3, name
    for name, most in FULL_MB.items():
        assert 10 < getattr(last, name) < most, name
    # What waits is a fraction of a second of the load, at the end as at the beginning.
    assert max(row.pending for row in told) < 20 * PER_S
    assert last.orders - first.orders > 0.8 * PER_S * 60 * (last.minute - first.minute)
    assert found.observations >= last.shown > 50 * last.orders
    record_property("rows", [[round(getattr(row, name)) for name in FULL_MB] for row in told])
