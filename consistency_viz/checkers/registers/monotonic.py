"""Monotonic reads of registers: where a session read something older than it had read before."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import msgspec

from consistency_viz.checkers.registers.log import NoSource, Read
from consistency_viz.checkers.registers.order import CausalOrder, Clock, WritesByLane
from consistency_viz.checkers.registers.sources import Registers
from consistency_viz.checkers.session_report import Judged


class Regression(msgspec.Struct, frozen=True):
    """Operation ``later`` read write ``older`` (-1: the initial value) of ``key``; ``earlier`` had read ``newer``."""

    key: str
    earlier: int
    later: int
    newer: int
    older: int


class Regressions(msgspec.Struct):
    """All of them, and the counts for the whole database."""

    broken: list[Regression] = []
    whole_reads: int = 0
    whole_broken: int = 0


class Newest(msgspec.Struct):
    """What a session has read so far that nothing else it read comes after: (write, the operation that read it)."""

    writes: list[tuple[int, int]] = []
    reads: int = 0
    """Reads with a known source."""
    unknown: int = 0


_NONE: Final = Newest([])


def regressions(registers: Registers, judged: Judged) -> Regressions:
    """Go through every session's reads in session order; ``judged`` counts them."""
    order = CausalOrder(registers)
    writes = WritesByLane(registers, order.sessions)
    found = Regressions()
    session = _Session(registers, order, writes, judged)
    for operations in _by_session(registers):
        session.go(operations, found)
    found.broken.sort(key=lambda regression: registers.ops[regression.later].completed_index)
    return found


def _by_session(registers: Registers) -> Iterator[list[tuple[int, list[Read]]]]:
    """Each session's operations that read something, in the order in which they began."""
    sessions: dict[str, list[tuple[int, list[Read]]]] = {}
    for number, read in registers.answered():
        operations = sessions.setdefault(registers.ops[number].session, [])
        if operations and operations[-1][0] == number:
            operations[-1][1].append(read)
        else:
            operations.append((number, [read]))
    yield from sessions.values()


class _Session:
    """One session. What an operation read counts for those that begin after its end, and for its own later reads."""

    def __init__(self, registers: Registers, order: CausalOrder, writes: WritesByLane, judged: Judged) -> None:
        self.registers = registers
        self.order = order
        self.writes = writes
        self.judged = judged

    def go(self, operations: list[tuple[int, list[Read]]], found: Regressions) -> None:
        ops = self.registers.ops
        known: dict[str, Newest] = {}
        past: Clock = {}
        waiting: list[tuple[int, list[Read]]] = []  # begun, and not ended before the one that is looked at
        for number, reads in operations:
            still = []
            for other, earlier in waiting:
                if ops[other].completed_index < ops[number].invoked_index:
                    for read in earlier:
                        past = self._learn(known, past, other, read)
                else:
                    still.append((other, earlier))
            waiting = [*still, (number, reads)]
            self._judge(known, past, number, reads[0], found)
            if len(reads) > 1:
                within, past_within = {read.key: _copy(known.get(read.key)) for read in reads}, past
                for before, read in pairwise(reads):
                    past_within = self._learn(within, past_within, number, before)
                    self._judge(within, past_within, number, read, found)

    def _judge(self, known: dict[str, Newest], past: Clock, number: int, read: Read, found: Regressions) -> None:
        source = read.source
        newest = known.get(read.key, _NONE)
        earlier = newest.reads + newest.unknown
        if source < NoSource.INITIAL:
            self.judged.unjudged += earlier > 0
            return
        if past:
            found.whole_reads += 1
            found.whole_broken += any(self._is_older(source, write) for write in self.writes.last(read.key, past))
        self.judged.unjudged += newest.unknown > 0
        self.judged.reads += newest.reads > 0
        for write, by in reversed(newest.writes):
            if self._is_older(source, write):
                found.broken.append(Regression(read.key, by, number, write, source))
                return

    def _is_older(self, source: int, write: int) -> bool:
        return source < 0 or (source != write and self.order.is_before(source, write))

    def _learn(self, known: dict[str, Newest], past: Clock, number: int, read: Read) -> Clock:
        """What a read saw is to stay visible."""
        newest = known.setdefault(read.key, Newest([]))
        source = read.source
        if source < NoSource.INITIAL:
            newest.unknown += 1
            return past
        newest.reads += 1
        if source < 0:
            return past
        # In a cycle each comes before the other; then both stay.
        older = [w for w, _ in newest.writes if self._is_older(w, source) and not self._is_older(source, w)]
        newest.writes = [(w, by) for w, by in newest.writes if w not in older and w != source] + [(source, number)]
        joined = dict(past)
        sessions = self.order.sessions
        for lane, count in (*self.order.past(source).items(), (sessions.lane[source], sessions.seq[source])):
            if joined.get(lane, 0) < count:
                joined[lane] = count
        return joined


def _copy(newest: Newest | None) -> Newest:
    return Newest([]) if newest is None else Newest(list(newest.writes), newest.reads, newest.unknown)
