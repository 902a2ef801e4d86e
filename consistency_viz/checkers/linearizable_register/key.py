"""One register: its operations come in, and are judged piece by piece, each from what the register may hold before it.

A piece ends where no operation is open (those that may still take effect are carried over). So memory is bounded by the
operations between two such moments.
"""

from __future__ import annotations

from typing import Any, Final

from consistency_viz.checkers.linearizable_register import zones
from consistency_viz.checkers.linearizable_register.acts import (
    CAS,
    NEVER,
    READ,
    WRITE,
    Act,
    act_of,
    identity,
    is_malformed,
)
from consistency_viz.checkers.linearizable_register.glimpse import has_order
from consistency_viz.checkers.linearizable_register.search import State, initially, search
from consistency_viz.checkers.linearizable_register.witness import witness
from consistency_viz.checkers.operations import Operation
from consistency_viz.checkers.verdict import Witness

PIECE_MIN: Final = 64
"""A piece is not judged while it is shorter than this, or than what is carried over."""

PIECE_STEPS_MAX: Final = 100_000
"""Steps spent on a piece that is not the last; one that takes more is kept for a longer one, ..."""

PIECE_MAX: Final = 50_000
"""... but not beyond so many operations."""


class Register:
    """What was seen of one key. ``failure`` proves that it is no register, ``gave_up`` says why it was not judged."""

    __slots__ = (
        "_lists",
        "_open",
        "_origins",
        "_patience",
        "_piece",
        "begun",
        "failure",
        "gave_up",
        "is_whole",
        "key",
        "reads",
        "state",
        "writes",
    )

    def __init__(self, key: str) -> None:
        self.key = key
        self.state = initially(None)
        self.failure: Witness | None = None
        self.gave_up = ""
        self.reads = 0
        self.writes = 0
        self._open: dict[str, Operation] = {}
        self._piece: list[Operation] = []
        self._origins: dict[Any, Act] = {}
        self.begun = False
        self.is_whole = False
        """Whether no operation is open, and so many are kept that it is time to judge them."""
        self._patience = 0  # how long a piece has to be, after a shorter one was too hard
        self._lists = False  # whether a list was ever written

    @property
    def kept(self) -> int:
        """How many operations are kept."""
        return len(self._piece)

    @property
    def decided(self) -> bool:
        """Whether nothing that is still to come changes the answer."""
        return self.failure is not None or bool(self.gave_up)

    def hold(self, value: Any) -> None:
        """The register shows ``value`` before its first operation; said later, it is too late."""
        if not self.begun:
            self.state = initially(identity(value))

    def begin(self, operation: Operation) -> None:
        """An operation began."""
        self.begun = True
        self._piece.append(operation)
        self._open[operation.op] = operation

    def end(self, operation: Operation) -> bool:
        """An operation ended. True: the piece may be judged, if another operation begins."""
        self._open.pop(operation.op, None)
        self.is_whole = not self._open and len(self._piece) >= max(PIECE_MIN, len(self.state.pending), self._patience)
        return self.is_whole

    def give_up(self, why: str) -> None:
        """Judge no more, and keep nothing."""
        self.gave_up = why
        self._piece.clear()
        self._open.clear()

    def judge(self, steps_max: int, started_us: int, *, is_last: bool = False) -> int:
        """Judge the operations kept; returns the steps that the search took, of at most ``steps_max``.

        ``is_last``: nothing follows, so one order is enough, and what the register then holds does not matter.
        """
        piece, self._piece = self._piece, []
        malformed = next((operation for operation in piece if is_malformed(operation)), None)
        if malformed is not None:
            self.give_up(f"the argument of {malformed.op} is no list [old, new], which a cas needs")
            return 0
        self._lists = self._lists or any(_writes_list(operation) for operation in piece)
        if not self._lists and any(o.f == "read" and isinstance(o.result, list) for o in piece):
            self.give_up("its reads return lists, as of siblings, and no list was written")
            return 0
        acts = [act for operation in piece if (act := act_of(operation)) is not None]
        self.is_whole = False
        found = fast(self.state, acts)
        steps = 0
        if found is None:
            if is_last:
                has_one, steps = has_order(self.state, acts, steps_max)
                if has_one:
                    self._count(acts)
                    return steps
            may_wait = not is_last and len(piece) < PIECE_MAX
            at_most = min(steps_max, PIECE_STEPS_MAX) if may_wait else steps_max - steps
            found, culprit, searched = search(self.state, acts, at_most)
            steps += searched
            if found is None and culprit is None:
                if may_wait and steps < steps_max:  # perhaps it is easier when it is the last
                    self._piece, self._patience = piece, 2 * len(piece)
                    return steps
                self._count(acts)
                self.give_up(f"the search took more than {steps_max:,} steps")
                return steps
        self._count(acts)
        self._patience = 0
        if not isinstance(found, State):
            between = acts if found is None else [act for act in acts if act.old in found or act.new in found]
            self.failure = witness(self.key, self.state, between, self._origins, started_us)
            return steps
        self.state = found
        self._remember(acts)
        return steps

    def _count(self, acts: list[Act]) -> None:
        self.reads += sum(1 for act in acts if act.kind != WRITE and act.completed != NEVER)
        self.writes += sum(1 for act in acts if act.kind != READ)

    def _remember(self, acts: list[Act]) -> None:
        """For each value that the register may hold, the last acknowledged act that left or saw it there."""
        values = self.state.values()
        for act in acts:
            value = act.old if act.kind == READ else act.new
            if value in values and act.completed != NEVER:
                self._origins[value] = act
        self._origins = {value: act for value, act in self._origins.items() if value in values}


def _writes_list(operation: Operation) -> bool:
    argument = operation.argument
    if operation.f == "cas":
        return any(isinstance(value, list) for value in argument)
    return operation.f == "write" and isinstance(argument, list)


def fast(state: State, acts: list[Act]) -> State | zones.Conflict | None:
    """The state after ``acts``, a conflict, or ``None`` where only a search can tell: with cas, or equal values."""
    if any(mask for _, mask in state.configurations) or any(act.kind == CAS for act in (*state.pending, *acts)):
        return None
    written = [act for act in acts if act.kind == WRITE]
    written += state.pending
    before = list(state.values())
    writes = zones.Columns(
        [*before, *[act.new for act in written]],
        [*[-2] * len(before), *[act.invoked for act in written]],
        [*[-1] * len(before), *[act.completed for act in written]],
    )
    read = [act for act in acts if act.kind == READ]
    reads = zones.Columns([a.old for a in read], [a.invoked for a in read], [a.completed for a in read])
    found = zones.judge(writes, reads)
    if not isinstance(found, zones.Clusters):
        return found
    unread = found.unread()
    pending = tuple(act for act in written if act.completed == NEVER and act.new in unread)
    return State(frozenset((value, 0) for value in found.finals()), pending)
