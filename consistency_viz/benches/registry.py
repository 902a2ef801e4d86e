"""Every benchmark by name. A bench takes the URL of a server on this machine and returns figures and notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from consistency_viz.benches import checkers, crdt, pipeline, simulate
from consistency_viz.benches.measure import Figure

Bench = Callable[[str], tuple[list[Figure], dict[str, object]]]

BENCHES: Final[Mapping[str, Bench]] = {
    "checkers": lambda url: checkers.run(),
    "crdt": lambda url: crdt.run(),
    "pipeline": pipeline.run,
    "simulate": lambda url: simulate.run(),
}
