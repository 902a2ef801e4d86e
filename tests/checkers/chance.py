"""Random histories from one description: drawn by hypothesis, which shrinks them, or by seed, which is quick."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")
Choose = Callable[[list[Any]], Any]
"""One of a list; the first is the simplest."""


def drawn(make: Callable[[Choose], T]) -> st.SearchStrategy[T]:
    """What ``make`` makes, as a strategy."""

    @st.composite
    def strategy(draw: st.DrawFn) -> T:
        return make(lambda options: draw(st.sampled_from(options)))

    return strategy()


def seeded(make: Callable[[Choose], T], n: int, first: int = 0) -> Iterator[T]:
    """What ``make`` makes of ``n`` seeds."""
    for seed in range(first, first + n):
        yield make(random.Random(seed).choice)


def exhaustive(make: Callable[[Choose], T]) -> Iterator[T]:
    """What ``make`` makes of every sequence of choices there is, in their order: small scopes only."""
    path: list[int] = []
    while True:
        trail: list[tuple[int, int]] = []

        def choose(options: list[Any], trail: list[tuple[int, int]] = trail, path: list[int] = path) -> Any:
            place = path[len(trail)] if len(trail) < len(path) else 0
            trail.append((place, len(options)))
            return options[place]

        yield make(choose)
        while trail and trail[-1][0] + 1 == trail[-1][1]:
            trail.pop()
        if not trail:
            return
        path = [place for place, _ in trail[:-1]] + [trail[-1][0] + 1]


def how_many(usual: int = 10_000) -> int:
    """Histories to draw: ``usual``, a tenth of the long run, or as many as CV_CHECKER_HISTORIES says (100000: it)."""
    return int(os.environ.get("CV_CHECKER_HISTORIES", usual))
