"""The smallest list that still fails: delta debugging. Pure; whoever calls says what failing is, and how often to ask.

Source: Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input" (IEEE TSE 2002), algorithm ddmin.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)


class Budget:
    """How often may still be asked; each answer is remembered, so that nothing is asked twice."""

    def __init__(self, questions: int) -> None:
        self.left = questions
        self.asked = 0

    def spend(self) -> bool:
        """Whether one more may be asked."""
        if self.left <= 0:
            return False
        self.left -= 1
        self.asked += 1
        return True


def ddmin(items: Sequence[Item], fails: Callable[[tuple[Item, ...]], bool], budget: Budget) -> tuple[Item, ...]:
    """A part of ``items``, in order, that fails and none of whose items can be left out alone (1-minimal).

    ``fails(items)`` holds. When the budget is spent before that, the smallest failing part found so far.
    """
    known: dict[tuple[Item, ...], bool] = {tuple(items): True}

    def still(part: tuple[Item, ...]) -> bool:
        if part not in known:
            if not budget.spend():
                return False
            known[part] = fails(part)
        return known[part]

    current, pieces = tuple(items), 2
    if current and still(()):
        return ()
    while len(current) >= 2:
        found = _smaller(current, pieces, still)
        if found is None:
            if pieces >= len(current):
                break
            pieces = min(len(current), 2 * pieces)
            continue
        part, is_subset = found
        current, pieces = part, 2 if is_subset else max(pieces - 1, 2)
    return current


def least(low: float, high: float, fails: Callable[[float], bool], budget: Budget, steps: int = 6) -> float:
    """About the smallest value in [low, high] that still fails, by halving; ``high`` fails.

    Failing need not be monotone: the answer fails, and that is all that is promised.
    """
    for _ in range(steps):
        middle = (low + high) / 2
        if not budget.spend():
            break
        if fails(middle):
            high = middle
        else:
            low = middle
    return high


def _smaller(
    current: tuple[Item, ...], pieces: int, still: Callable[[tuple[Item, ...]], bool]
) -> tuple[tuple[Item, ...], bool] | None:
    """A failing piece, or a failing rest without one piece; ``True`` with it if it is a piece."""
    bounds = [round(number * len(current) / pieces) for number in range(pieces + 1)]
    cuts = list(pairwise(bounds))
    for begin, end in cuts:
        if still(current[begin:end]):
            return current[begin:end], True
    if pieces > 2:
        for begin, end in cuts:
            rest = (*current[:begin], *current[end:])
            if still(rest):
                return rest, False
    return None
