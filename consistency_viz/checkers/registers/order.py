"""Causal order: the transitive closure of session order and of reads-from, as vector clocks over lanes.

Session order: an operation comes after every operation of its session that was acknowledged before it began. Operations
of one session may overlap, so a session is laid out in *lanes*, in each of which one operation follows the other; a
clock says for each lane how many of its operations come before. What was not acknowledged may take effect at any time
later: nothing comes after it in session order, only what saw it does.

Operations in a cycle come before each other, and before themselves.

Who reads a list sees every append that it holds. So each *version* of a list is a node too: it comes after the version
before and after the append that made it, and before whoever read it. Versions have numbers beyond those of operations,
and no lane (-1): clocks count operations only.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from consistency_viz.checkers.registers.components import components, in_turn
from consistency_viz.checkers.registers.lists import Lists
from consistency_viz.checkers.registers.log import NEVER_INDEX, RegisterOp
from consistency_viz.checkers.registers.sources import Registers

Clock = dict[int, int]
"""For each lane, how many of its operations."""

_NOTHING: Clock = {}


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
        self.clocks: list[Clock] = [_NOTHING] * len(self.direct)
        self.cycles: list[list[int]] = []
        order = in_turn(self.direct)
        if order is not None:
            for number in order:
                self.clocks[number] = self._joined(number)
            return
        for members in components(self.direct):
            if len(members) > 1 or members[0] in self.direct[members[0]]:
                self.cycles.append(sorted(n for n in members if n < len(registers.ops)))
            self._stamp(members)

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
        if source == write or ops[write].completed_index < ops[source].invoked_index:
            return False
        return ops[source].completed_index < ops[write].invoked_index or self.is_before(source, write)

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
            self._count(clock, number)
        for number in members:
            self.clocks[number] = clock

    def _count(self, clock: Clock, number: int) -> None:
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
            self._count(clock, before)
        return clock


class WritesByLane:
    """The writers of each key, lane by lane, for "the last write of it before"."""

    def __init__(self, registers: Registers, sessions: Sessions) -> None:
        self._sessions = sessions
        self._seqs: dict[str, dict[int, list[int]]] = {}
        for lane, members in enumerate(sessions.lanes):
            for number in members:
                for key in registers.written[number]:
                    self._seqs.setdefault(key, {}).setdefault(lane, []).append(sessions.seq[number])

    def last(self, key: str, clock: Clock) -> list[int]:
        """The last operation that wrote ``key`` in each lane, among those that ``clock`` counts."""
        found = []
        for lane, seqs in self._seqs.get(key, {}).items():
            known = clock.get(lane, 0)
            place = bisect_left(seqs, known + 1) - 1
            if known and place >= 0:
                found.append(self._sessions.lanes[lane][seqs[place] - 1])
        return found


def join(clock: Clock, other: Clock) -> None:
    """Raise ``clock`` to what ``other`` counts too."""
    for lane, seq in other.items():
        if clock.get(lane, 0) < seq:
            clock[lane] = seq
