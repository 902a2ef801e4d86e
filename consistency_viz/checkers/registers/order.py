"""Causal order: the transitive closure of session order and of reads-from, as vector clocks over lanes.

Session order: an operation comes after every operation of its session that was acknowledged before it began. Operations
of one session may overlap, so a session is laid out in *lanes*, in each of which one operation follows the other; a
clock says for each lane how many of its operations come before. What was not acknowledged may take effect at any time
later: nothing comes after it in session order, only what saw it does.

Operations in a cycle come before each other, and before themselves.

Clocks are made when they are first asked for: most reads are of a write that nothing newer can be held against
(``WritesByLane.has_newer``), and a history of such reads needs none.

Who reads a list sees every append that it holds. So each *version* of a list is a node too: it comes after the version
before and after the append that made it, and before whoever read it. Versions have numbers beyond those of operations,
and no lane (-1): clocks count operations only.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import accumulate
from operator import and_
from typing import Final, NamedTuple

from consistency_viz.checkers.registers.components import components, in_turn
from consistency_viz.checkers.registers.lists import Lists
from consistency_viz.checkers.registers.log import NEVER_INDEX, Read, RegisterOp
from consistency_viz.checkers.registers.sources import Registers

Clock = dict[int, int]
"""For each lane, how many of its operations."""

_NOTHING: Clock = {}
CANDIDATES_MAX: Final = 64
"""Writes that are looked at one by one before the clocks are asked."""


class Sessions:
    """The lanes: ``lane`` and ``seq`` of each operation by number, ``seq`` from 1, and who comes last before whom."""

    def __init__(self, ops: Sequence[RegisterOp]) -> None:
        self.lane = [0] * len(ops)
        self.seq = [1] * len(ops)
        self.lanes: list[list[int]] = []
        self.before: list[tuple[int, ...]] = [()] * len(ops)
        """The last operation before each one, in each lane of its session."""
        by_session: dict[str, list[int]] = {}
        for number, op in enumerate(ops):
            if op.outcome == "fail":
                continue
            own = by_session.setdefault(op.session, [])
            self.before[number] = tuple(self._last_before(ops, own, op.invoked_index))
            self._place(number, op, ops, own)

    def _last_before(self, ops: Sequence[RegisterOp], own: list[int], index: int) -> list[int]:
        found = []
        for lane in own:
            members = self.lanes[lane]
            if ops[members[-1]].completed_index < index:
                found.append(members[-1])
                continue
            place = bisect_left(members, index, key=lambda number: ops[number].completed_index) - 1
            if place >= 0:
                found.append(members[place])
        return found

    def _place(self, number: int, op: RegisterOp, ops: Sequence[RegisterOp], own: list[int]) -> None:
        if op.completed_index != NEVER_INDEX:
            for lane in own:
                members = self.lanes[lane]
                if ops[members[-1]].completed_index < op.invoked_index:
                    members.append(number)
                    self.lane[number], self.seq[number] = lane, len(members)
                    return
            own.append(len(self.lanes))
        self.lane[number] = len(self.lanes)
        self.lanes.append([number])


class CausalOrder:
    """Who comes before whom. ``cycles`` are the sets of operations, two or more or one that saw itself, in cycles."""

    def __init__(self, registers: Registers, lists: Lists | None = None) -> None:
        self.registers = registers
        self.sessions = Sessions(registers.ops)
        self.direct: list[list[int]] = [
            [*before, *{read.source for read in reads if read.source >= 0}]
            for before, reads in zip(self.sessions.before, registers.reads, strict=True)
        ]
        if lists is not None:
            self._add_versions(lists)
        self._turns = in_turn(self.direct)
        self.cycles: list[list[int]] = []
        for members in () if self._turns is not None else components(self.direct):
            if len(members) > 1 or members[0] in self.direct[members[0]]:
                self.cycles.append(sorted(n for n in members if n < len(registers.ops)))
        reading_writers = any(map(and_, map(bool, registers.reads), map(bool, registers.written)))
        self.keeps_time = not self.cycles and len(self.direct) == len(registers.ops) and not reading_writers
        """Whether what comes before another began before that ended: no cycles, no lists, and none reads and writes."""

    @cached_property
    def clocks(self) -> list[Clock]:
        """By number, what comes before."""
        self.clocks = [_NOTHING] * len(self.direct)
        if self._turns is not None:
            for number in self._turns:
                self.clocks[number] = self._joined(number)
        else:
            for members in components(self.direct):
                self._stamp(members)
        return self.clocks

    def _add_versions(self, lists: Lists) -> None:
        first: dict[str, int] = {}
        for key, appenders in lists.order.items():
            first[key] = len(self.direct)
            for place, appender in enumerate(appenders):
                self.direct.append([appender, len(self.direct) - 1] if place else [appender])
                self.sessions.lane.append(-1)
                self.sessions.seq.append(0)
        for number, reads in lists.reads.items():
            self.direct[number] += {first[read.key] + read.length - 1 for read in reads if read.length}

    def is_before(self, a: int, b: int) -> bool:
        """Whether operation ``a`` comes before operation ``b``: strictly, unless both are in one cycle."""
        lane, seq = self.sessions.lane[a], self.sessions.seq[a]
        if self.sessions.lane[b] == lane and seq < self.sessions.seq[b]:
            return True
        return self.clocks[b].get(lane, 0) >= seq

    def is_older(self, source: int, write: int) -> bool:
        """Whether a read that saw ``source`` (below 0: the initial value) saw something from before ``write``.

        It did if the write comes after the source in causal order, or began when the source had been acknowledged: what
        was over by then cannot be its successor. Nor can a write be newer that was over before the source began,
        whatever a cycle of who read from whom says.
        """
        if source < 0:
            return True
        ops = self.registers.ops
        began = ops[write].invoked_index
        if source == write or ops[write].completed_index < ops[source].invoked_index:
            return False
        if ops[source].completed_index < began:
            return True
        if self.keeps_time and self.first_seen.get(source, NEVER_INDEX) > began:
            return False  # what comes after an open write has to begin with a read of it
        return self.is_before(source, write)

    @cached_property
    def first_seen(self) -> dict[int, int]:
        """By write, where the first read that saw it ended."""
        found: dict[int, int] = {}
        for number, read in self.registers.answered():
            ended = self.registers.ops[number].completed_index
            if read.source >= 0 and ended < found.get(read.source, NEVER_INDEX):
                found[read.source] = ended
        return found

    def past(self, number: int) -> Clock:
        """How many operations of each lane come before ``number``, itself not counted unless it is in a cycle."""
        sessions = self.sessions
        lane, own = sessions.lane[number], sessions.seq[number] - 1
        clock = self.clocks[number]
        return clock if clock.get(lane, 0) >= own else {**clock, lane: own}

    def _stamp(self, members: list[int]) -> None:
        """The clock of operations that come before each other, or of one; all that come before are stamped."""
        if len(members) == 1 and members[0] not in self.direct[members[0]]:
            number = members[0]
            self.clocks[number] = self._joined(number)
            return
        clock: Clock = {}
        for number in members:
            join(clock, self._joined(number))
        for number in members:
            self.count(clock, number)
        for number in members:
            self.clocks[number] = clock

    def count(self, clock: Clock, number: int) -> None:
        """``clock`` counts this operation, too; a version counts for nothing."""
        lane, seq = self.sessions.lane[number], self.sessions.seq[number]
        if lane >= 0 and clock.get(lane, 0) < seq:
            clock[lane] = seq

    def _joined(self, number: int) -> Clock:
        """What comes before ``number`` by its direct predecessors; its own lane is left out where that is implied."""
        sessions = self.sessions
        lane = sessions.lane[number]
        newest, others = 0, []
        clock, is_own = _NOTHING, False
        for before in self.direct[number]:
            if sessions.lane[before] != lane or sessions.seq[before] >= sessions.seq[number]:
                others.append(before)
            elif sessions.seq[before] > newest:
                newest, clock = sessions.seq[before], self.clocks[before]
        for before in others:
            if sessions.lane[before] >= 0 and clock.get(sessions.lane[before], 0) >= sessions.seq[before]:
                continue
            if not is_own:
                clock, is_own = dict(clock), True
            join(clock, self.clocks[before])
            self.count(clock, before)
        return clock


class Pasts:
    """What comes before writes that somebody saw, and these: joined when it is asked for."""

    __slots__ = ("_clock", "_joined", "_order", "_writes")

    def __init__(self, order: CausalOrder) -> None:
        self._order = order
        self._writes: list[int] = []
        self._joined = 0
        self._clock: Clock = {}

    def __bool__(self) -> bool:
        return bool(self._writes)

    def add(self, write: int) -> None:
        self._writes.append(write)

    def copy(self) -> Pasts:
        """The same so far; what is added to it is not added here."""
        other = Pasts(self._order)
        other._writes, other._joined, other._clock = self._writes[:], self._joined, dict(self._clock)
        return other

    def clock(self) -> Clock:
        """For each lane, how many of its operations are in it."""
        for write in self._writes[self._joined :]:
            join(self._clock, self._order.past(write))
            self._order.count(self._clock, write)
        self._joined = len(self._writes)
        return self._clock


class WritesByLane:
    """The writers of each key, lane by lane, for "the last write of it before"."""

    def __init__(self, registers: Registers, sessions: Sessions) -> None:
        self._ops = registers.ops
        self._sessions = sessions
        self._seqs: dict[str, dict[int, list[int]]] = {}
        self._by_end: dict[str, _Ends] = {}
        for lane, members in enumerate(sessions.lanes):
            for number in members:
                for key in registers.written[number]:
                    self._seqs.setdefault(key, {}).setdefault(lane, []).append(sessions.seq[number])

    def last(self, key: str, clock: Clock) -> list[int]:
        """The last operation that wrote ``key`` in each lane, among those that ``clock`` counts."""
        found = []
        by_lane = self._seqs.get(key, {})
        for lane in by_lane if len(by_lane) <= len(clock) else clock:
            known, seqs = clock.get(lane, 0), by_lane.get(lane)
            if known and seqs is not None:
                place = bisect_left(seqs, known + 1) - 1
                if place >= 0:
                    found.append(self._sessions.lanes[lane][seqs[place] - 1])
        return found

    def has_newer(self, order: CausalOrder, read: Read, until: int, past: Callable[[], Clock]) -> bool:
        """Whether a write of the key in ``past`` makes a read, which ended at ``until``, one of something older.

        Time leaves few writes that can: those that ended after what was read began, and began before the read ended.
        """
        if order.keeps_time:
            found = self._newer_by_time(order, read, until)
            if found is not None:
                lane, seq = self._sessions.lane, self._sessions.seq
                clock = past() if found else {}
                return any(clock.get(lane[write], 0) >= seq[write] for write in found)
        return any(order.is_older(read.source, write) for write in self.last(read.key, past()))

    def _newer_by_time(self, order: CausalOrder, read: Read, until: int) -> list[int] | None:
        """The writes that a read would be older than if they came before it; ``None``: too many."""
        ops, source, ends = self._ops, read.source, self._ends(read.key)
        place = first = bisect_left(ends.ended, ops[source].invoked_index) if source >= 0 else 0
        found = []
        while ends.begun_min[place] < until:
            write = ends.writers[place]
            # What comes before something that was seen had ended by then, or somebody had read it.
            known = min(ops[write].completed_index, order.first_seen.get(write, NEVER_INDEX))
            if known < until and ops[write].invoked_index < until and order.is_older(source, write):
                found.append(write)
            place += 1
            if place - first > CANDIDATES_MAX:
                return None
        return found

    def replaces(self, key: str, source: int, write: int) -> bool:
        """Whether time shows that all that is older than ``write`` is older than ``source``, another of the key."""
        ops = self._ops
        began, ended = ops[source].invoked_index, ops[write].completed_index
        if ended >= began:
            return False
        ends = self._ends(key)
        return ends.begun_min[bisect_left(ends.ended, began)] > ended  # nobody was open all the time between the two

    def _ends(self, key: str) -> _Ends:
        found = self._by_end.get(key)
        if found is None:
            ops, lanes = self._ops, self._sessions.lanes
            writers = [lanes[lane][seq - 1] for lane, seqs in self._seqs.get(key, {}).items() for seq in seqs]
            writers.sort(key=lambda number: ops[number].completed_index)
            begun = accumulate((ops[number].invoked_index for number in reversed(writers)), min, initial=NEVER_INDEX)
            ended = [ops[number].completed_index for number in writers]
            found = self._by_end[key] = _Ends(writers, ended, list(begun)[::-1])
        return found


class _Ends(NamedTuple):
    """The writers of a key by their ends; ``begun_min``: where the first of each and those after it began."""

    writers: list[int]
    ended: list[int]
    begun_min: list[int]


def join(clock: Clock, other: Clock) -> None:
    """Raise ``clock`` to what ``other`` counts too."""
    for lane, seq in other.items():
        if clock.get(lane, 0) < seq:
            clock[lane] = seq
