"""Operations on one register as the algorithms see them: what each did to which value, and between which positions."""

from __future__ import annotations

from typing import Any, Final

from consistency_viz.checkers.divergence.canonical import canonical
from consistency_viz.checkers.operations import Operation

READ: Final = 0
WRITE: Final = 1
CAS: Final = 2

KINDS: Final = {"read": READ, "write": WRITE, "cas": CAS}

NEVER: Final = 2**62
"""The position of a completion that never came: such an act may take effect whenever after its invocation, or never."""


def identity(value: Any) -> Any:
    """Something hashable that is equal exactly for equal JSON values: integers, texts and null are themselves."""
    return value if value is None or type(value) in {int, str} else canonical(value)


NOBODYS: Final = Operation("", "", "", "", "", None, None, None, 0, 0, -1)
"""The operation of an act that needs no words."""


class Act:
    """One operation that happened, or may have. A read has only ``old``, a write only ``new``, a cas both.

    ``invoked`` and ``completed`` are positions in the history: act a precedes act b if a.completed < b.invoked.
    """

    __slots__ = ("completed", "invoked", "kind", "new", "old", "operation")

    def __init__(
        self, kind: int, old: Any, new: Any, invoked: int, completed: int, operation: Operation = NOBODYS
    ) -> None:
        self.kind = kind
        self.old = old
        self.new = new
        self.invoked = invoked
        self.completed = completed
        self.operation = operation


def is_malformed(operation: Operation) -> bool:
    """A cas whose argument is no list of two: it cannot be judged."""
    return operation.f == "cas" and not (isinstance(operation.argument, list) and len(operation.argument) == 2)


def act_of(operation: Operation) -> Act | None:
    """The act of an operation that ended or never will; ``None`` if it did nothing: it failed, or a read unanswered."""
    if operation.outcome == "fail":
        return None
    kind = KINDS[operation.f]
    acknowledged = operation.outcome == "ok"
    completed = operation.completed_index if acknowledged else NEVER
    if kind == READ:
        if not acknowledged:
            return None
        return Act(READ, identity(operation.result), None, operation.invoked_index, completed, operation)
    if kind == WRITE:
        return Act(WRITE, None, identity(operation.argument), operation.invoked_index, completed, operation)
    old, new = operation.argument
    return Act(CAS, identity(old), identity(new), operation.invoked_index, completed, operation)
