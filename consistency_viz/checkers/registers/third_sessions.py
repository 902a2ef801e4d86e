"""Monotonic writes and writes-follow-reads of registers, as a third session sees them.

A session that has read write ``w2`` of another session is *owed* what comes before it, and breaks the guarantee where
it then reads the initial value of a key or a write older than an owed write of it (``CausalOrder.is_older``); or, if
``w2`` is a write of that same key, the owed write itself. Owed are

- monotonic writes: the writes acknowledged to w2's session before w2 began;
- writes follow reads: what w2's operation or an earlier one of its session had read, and what is owed for that.

Where reads name the node that they asked, only what the same node had shown is owed: another one may not have w2 yet.

What is owed comes before in causal order, so only reads older than something in their past need the walk back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Final, Literal

import msgspec

from consistency_viz.checkers.evidence import Evidence
from consistency_viz.checkers.registers.log import NoSource, Read
from consistency_viz.checkers.registers.order import CausalOrder, Clock, Pasts, join
from consistency_viz.checkers.session_report import Judged

STEPS_MAX: Final = 50_000_000
"""Operations that the walks of one history may visit; the reads after that are unjudged."""

ROOTS_TOLD_MAX: Final = 64
"""What was read last, in which the shortest witness is looked for."""

Guarantee = Literal["monotonic-writes", "writes-follow-reads"]


class OutOfOrder(msgspec.Struct, frozen=True):
    """Operation ``later`` read ``source`` (-1: initial); ``earlier`` had read ``second``, so ``first`` was owed.

    ``way``: the operations that lead from ``first`` to ``second``, these included; nothing if one session wrote both.
    """

    key: str
    later: int
    source: int
    earlier: int
    second: int
    first: int
    way: Callable[[], list[int]] = list


Root = tuple[int, int, str]
"""A write that was read, the operation that read it, and the key."""


class _Debt:
    """What one session has read of others at one place, and what it may be owed for that."""

    def __init__(self, order: CausalOrder) -> None:
        self.roots: list[Root] = []
        self.past = Pasts(order)
        self.past_by_key: dict[str, _Roots] = {}
        self.keys: set[str] = set()
        """The keys of which it is owed a write."""
        self.told: set[int] = set()
        self.upto: Clock = {}


class _Roots:
    """Writes of one key that a session has read, and what comes before them."""

    __slots__ = ("_clock", "_joined", "_order", "_roots", "_until")

    def __init__(self, order: CausalOrder) -> None:
        self._order = order
        self._roots: list[int] = []
        self._joined = 0
        self._clock: Clock = {}
        self._until = [(-1, -1), (-1, -1)]  # where the last two of different roots ended, the later first

    def add(self, root: int) -> None:
        self._roots.append(root)
        end = self._order.registers.ops[root].completed_index, root
        if end > self._until[0]:
            self._until = [end, self._until[0]]
        elif self._until[1] < end != self._until[0]:
            self._until[1] = end

    def follow(self, source: int) -> bool:
        """Whether ``source`` comes before one of them."""
        order = self._order
        if order.keeps_time:
            last = next(end for end, root in self._until if root != source)
            if last < order.registers.ops[source].invoked_index:
                return False
        for root in self._roots[self._joined :]:
            join(self._clock, order.past(root))
        self._joined = len(self._roots)
        sessions = order.sessions
        return self._clock.get(sessions.lane[source], 0) >= sessions.seq[source]


class ThirdSessions:
    """Finds what is out of order; ``judged`` counts reads to which something was owed."""

    def __init__(self, evidence: Evidence, guarantee: Guarantee, judged: Judged) -> None:
        self.registers = evidence.registers
        self.order = evidence.order
        self.writes = evidence.writes
        self.judged = judged
        self._in_session = guarantee == "monotonic-writes"
        self._owes = self._session_before if self._in_session else self._read_before
        self._steps = 0
        self._keys_written = len({key for keys in self.registers.written for key in keys})

    def go(self) -> list[OutOfOrder]:
        """All of them, in the order in which the later reads ended."""
        found: list[OutOfOrder] = []
        by_place: dict[tuple[str, str], list[int]] = {}
        for number, reads in enumerate(self.registers.reads):
            op = self.registers.ops[number]
            if reads and op.outcome == "ok":
                by_place.setdefault((op.session, op.target), []).append(number)
        for numbers in by_place.values():
            found += self._session(numbers)
        return sorted(found, key=lambda one: self.registers.ops[one.later].completed_index)

    def _session(self, numbers: list[int]) -> Iterator[OutOfOrder]:
        ops = self.registers.ops
        debt = _Debt(self.order)
        waiting: list[int] = []
        for number in numbers:
            still = []
            for other in waiting:
                if ops[other].completed_index < ops[number].invoked_index:
                    self._learn(debt, self._roots(other, self.registers.reads[other]))
                else:
                    still.append(other)
            waiting = [*still, number]
            reads = self.registers.reads[number]
            for place, read in enumerate(reads):
                found = self._judge(number, read, debt, self._roots(number, reads[:place]))
                if found is not None:
                    yield found

    def _roots(self, number: int, reads: tuple[Read, ...]) -> list[Root]:
        ops = self.registers.ops
        return [
            (read.source, number, read.key)
            for read in reads
            if read.source >= 0 and ops[read.source].session != ops[number].session
        ]

    def _learn(self, debt: _Debt, roots: list[Root]) -> None:
        for root, earlier, key in roots:
            debt.roots.append((root, earlier, key))
            debt.past.add(root)
            same = debt.past_by_key.get(key)
            if same is None:
                same = debt.past_by_key[key] = _Roots(self.order)
            same.add(root)
            if len(debt.keys) == self._keys_written:
                continue  # more than all of them it cannot be owed
            for first in self._owes(root, debt.told, debt.upto):
                debt.keys.update(self.registers.written[first])

    def _judge(self, number: int, read: Read, debt: _Debt, within: list[Root]) -> OutOfOrder | None:
        """``within`` are the roots of earlier reads of the same operation."""
        if self._steps > STEPS_MAX:
            self.judged.unjudged += bool(debt.roots or within)
            return None
        source = read.source
        is_owed = read.key in debt.keys or any(self._is_owed(read.key, root) for root, _, _ in within)
        if not is_owed:
            return None
        if source < NoSource.INITIAL:
            self.judged.unjudged += 1
            return None
        self.judged.reads += 1
        roots = [root for root in within if self._may_break_within(number, read, root)]
        if self._may_break(number, read, debt.past.clock, debt.past_by_key.get(read.key)):
            roots = [*debt.roots, *roots]
        return self._broken(number, read, roots) if roots else None

    def _is_owed(self, key: str, root: int) -> bool:
        if not self.writes.last(key, self.order.past(root)):
            return False
        return any(key in self.registers.written[first] for first in self._owes(root, set(), {}))

    def _may_break(self, number: int, read: Read, past: Callable[[], Clock], same: _Roots | None) -> bool:
        """Whether the read is older than something in its past, without which it breaks no guarantee."""
        if read.source >= 0 and same is not None and same.follow(read.source):
            return True
        until = self.registers.ops[number].completed_index
        return self.writes.has_newer(self.order, read, until, past)

    def _may_break_within(self, number: int, read: Read, root: Root) -> bool:
        same = _Roots(self.order)
        if root[2] == read.key:
            same.add(root[0])
        return self._may_break(number, read, lambda: self.order.past(root[0]), same)

    def _broken(self, number: int, read: Read, roots: list[Root]) -> OutOfOrder | None:
        """What proves that the read is older than something owed for ``roots``; a write is looked at once."""
        source, written = read.source, self.registers.written
        for root, earlier, key in islice(reversed(roots), ROOTS_TOLD_MAX if self._in_session else 0):
            if key == read.key and self._wrote_before(source, root):  # the same as below, with one operation less
                return OutOfOrder(read.key, number, source, earlier, root, source)
        told: set[int] = set()
        upto: Clock = {}
        for root, earlier, _ in reversed(roots):
            for first in self._owes(root, told, upto):
                if read.key in written[first] and self.order.is_older(source, first):
                    return OutOfOrder(read.key, number, source, earlier, root, first, self._way(first, root))
        told, upto = set(), {}
        for root, earlier, key in reversed(roots):
            if key == read.key and root != source and source in self._owes(root, told, upto):
                return OutOfOrder(read.key, number, source, earlier, root, source, self._way(source, root))
        return None

    def _wrote_before(self, source: int, root: int) -> bool:
        """Whether the root's session had been acknowledged ``source`` before the root began."""
        if source < 0:
            return False
        write, later = self.registers.ops[source], self.registers.ops[root]
        same = write.session == later.session and write.outcome == "ok"
        return same and write.completed_index < later.invoked_index

    def _way(self, first: int, second: int) -> Callable[[], list[int]]:
        return list if self._in_session else partial(way_back, self.order, first, second, by_reads=True)

    def _session_before(self, root: int, told: set[int], upto: Clock) -> Iterator[int]:
        """The writes of the root's session that were acknowledged before it began, but for those that were told."""
        sessions = self.order.sessions
        for last in sessions.before[root]:
            lane, seq = sessions.lane[last], sessions.seq[last]
            known = upto.get(lane, 0)
            upto[lane] = max(known, seq)
            for number in reversed(sessions.lanes[lane][known:seq]):
                self._steps += 1
                if self.registers.written[number]:
                    yield number

    def _read_before(self, root: int, told: set[int], upto: Clock) -> Iterator[int]:
        """What the root's operation and the earlier ones of its session had read, and so on back."""
        sessions, reads = self.order.sessions, self.registers.reads
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


def way_back(order: CausalOrder, first: int, second: int, *, by_reads: bool = False) -> list[int]:
    """A shortest way from ``first`` to ``second`` in causal order: who read it, what that one's session did then.

    It may begin with what the session of ``first`` did after it, unless the way has to be ``by_reads`` alone. Both ends
    are in it; where there is no way only ``first`` is.
    """
    sessions, reads = order.sessions, order.registers.reads
    came: dict[int, tuple[int, int]] = {}
    upto: Clock = {}
    queue = deque([second])
    while queue and first not in came:
        write = queue.popleft()
        readers = [write]
        for last in sessions.before[write]:
            lane, seq = sessions.lane[last], sessions.seq[last]
            readers += sessions.lanes[lane][upto.get(lane, 0) : seq]
            upto[lane] = max(upto.get(lane, 0), seq)
        if first in readers[1:] and not by_reads:
            came[first] = write, write
            break
        for reader in readers:
            for read in reads[reader]:
                if read.source >= 0 and read.source != second and read.source not in came:
                    came[read.source] = reader, write
                    queue.append(read.source)
    way = [first]
    while way[-1] in came and way[-1] != second:
        way += dict.fromkeys(came[way[-1]])
    return way
