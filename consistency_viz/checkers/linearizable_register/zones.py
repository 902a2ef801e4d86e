"""The fast way for registers whose written values are all different: O(n log n), no search.

Source: Gibbons and Korach 1997, "Testing shared memories". A write and the reads of its value form a cluster. Let
``f`` be the first completion in it and ``s`` the last invocation. If f < s the value was certainly there from f to s: a
forward zone [f, s]. Otherwise all acts of the cluster have [s, f] in common: a backward zone. The history is
linearizable exactly if no read completed before the write of its value began, no two forward zones overlap, and no
backward zone lies inside a forward one.

A cluster can be the last one if no other cluster has an act that began after f. A write that never completed and that
nobody read is left out: it need not have happened. One that was read did; its own completion says nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise
from operator import lt
from typing import Any, NamedTuple

from consistency_viz.checkers.linearizable_register.acts import NEVER


class Columns(NamedTuple):
    """Acts as columns: value, position of the invocation, position of the completion (``NEVER``: none)."""

    values: Sequence[Hashable]
    invoked: Sequence[int]
    completed: Sequence[int]


class Conflict(NamedTuple):
    """The values whose clusters exclude one another; ``later`` is ``None`` where one alone is impossible."""

    value: Any
    later: Any = None


class Clusters(NamedTuple):
    """For each written value the first completion and the last invocation in its cluster, in one order."""

    first: dict[Any, int]
    last: dict[Any, int]

    def finals(self) -> set[Any]:
        """The values that the register may have after all of it."""
        (top, top_value), (second, _) = _two_largest(
            (began, value) for value, began in self.last.items() if self.first[value] != NEVER
        )
        return {
            value
            for value, ended in self.first.items()
            if ended != NEVER and ended > (second if value == top_value else top)
        }

    def unread(self) -> set[Any]:
        """The values of writes that never completed and that nobody read."""
        return {value for value, ended in self.first.items() if ended == NEVER}


def judge(writes: Columns, reads: Columns) -> Clusters | Conflict | None:
    """The clusters if the history is linearizable, a conflict if it is not, ``None`` if a value was written twice.

    What the register held before is a write that completed before all others began.
    """
    first: dict[Any, int] = dict(zip(writes.values, writes.completed, strict=True))
    if len(first) != len(writes.values):
        return None
    last: dict[Any, int] = dict(zip(writes.values, writes.invoked, strict=True))
    for value, began, ended in zip(reads.values, reads.invoked, reads.completed, strict=True):
        if value not in last:
            return Conflict(value)
        last[value] = max(last[value], began)
        first[value] = min(first[value], ended)
    conflict = _from_the_future(writes, first) or _overlap(first, last)
    return conflict or Clusters(first, last)


def _from_the_future(writes: Columns, first: dict[Any, int]) -> Conflict | None:
    """A read that completed before the write of its value began."""
    if not any(map(lt, first.values(), writes.invoked)):
        return None
    return next(Conflict(value) for value, began in zip(first, writes.invoked, strict=True) if first[value] < began)


def _overlap(first: dict[Any, int], last: dict[Any, int]) -> Conflict | None:
    """Two forward zones that overlap, or a backward zone inside a forward one."""
    zones = zip(first.values(), last.values(), first, strict=True)
    forward = sorted(zone for zone in zones if zone[0] < zone[1])
    if not forward:
        return None
    for (_, end, value), (begin, _, later) in pairwise(forward):
        if begin < end:
            return Conflict(value, later)
    if len(forward) == len(first):
        return None
    begins = [zone[0] for zone in forward]
    for value, end in first.items():
        begin = last[value]
        if begin <= end:
            place = bisect_left(begins, begin) - 1
            if place >= 0 and end < forward[place][1]:
                return Conflict(forward[place][2], value)
    return None


def _two_largest(entries: Iterable[tuple[int, Any]]) -> tuple[tuple[int, Any], tuple[int, Any]]:
    """The two entries with the largest positions, made up where there are fewer."""
    top = second = (-NEVER, None)
    for entry in entries:
        if entry[0] > top[0]:
            top, second = entry, top
        elif entry[0] > second[0]:
            second = entry
    return top, second
