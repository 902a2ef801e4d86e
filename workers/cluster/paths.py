"""Laying one setting over plain values by its dotted path: ``workload.orders``, ``network.links.0.loss``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class PathError(ValueError):
    """A path that leads nowhere; the text says where it ends."""


def steps_of(path: str) -> list[str]:
    """The steps of a dotted path, or none if one of them is empty."""
    steps = path.strip().split(".")
    return steps if all(steps) else []


def lay(fields: dict[str, Any], steps: Sequence[str], value: Any) -> None:
    """Put ``value`` at ``steps`` in ``fields``, in place. Missing mappings are made, lists are indexed by number."""
    place: Any = fields
    for index, step in enumerate(steps):
        last = index == len(steps) - 1
        if isinstance(place, list) and step.isdecimal() and len(step) < 9 and int(step) < len(place):
            key: Any = int(step)
        elif isinstance(place, dict):
            key = step
        else:
            raise PathError(f"{'.'.join(steps[:index]) or 'the scenario'} has no place {step!r}")
        if last:
            place[key] = value
            return
        if isinstance(place, dict) and place.get(key) is None:
            place[key] = {}
        place = place[key]
