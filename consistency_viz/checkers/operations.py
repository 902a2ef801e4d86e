"""Client operations out of a history: each ``invoked`` with its ``completed`` (docs/history-format.md, "Operations").

Rules
1. Only an operation that completed ``ok`` is acknowledged. One that ended ``info``, or never, may have happened.
2. Memory is bounded by the operations that are open; whoever wants more keeps it.
3. A plain argument or result that is no object with the member ``value`` is the whole of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from workers.model.observation import Completed, Invoked, Observation
from workers.model.observation import Outcome as OutcomeName
from workers.model.updates import expand

_TEXT: Final = frozenset((str,))

NEVER_US: Final = 2**62
"""When an operation that is still open completed."""


class Operation(msgspec.Struct, gc=False):
    """One operation. ``argument`` and ``result`` are the members ``value``; times in microseconds of the recorder.

    ``base``, ``after`` and ``seen`` are sets of updates as the history lists them, ``None`` where it does not say.
    While it is open ``outcome`` is ``info``, ``completed_us`` is ``NEVER_US`` and ``completed_index`` is -1.
    """

    op: str
    session: str
    f: str
    key: str
    target: str
    argument: Any
    base: list[str] | None
    asked: Any
    """The member ``version`` of the argument: the least that a read asked for."""
    intended_us: int
    invoked_us: int
    invoked_index: int
    outcome: OutcomeName = "info"
    completed_us: int = NEVER_US
    completed_index: int = -1
    result: Any = None
    update: str = ""
    after: list[str] | None = None
    seen: list[str] | None = None
    error: str = ""

    @property
    def acknowledged(self) -> bool:
        """It certainly happened."""
        return self.outcome == "ok"

    @property
    def indices(self) -> list[int]:
        """Where it stands in the history."""
        return [self.invoked_index] if self.completed_index < 0 else [self.invoked_index, self.completed_index]


class Operations:
    """Pairs invocations with completions as they come."""

    def __init__(self) -> None:
        self.open: dict[str, Operation] = {}

    def observe(self, observation: Observation) -> Operation | None:
        """The operation that begins (``completed_index`` is -1) or ends with this observation, if one does.

        A completion without an invocation is no operation; an operation id that begins again replaces the open one.
        """
        body = observation.body
        kind = type(body)
        if kind is Invoked:
            operation = self.open[body.op] = _begun(body, observation)  # type: ignore[union-attr,arg-type]
            return operation
        if kind is not Completed:
            return None
        found = self.open.pop(body.op, None)  # type: ignore[union-attr]
        if found is not None:
            _end(found, body, observation)  # type: ignore[arg-type]
        return found


def all_operations(observations: Iterable[Observation]) -> list[Operation]:
    """Every operation of a history, in the order in which they began, the open ones too."""
    pairs, found = Operations(), []
    for observation in observations:
        operation = pairs.observe(observation)
        if operation is not None and operation.completed_index < 0:
            found.append(operation)
    return found


def updates_of(listed: list[str] | None) -> frozenset[str]:
    """The ids that a list of updates stands for; nothing for ``None``."""
    return frozenset(expand(listed or ()))


def _begun(body: Invoked, observation: Observation) -> Operation:
    argument, base, asked = body.value, None, None
    if type(argument) is dict and not MEMBERS.isdisjoint(argument):
        base, asked = _listed(argument.get("base")), argument.get("version")
        argument = argument.get("value")
    return Operation(
        body.op,
        body.session,
        body.f,
        body.key,
        body.target,
        argument,
        base,
        asked,
        body.intended_us,
        observation.at_us,
        observation.index,
    )


def _end(operation: Operation, body: Completed, observation: Observation) -> None:
    operation.outcome = body.outcome
    operation.completed_us = observation.at_us
    operation.completed_index = observation.index
    operation.error = body.error
    result = body.value
    if type(result) is not dict or MEMBERS.isdisjoint(result):
        operation.result = result
        return
    operation.result = result.get("value")
    update = result.get("update", "")
    operation.update = update if isinstance(update, str) else ""
    operation.after = _listed(result.get("after"))
    operation.seen = _listed(result.get("seen"))


MEMBERS: Final = frozenset(("value", "base", "version", "update", "after", "seen"))
"""What an argument or a result may have beside its own content."""


def parts(value: Any) -> tuple[Any, dict[str, Any]]:
    """The member ``value`` and all members of an argument or result; a plain value has no members."""
    if isinstance(value, dict) and not MEMBERS.isdisjoint(value):
        return value.get("value"), value
    return value, {}


REGISTER_CHANGES: Final = frozenset(("write", "cas", "append"))
"""What replaces a register's content or appends to a list, beside transactions: no operation of a set or counter."""


def changed_by(operation: Operation) -> list[str]:
    """The keys that a write, cas, append or transaction changes if it happens; none for any other operation."""
    if operation.f != "txn":
        return [operation.key] if operation.f in REGISTER_CHANGES else []
    steps = operation.argument if isinstance(operation.argument, list) else []
    return [micro_key(s[1]) for s in steps if isinstance(s, list) and len(s) == 3 and s[0] in {"w", "append"}]


def micro_key(key: Any) -> str:
    """The key of a micro-operation as text."""
    return key if isinstance(key, str) else msgspec.json.encode(key).decode()


def _listed(value: Any) -> list[str] | None:
    return value if type(value) is list and _TEXT.issuperset(map(type, value)) else None
