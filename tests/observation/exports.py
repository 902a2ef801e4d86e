"""Runs to export: simulated ones, kept for the whole test process, and histories made by hand."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from consistency_viz.experiments.simulations import simulate_once
from consistency_viz.observation.history import HistoryWriter
from workers.cluster.catalogue import load
from workers.model.history import Header
from workers.model.observation import Body, Observation

_KEPT = TemporaryDirectory(prefix="exports-")
"""Goes when the test process ends."""


@cache
def simulated(scenario: str) -> Path:
    """The history of one run with seed 7; do not write to it."""
    path = Path(_KEPT.name) / f"{scenario}.jsonl"
    simulate_once(load(scenario), 7, path, ["divergence"])
    return path


def written(path: Path, *bodies: tuple[str, Body] | Body, started_us: int = 0, step_us: int = 1000) -> Path:
    """A history of these (node, body), one a millisecond; a body alone happened at "client"."""
    header = Header("by-hand", "none", 1, "simulated", [], started_us=started_us)
    with HistoryWriter(path, header) as writer:
        for index, one in enumerate(bodies):
            node, body = one if isinstance(one, tuple) else ("client", one)
            writer.append(Observation(index, started_us + index * step_us, node, body))
    return path
