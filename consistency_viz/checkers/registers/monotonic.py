"""Monotonic reads of registers: where a session read something older than it had read before."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import msgspec

from consistency_viz.checkers.evidence import Evidence
from consistency_viz.checkers.registers.log import NoSource, Read
from consistency_viz.checkers.registers.order import CausalOrder, Pasts, WritesByLane
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
    """What a session has read so far of a key, as (write, the operation that read it)."""

    writes: list[tuple[int, int]] = []
    """What comes before nothing else that it read, in causal order: at most one of each lane."""
    begun: tuple[int, int] | None = None
    """The write that began last."""
    ended: dict[int, int] = {}
    """For each write the first operation that had read it."""
    recent: list[tuple[int, int]] = []
    """The two operations that began last and read different writes, the later one first.

    None that went back itself, to something older than another that the session had read: that replaced nothing."""
    reads: int = 0
    """Reads with a known source."""
    unknown: int = 0

    @property
    def all(self) -> list[tuple[int, int]]:
        """What a read may be older than."""
        return [*reversed(self.writes), *([self.begun] if self.begun is not None else [])]


_NONE: Final = Newest([])


def regressions(evidence: Evidence, judged: Judged) -> Regressions:
    """Go through every session's reads in session order; ``judged`` counts them."""
    registers = evidence.registers
    found = Regressions([])
    session = _Session(registers, evidence.order, evidence.writes, judged)
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
        past = Pasts(self.order)
        waiting: list[tuple[int, list[Read]]] = []  # begun, and not ended before the one that is looked at
        for number, reads in operations:
            still = []
            for other, earlier in waiting:
                if ops[other].completed_index < ops[number].invoked_index:
                    for read in earlier:
                        self._learn(known, past, other, read)
                else:
                    still.append((other, earlier))
            waiting = [*still, (number, reads)]
            self._judge(known, past, number, reads[0], found)
            if len(reads) > 1:
                within, past_within = {read.key: _copy(known.get(read.key)) for read in reads}, past.copy()
                for before, read in pairwise(reads):
                    self._learn(within, past_within, number, before)
                    self._judge(within, past_within, number, read, found)

    def _judge(self, known: dict[str, Newest], past: Pasts, number: int, read: Read, found: Regressions) -> None:
        source = read.source
        newest = known.get(read.key, _NONE)
        earlier = newest.reads + newest.unknown
        if source < NoSource.INITIAL:
            self.judged.unjudged += earlier > 0
            return
        if past:
            found.whole_reads += 1
            until = self.registers.ops[number].completed_index
            found.whole_broken += self.writes.has_newer(self.order, read, until, past.clock)
        self.judged.unjudged += newest.unknown > 0
        self.judged.reads += newest.reads > 0
        broken = next(((w, by) for w, by in newest.all if self.order.is_older(source, w)), None) or self._left(
            newest, source
        )
        if broken is not None:
            write, by = broken
            found.broken.append(Regression(read.key, by, number, write, source))

    def _left(self, newest: Newest, source: int) -> tuple[int, int] | None:
        """What the session read after it had read ``source``, if it did: then it had left that behind."""
        first = newest.ended.get(source)
        if first is None:
            return None
        ops = self.registers.ops
        after = (one for one in newest.recent if one[0] != source)
        return next((one for one in after if ops[first].completed_index < ops[one[1]].invoked_index), None)

    def _learn(self, known: dict[str, Newest], past: Pasts, number: int, read: Read) -> None:
        """What a read saw is to stay visible."""
        newest = known.setdefault(read.key, Newest([], None, {}, []))
        source = read.source
        if source < NoSource.INITIAL:
            newest.unknown += 1
            return
        newest.reads += 1
        if source < 0:
            return
        went_back = any(self.order.is_older(source, w) for w, _ in newest.all)
        newest.recent = [one for one in newest.recent if not self.order.is_older(one[0], source)]
        kept = [one for one in newest.writes if one[0] != source and not self._replaces(read.key, source, one[0])]
        newest.writes = [*kept, (source, number)]
        self._remember(newest, number, source, went_back=went_back)
        past.add(source)

    def _replaces(self, key: str, source: int, write: int) -> bool:
        """Whether what is older than ``write`` is older than ``source``. In a cycle each comes before the other."""
        if self.order.keeps_time and self.writes.replaces(key, source, write):
            return True
        return self.order.is_before(write, source) and not self.order.is_before(source, write)

    def _remember(self, newest: Newest, number: int, source: int, *, went_back: bool) -> None:
        ops = self.registers.ops
        if newest.begun is None or ops[newest.begun[0]].invoked_index < ops[source].invoked_index:
            newest.begun = source, number
        first = newest.ended.setdefault(source, number)
        if ops[number].completed_index < ops[first].completed_index:
            newest.ended[source] = number
        if went_back:
            return
        recent = sorted([(source, number), *newest.recent], key=lambda one: -ops[one[1]].invoked_index)
        newest.recent = [*recent[:1], *[one for one in recent if one[0] != recent[0][0]][:1]]


def _copy(newest: Newest | None) -> Newest:
    if newest is None:
        return Newest([], None, {}, [])
    # ``ended`` is shared: what an operation adds to it early says nothing of what began before it ended.
    return msgspec.structs.replace(newest, writes=list(newest.writes))
