"""Monotonic writes and writes-follow-reads of registers, as a third session sees them.

A session that has read write ``w2`` of another session is *owed* what comes before it, and breaks the guarantee where it
then reads the initial value of a key or a write that comes strictly before an owed write of it; or, if ``w2`` is a write
of that same key, the owed write itself. Owed are

- monotonic writes: the writes acknowledged to w2's session before w2 began;
- writes follow reads: what w2's operation or an earlier one of its session had read, and what is owed for that.

What is owed comes before in causal order, so only reads that break causal order need the walk back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from consistency_viz.checkers.registers.log import NoSource, Read
from consistency_viz.checkers.registers.order import CausalOrder, Clock
from consistency_viz.checkers.registers.sources import Registers
from consistency_viz.checkers.session_report import Judged

STEPS_MAX: Final = 5_000_000
"""Operations that the walks of one history may visit; the reads after that are unjudged."""

Guarantee = Literal["monotonic-writes", "writes-follow-reads"]


class OutOfOrder(msgspec.Struct, frozen=True):
    """Operation ``later`` read ``source`` (-1: initial) of ``key``; ``earlier`` had read ``second``; ``first`` was owed."""

    key: str
    later: int
    source: int
    earlier: int
    second: int
    first: int


class _Owed:
    """The writes owed to one session: for what it read of any key, and of each key."""

    def __init__(self) -> None:
        self.roots: list[tuple[int, int, str]] = []  # the write that was read, by whom, of which key
        self.past: Clock = {}


class ThirdSessions:
    """Finds what is out of order; ``judged`` counts reads to which something was owed."""

    def __init__(self, registers: Registers, guarantee: Guarantee, judged: Judged) -> None:
        self.registers = registers
        self.order = CausalOrder(registers)
        self.judged = judged
        self._owes = self._session_before if guarantee == "monotonic-writes" else self._read_before
        self._known: dict[int, dict[int, None]] = {}
        self._steps = 0

    def go(self) -> list[OutOfOrder]:
        found: list[OutOfOrder] = []
        by_session: dict[str, list[int]] = {}
        for number, reads in enumerate(self.registers.reads):
            if reads and self.registers.ops[number].outcome == "ok":
                by_session.setdefault(self.registers.ops[number].session, []).append(number)
        for numbers in by_session.values():
            found += self._session(numbers)
        return sorted(found, key=lambda one: self.registers.ops[one.later].completed_index)

    def _session(self, numbers: list[int]) -> Iterator[OutOfOrder]:
        ops = self.registers.ops
        roots: list[tuple[int, int, str]] = []
        waiting: list[int] = []
        for number in numbers:
            ended = [n for n in waiting if ops[n].completed_index < ops[number].invoked_index]
            waiting = [n for n in waiting if ops[n].completed_index >= ops[number].invoked_index] + [number]
            for n in ended:
                roots += self._roots(n, self.registers.reads[n])
            reads = self.registers.reads[number]
            for place, read in enumerate(reads):
                found = self._judge(number, read, [*roots, *self._roots(number, reads[:place])])
                if found is not None:
                    yield found

    def _roots(self, number: int, reads: tuple[Read, ...]) -> list[tuple[int, int, str]]:
        ops = self.registers.ops
        return [
            (read.source, number, read.key)
            for read in reads
            if read.source >= 0 and ops[read.source].session != ops[number].session
        ]

    def _judge(self, number: int, read: Read, roots: list[tuple[int, int, str]]) -> OutOfOrder | None:
        written, source = self.registers.written, read.source
        owed_any = False
        for root, earlier, key in reversed(roots):
            for first in self._owed(root):
                if read.key not in written[first]:
                    continue
                owed_any = True
                if source < NoSource.INITIAL:
                    break
                same = source == first and key == read.key and root != first
                if source < 0 or same or (source != first and self.order.is_before(source, first)):
                    self.judged.reads += 1
                    return OutOfOrder(read.key, number, source, earlier, root, first)
        if self._steps > STEPS_MAX or (owed_any and source < NoSource.INITIAL):
            self.judged.unjudged += 1
        else:
            self.judged.reads += owed_any
        return None

    def _owed(self, root: int) -> dict[int, None]:
        """What is owed for a write, nearest first."""
        known = self._known.get(root)
        if known is None:
            known = self._known[root] = {}
            if self._steps <= STEPS_MAX:
                known.update(dict.fromkeys(self._owes(root)))
                self._steps += len(known) + 1
        return known

    def _session_before(self, root: int) -> Iterator[int]:
        """The writes of the root's session that were acknowledged before it began."""
        sessions = self.order.sessions
        for last in sessions.before[root]:
            lane = sessions.lanes[sessions.lane[last]]
            for number in reversed(lane[: sessions.seq[last]]):
                self._steps += 1
                if self.registers.written[number]:
                    yield number

    def _read_before(self, root: int) -> Iterator[int]:
        """What the root's operation and the earlier ones of its session had read, and so on back."""
        sessions, reads = self.order.sessions, self.registers.reads
        told: set[int] = set()
        upto: dict[int, int] = {}
        stack = [root]
        while stack:
            write = stack.pop()
            readers = [write]
            for last in sessions.before[write]:
                lane, seq = sessions.lane[last], sessions.seq[last]
                readers += sessions.lanes[lane][upto.get(lane, 0) : seq]
                upto[lane] = max(upto.get(lane, 0), seq)
            self._steps += len(readers)
            for reader in readers:
                for read in reads[reader]:
                    if read.source >= 0 and read.source not in told:
                        told.add(read.source)
                        stack.append(read.source)
                        yield read.source
