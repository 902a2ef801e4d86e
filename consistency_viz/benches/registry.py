"""Every benchmark by name: from the URL of a server on this machine, and how often to measure, to figures and notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from consistency_viz.benches import checkers, crdt, experiment, feed, matrix, pipeline, refusals, simulate
from consistency_viz.benches.measure import Figure

Bench = Callable[[str, int | None], tuple[list[Figure], dict[str, object]]]

BENCHES: Final[Mapping[str, Bench]] = {
    "checkers": lambda url, runs: checkers.run(),
    "crdt": lambda url, runs: crdt.run(),
    "experiment": lambda url, runs: experiment.run(runs),
    "feed": lambda url, runs: feed.run(url),
    "matrix": lambda url, runs: matrix.run(runs),
    "pipeline": lambda url, runs: pipeline.run(url),
    "refusals": lambda url, runs: refusals.run(),
    "simulate": lambda url, runs: simulate.run(),
}
NOTES: Final[Mapping[str, Callable[[dict[str, Any]], list[Any]]]] = {"matrix": matrix.tables}
"""How the notes of a bench are drawn, where line by line will not do."""
