"""Sets of updates as a history lists them: runs stay runs, so that a read that saw a million updates costs a few steps.

``cart-1@eu.3-7`` is one interval of the prefix ``cart-1@eu.``; an id without a number stands for itself. What a replica
shows before any update (``<key>@initial``) is no update and in no set.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

Run = tuple[int, int]
"""First and last number, both in it."""

Runs = tuple[Run, ...]
"""Rising, with a gap between any two."""

_NUMBERED: Final = re.compile(r"(.*@.*\.)([1-9]\d{0,11}|0)(?:-([1-9]\d{0,11}))?", re.DOTALL)
INITIAL_SUFFIX: Final = "@initial"

CACHED: Final = 1 << 15
"""Entries that are remembered as parsed: what several checkers, or reads of one version, are told again and again."""


@lru_cache(maxsize=CACHED)
def parsed(entry: str) -> tuple[str, Runs]:
    """An entry of a list as prefix and one run; no run: it is no proper one, and stands for itself."""
    found = _NUMBERED.fullmatch(entry)
    if found is None:
        return entry, ()
    first = int(found[2])
    last = first if found[3] is None else int(found[3])
    return (found[1], ((first, last),)) if first <= last else (entry, ())


@lru_cache(maxsize=CACHED)
def split(update: str) -> tuple[str, int]:
    """An update's prefix and number; number -1: it has none, and the prefix is all of it."""
    found = _NUMBERED.fullmatch(update)
    return (update, -1) if found is None or found[3] is not None else (found[1], int(found[2]))


class RunSet:
    """A set of update ids. Only ``add`` changes one; everything else gives a new set."""

    __slots__ = ("plain", "runs")

    def __init__(self, listed: Iterable[str] = ()) -> None:
        """``listed`` as in a history; what is no proper run is taken for an id."""
        self.plain: frozenset[str] | set[str] = _NOTHING
        self.runs: dict[str, Runs] = {}
        runs = self.runs
        for entry in listed:
            prefix, run = parsed(entry)
            if not run:
                if not entry.endswith(INITIAL_SUFFIX):
                    self._add_plain(entry)
                continue
            known = runs.get(prefix)
            if known is None:
                runs[prefix] = run
            elif run[0][0] > known[-1][1] + 1:
                runs[prefix] = known + run
            else:
                runs[prefix] = _merged(known + run)

    def __contains__(self, update: object) -> bool:
        if not isinstance(update, str):
            return False
        if update in self.plain:
            return True
        prefix, number = split(update) if self.runs else (update, -1)
        return number >= 0 and _inside(self.runs.get(prefix), number, number)

    def __bool__(self) -> bool:
        return bool(self.plain or self.runs)

    def __len__(self) -> int:
        return len(self.plain) + sum(last - first + 1 for spans in self.runs.values() for first, last in spans)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RunSet) and self.plain == other.plain and self.runs == other.runs

    def __hash__(self) -> int:
        return hash(self.content())

    def content(self) -> tuple[frozenset[str], frozenset[tuple[str, Runs]]]:
        """The same for equal sets: a key for dictionaries."""
        return frozenset(self.plain), frozenset(self.runs.items())

    def __iter__(self) -> Iterator[str]:
        """Every id, newest first within a prefix, in an order that depends on the set alone."""
        yield from sorted(self.plain)
        for prefix, spans in sorted(self.runs.items()):
            for first, last in reversed(spans):
                for number in range(last, first - 1, -1):
                    yield f"{prefix}{number}"

    def newest(self) -> str:
        """The last of some run, or an id without a number, the same for equal lists; the set is not empty."""
        for prefix, spans in self.runs.items():
            return f"{prefix}{spans[-1][1]}"
        return max(self.plain)

    def add(self, update: str) -> None:
        """Put one id in."""
        if "@" not in update:  # as those of the order flow: neither numbered nor initial
            if type(self.plain) is set:
                self.plain.add(update)
            else:
                self.plain = {*self.plain, update}
            return
        if update.endswith(INITIAL_SUFFIX):
            return
        prefix, number = split(update)
        if number < 0:
            self._add_plain(update)
            return
        spans = self.runs.get(prefix)
        if spans is None:
            self.runs[prefix] = ((number, number),)
        elif spans[-1][1] + 1 == number:
            self.runs[prefix] = (*spans[:-1], (spans[-1][0], number))
        elif not _inside(spans, number, number):
            self.runs[prefix] = _merged((*spans, (number, number)))

    def _add_plain(self, update: str) -> None:
        if isinstance(self.plain, set):
            self.plain.add(update)
        else:
            self.plain = {*self.plain, update}

    def issuperset(self, other: RunSet) -> bool:
        """Whether everything in ``other`` is here too."""
        if other.plain and not self.plain >= other.plain:
            return False
        runs = self.runs
        for prefix, spans in other.runs.items():
            mine = runs.get(prefix)
            if mine is None:
                return False
            if len(mine) == 1:  # in nearly all cases
                if spans[0][0] < mine[0][0] or spans[-1][1] > mine[0][1]:
                    return False
            elif mine != spans:
                for first, last in spans:
                    if not _inside(mine, first, last):
                        return False
        return True

    def minus(self, other: RunSet) -> RunSet:
        """What is here and not in ``other``."""
        left = RunSet()
        if self.plain:
            left.plain = frozenset(self.plain - other.plain)
        for prefix, spans in self.runs.items():
            rest = _subtracted(spans, other.runs.get(prefix))
            if rest:
                left.runs[prefix] = rest
        return left

    def union(self, other: RunSet) -> RunSet:
        """What is in either."""
        both = RunSet()
        if self.plain or other.plain:
            both.plain = frozenset(self.plain | other.plain)
        runs = both.runs = dict(self.runs)
        for prefix, spans in other.runs.items():
            mine = runs.get(prefix)
            if mine is None:
                runs[prefix] = spans
            elif mine != spans:
                runs[prefix] = _merged(mine + spans)
        return both


_NOTHING: Final[frozenset[str]] = frozenset()


def count_in_all(updates: Iterable[str], sets: Iterable[RunSet]) -> int:
    """How many of these updates, each given once, are in all of the sets."""
    left = set(updates)
    for one in sets:
        left = {update for update in left if update in one} if one.runs else left & one.plain
    return len(left)


def _merged(spans: Runs) -> Runs:
    """The same numbers, sorted and disjoint, with a gap between any two runs."""
    if len(spans) == 2:  # in nearly all cases
        (first, last), (low, high) = spans
        if first <= low <= last + 1:
            return spans[:1] if high <= last else ((first, high),)
    found: list[Run] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + 1:
            if last > found[-1][1]:
                found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return tuple(found)


def _inside(spans: Runs | None, first: int, last: int) -> bool:
    """Whether one of the runs holds all of ``first`` to ``last``."""
    if not spans:
        return False
    if len(spans) == 1:
        return spans[0][0] <= first and last <= spans[0][1]
    place = bisect_right(spans, (first, 2**62)) - 1
    return place >= 0 and last <= spans[place][1]


def _subtracted(spans: Runs, others: Runs | None) -> Runs:
    if not others:
        return spans
    if len(spans) == len(others) == 1 and others[0][0] <= spans[0][0]:  # in nearly all cases
        (first, last), high = spans[0], others[0][1]
        if high >= last:
            return ()
        return spans if high < first else ((high + 1, last),)
    left: list[Run] = []
    for begin, last in spans:
        first = begin
        for low, high in others:
            if high < first:
                continue
            if low > last:
                break
            if low > first:
                left.append((first, low - 1))
            first = high + 1
        if first <= last:
            left.append((first, last))
    return tuple(left)
