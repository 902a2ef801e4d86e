"""Literal histories for tests: what happened, at which millisecond, and nothing else."""

from __future__ import annotations

from typing import Any

from workers.model.history import Header
from workers.model.observation import Applied, Body, Changed, Observation, Sent

Step = tuple[float, str, Body]


def header(*replicas: str, started_us: int = 0) -> Header:
    return Header("scenario", "design", 1, "simulated", list(replicas), started_us=started_us)


def applied(node: str, key: str, value: Any, update: str, *, at: float) -> Step:
    return at, node, Applied(key, value, update)


def changed(node: str, state: Any, *, at: float, instance: str = "", epoch: int = 0, reason: str = "") -> Step:
    return at, node, Changed(instance or f"{node}.1", state, epoch, reason)


def sent(node: str, *, at: float) -> Step:
    return at, node, Sent("m", "topic", "Type", "k", "c")


def history(*steps: Step) -> list[Observation]:
    """The steps in the order given, which must be that of time; ``at`` is in milliseconds."""
    return [Observation(i, round(at * 1000), node, body) for i, (at, node, body) in enumerate(steps)]
