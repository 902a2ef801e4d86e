"""Sorts a history for the checkers of sessions: operations with sets of updates here, plain registers there.

Two kinds of evidence
(a) *Sets.* An update that was acknowledged with its id, and a read that says which updates were ``seen``: what happened
    is known, whatever was shown.
(b) *Values.* Plain ``read``, ``write``, ``cas``, ``append`` and ``txn``, as in an imported history: a read of a
    register saw the write whose value it returned, if only one write can be meant (``registers``), and a read of a list
    the appends of all its elements (``registers.lists``).

A key that has sets is judged by sets alone. A read that fits neither, such as one of a counter without ``seen``, is
``unjudged``: it proves nothing, and it keeps a checker from saying that all was well.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Final

from consistency_viz.checkers.applied_order import AppliedOrder
from consistency_viz.checkers.operations import Operation, Operations
from consistency_viz.checkers.pasts import Pasts
from consistency_viz.checkers.registers.lists import Lists
from consistency_viz.checkers.registers.log import RegisterLog
from consistency_viz.checkers.registers.one_order import in_one_order
from consistency_viz.checkers.registers.order import CausalOrder, WritesByLane
from consistency_viz.checkers.registers.sources import Registers
from workers.model.observation import Applied, Observation

PLAIN: Final = frozenset(("read", "write", "cas", "append", "txn"))


class Evidence:
    """Feed it every observation; it gives back the operations, and keeps the rest for the end.

    Checkers of one history may share it: each feeds it what it observes, and only the first time counts.
    """

    def __init__(self) -> None:
        self.operations = Operations()
        self.pasts = Pasts()
        self.log = RegisterLog()
        self.finished = False
        self._has_sets = False
        self._last: Observation | None = None
        self._found: Operation | None = None
        self._orders: dict[tuple[str, ...], AppliedOrder] = {}

    @cached_property
    def registers(self) -> Registers:
        """What the reads of registers saw; after ``finish``."""
        return Registers(self.log)

    @cached_property
    def lists(self) -> Lists:
        """What the reads of lists saw; after ``finish``."""
        return Lists(self.registers)

    @cached_property
    def order(self) -> CausalOrder:
        """The causal order of registers and lists; after ``finish``."""
        return CausalOrder(self.registers, self.lists)

    @cached_property
    def writes(self) -> WritesByLane:
        """The writers of each key; after ``finish``."""
        return WritesByLane(self.registers, self.order.sessions)

    @cached_property
    def in_one_order(self) -> bool:
        """Whether one order of all operations explains every answer (``registers.one_order``); after ``finish``."""
        return in_one_order(self.log, self.registers)

    def applied_order(self, replicas: Iterable[str]) -> AppliedOrder:
        """When these replicas had each update: one for all checkers of the history, each of which feeds it."""
        names = tuple(dict.fromkeys(replicas))
        order = self._orders.get(names)
        if order is None:
            order = self._orders[names] = AppliedOrder(names)
        return order

    @property
    def has_either(self) -> bool:
        """Whether there is evidence of kind (a) or (b): a history of counters alone, say, has neither."""
        return self._has_sets or bool(self.log.written - self.log.neither())

    def observe(self, observation: Observation) -> Operation | None:
        """The operation that begins or ends here. Raises ``ValueError`` after ``finish``."""
        if observation is self._last:
            return self._found
        if self.finished:
            raise ValueError(f"an observation at {observation.at_us} us after the end of the history")
        self._last = observation
        body = observation.body
        if isinstance(body, Applied):
            self.pasts.apply(observation.node, body)
            if "@" in body.update:  # as in that of a key's initial value
                self.log.begins_with(body)
            self._found = None
            return None
        self._found = operation = self.operations.observe(observation)
        if operation is not None and operation.completed_index >= 0:
            self._ended(operation)
        return operation

    def finish(self) -> None:
        """The history is over; what is still open may have happened. Once is enough."""
        if self.finished:
            return
        self.finished = True
        self._last = None
        for operation in self.operations.open.values():
            self._ended(operation)

    def _ended(self, operation: Operation) -> None:
        self._has_sets = self._has_sets or bool(operation.update) or operation.seen is not None
        if operation.update:
            self.log.not_by_value.add(operation.key)
            self.pasts.learn(operation.key, operation.update, operation.after, operation.base)
        elif operation.seen is not None:
            self.log.not_by_value.add(operation.key)
        elif operation.f in PLAIN:
            self.log.take(operation)
        else:  # even if it failed: its key is no register
            self.log.not_by_value.add(operation.key)


def is_update(operation: Operation) -> bool:
    """Whether it is an acknowledged update that replicas know by its id."""
    return operation.acknowledged and bool(operation.update)


def is_seeing(operation: Operation) -> bool:
    """Whether it is a read that was answered and says what was seen."""
    return operation.f == "read" and operation.acknowledged and operation.seen is not None
