"""Isolation levels of lists: what breaks read committed, read atomic and causal consistency.

Source: Adya, "Weak consistency" (1999), G0 and G1; Kingsbury and Alvaro, "Elle" (VLDB 2020); Biswas and Enea
(OOPSLA 2019) for what is visible at which level (``registers.levels``).

As the list that is read tells the order of all appends before it, nothing has to be sought: what is visible to a read
and not in its list is a ``LostAppend``, at the level at which it is visible. A cycle is one

- of the orders of appends alone: ``G0``, and with who read from whom: ``G1c``; neither is read committed;
- of these and of session order: ``G1cSession``, which is not causal.

Sessions cannot disagree about the order of appends to one key, as they may about that of writes to a register: all of
them see it. Of two keys the orders have to agree too, else no one order of all transactions explains them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from consistency_viz.checkers.registers.lists import NOWHERE, ListRead, Lists
from consistency_viz.checkers.registers.order import Clock, Sessions
from consistency_viz.checkers.registers.sources import Registers

Last = tuple[int, int]
"""The place of an append in the version order of its key, and whose it is."""

NONE: Final[Last] = (0, -1)


class _Rising(msgspec.Struct, gc=False):
    """Positions, rising, and for each the last append to a key at or before it."""

    at: list[int] = []
    last: list[Last] = []

    def add(self, position: int, append: Last) -> None:
        self.at.append(position)
        self.last.append(max(self.last[-1], append) if self.last else append)

    def upto(self, position: int) -> Last:
        place = bisect_right(self.at, position)
        return self.last[place - 1] if place else NONE


class VisibleAppends:
    """The last append to a key that is visible: in a session, in a list that was read, or of an operation read from."""

    def __init__(self, registers: Registers, lists: Lists, sessions: Sessions) -> None:
        self._registers = registers
        self._lists = lists
        self._sessions = sessions
        self._in_lane: dict[str, dict[int, _Rising]] = {}
        self._with: dict[str, dict[str, _Rising]] = {}
        self._writers: dict[tuple[str, str], tuple[list[int], list[int]]] = {}
        for lane, members in enumerate(sessions.lanes):
            for number in members:
                for key, place in lists.appended.get(number, {}).items():
                    rising = self._in_lane.setdefault(key, {}).setdefault(lane, _Rising([], []))
                    rising.add(sessions.seq[number], (place, number))
        for key, appenders in lists.order.items():
            for place, number in enumerate(appenders, 1):
                self._go_with(key, place, number)

    def _go_with(self, key: str, place: int, number: int) -> None:
        """Who sees ``key`` up to ``place`` sees all that ``number`` did."""
        for other, last in self._lists.appended[number].items():
            if other != key:
                self._with.setdefault(other, {}).setdefault(key, _Rising([], [])).add(place, (last, number))
        for register in self._registers.written[number]:
            places, numbers = self._writers.setdefault((key, register), ([], []))
            places.append(place)
            numbers.append(number)

    def by_clock(self, key: str, clock: Clock) -> Last:
        """Of what ``clock`` counts."""
        lanes = self._in_lane.get(key, {})
        return max((rising.upto(clock.get(lane, 0)) for lane, rising in lanes.items()), default=NONE)

    def by_session(self, key: str, number: int) -> Last:
        """Of what comes before ``number`` in its session."""
        sessions = self._sessions
        return self.by_clock(key, {sessions.lane[n]: sessions.seq[n] for n in sessions.before[number]})

    def by_list(self, key: str, read: ListRead) -> Last:
        """Of those who appended what a list read holds, of its own key too."""
        if read.key == key:
            return (read.length, self._lists.order[key][read.length - 1]) if read.length else NONE
        rising = self._with.get(key, {}).get(read.key)
        return NONE if rising is None else rising.upto(read.length)

    def by_source(self, key: str, source: int) -> Last:
        """Of an operation whose write was read."""
        place = self._lists.appended.get(source, {}).get(key, 0) if source >= 0 else 0
        return (place, source) if place else NONE

    def writers(self, register: str, read: ListRead) -> list[int]:
        """The operations that wrote a register and appended what a list read holds."""
        places, numbers = self._writers.get((read.key, register), ([], []))
        return numbers[: bisect_right(places, read.length)]


class LostAppend(msgspec.Struct, frozen=True, gc=False):
    """``read`` lacks what operation ``missed`` had appended to its key, and which was visible to it."""

    read: ListRead
    missed: int


def lost_appends(
    level: str, registers: Registers, lists: Lists, visible: VisibleAppends, clocks: Iterable[Clock]
) -> Iterator[LostAppend]:
    """Those of one level, by operation; ``clocks`` are the pasts of the operations that read lists, in that order."""
    for (number, reads), clock in zip(lists.reads.items(), clocks, strict=True):
        for read in reads:
            last = NONE
            if level == "read-committed":
                last = _of(visible, read, registers, lists, before=read.place)
            elif level == "read-atomic":
                last = max(_of(visible, read, registers, lists), visible.by_session(read.key, number))
            else:
                last = visible.by_clock(read.key, clock)
            if last[0] > read.length and last[1] != number:
                yield LostAppend(read, last[1])


def _of(visible: VisibleAppends, read: ListRead, registers: Registers, lists: Lists, before: int = 2**31) -> Last:
    """The last visible append of those from whom the operation read, in the steps before a place."""
    key, number = read.key, read.number
    by_lists = (visible.by_list(key, other) for other in lists.reads[number] if other.place < before)
    by_sources = (visible.by_source(key, r.source) for r in registers.reads[number] if r.place < before)
    return max(max(by_lists, default=NONE), max(by_sources, default=NONE))


Edges = dict[tuple[int, int], tuple[int, str]]
"""Who comes right before whom, and the read and the key that tell so."""


def version_edges(lists: Lists, happened: Sequence[bool]) -> Edges:
    """The order of the appends to each key: of those that were read, and after them of the others that happened."""
    found: Edges = {}
    for key, appenders in lists.order.items():
        for edge in pairwise(appenders):
            if edge[0] != edge[1]:
                found.setdefault(edge, (lists.longest[key], key))
    for number, keys in lists.appended.items():
        if not happened[number]:
            continue
        for key, place in keys.items():
            if place == NOWHERE and (read := lists.order.get(key)) and read[-1] != number:
                found.setdefault((read[-1], number), (lists.longest[key], key))
    return found


def read_edges(lists: Lists) -> Edges:
    """Who read from whom: of a list from its last element, which with the order of versions is all of it."""
    found: Edges = {}
    for number, reads in enumerate(lists.registers.reads):
        for read in reads:
            if read.source >= 0:
                found.setdefault((read.source, number), (number, read.key))
    for number, listed in lists.reads.items():
        for one in listed:
            if one.length:
                found.setdefault((lists.order[one.key][one.length - 1], number), (number, one.key))
    return found
