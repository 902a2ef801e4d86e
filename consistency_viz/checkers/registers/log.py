"""Plain operations on registers: what each read and wrote, and which write each read saw.

Rules
1. Values are the same if their canonical bytes are. ``null`` is what a register holds before its first write, beside
   the value that the history applies as ``<key>@initial``.
2. A read saw the one write of its value that had begun before the read ended; not what its own operation wrote after
   it. If several had, its source is unknown; so it is if the value is also the initial one.
3. A write that failed did not happen. A read of its value is an aborted read; a read of a value that nobody wrote comes
   out of thin air; a read of a value that its transaction overwrote is an intermediate read.
4. A write without an answer may have happened; it did if somebody saw it who did. What a ``cas`` found is what it read,
   if it happened.
5. A key to which something is appended is a list, and no register (``registers.lists``); so are, in a history that
   appends, the keys that nothing writes. A key that is both written and appended to is neither.

Memory: every plain operation, until the end. Which write a read saw is known only when no other can write its value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import IntEnum
from itertools import islice
from typing import Any, Final, Literal

import msgspec

from consistency_viz.checkers.divergence.canonical import canonical
from consistency_viz.checkers.forgotten import Forgotten
from consistency_viz.checkers.operations import NEVER_US, Operation
from consistency_viz.checkers.run_set import INITIAL_SUFFIX
from workers.model.observation import Applied, Outcome

NEVER_INDEX: Final = 2**62
ABSENT: Final = canonical(None)

Step = tuple[Literal["r", "w", "a"], str, bytes]
"""A read or a write of a key, or an append to it, with the canonical bytes of the value."""


WRITES_KEPT: Final = 16
"""Writes of a key that a log takes over from the one before."""


class NoSource(IntEnum):
    """Where a value came from that no write gave."""

    INITIAL = -1
    UNKNOWN = -2
    ABORTED = -3
    THIN_AIR = -4


class RegisterOp(msgspec.Struct, gc=False):
    """One plain operation. ``completed_index`` is ``NEVER_INDEX`` unless it was acknowledged."""

    op: str
    session: str
    f: str
    target: str
    outcome: Outcome
    invoked_index: int
    invoked_us: int
    completed_index: int
    completed_us: int
    steps: tuple[Step, ...]

    @property
    def indices(self) -> list[int]:
        """Where it stands in the history."""
        return (
            [self.invoked_index] if self.completed_index == NEVER_INDEX else [self.invoked_index, self.completed_index]
        )


class Read(msgspec.Struct, gc=False, frozen=True):
    """An external read: of a key that its operation had not written yet. ``place`` is its step.

    ``source`` is the number of the operation whose write it saw, or a ``NoSource``. If that is unknown, ``candidates``
    says how many writers may be meant (the first to begin of ``Registers.writers``), beside the initial value.
    """

    key: str
    value: bytes
    source: int
    place: int
    is_intermediate: bool = False
    candidates: int = 0
    may_be_initial: bool = False


class RegisterLog:
    """The plain operations of a history, as they end."""

    def __init__(self) -> None:
        self.not_by_value: set[str] = set()
        """Keys whose reads cannot be told by their values: they have sets, or are no registers."""
        self.written: set[str] = set()
        """Keys that some operation tried to write."""
        self.appended: set[str] = set()
        """Keys to which some operation tried to append."""
        self.written_before: Forgotten | None = None
        """The values written before that are not among the operations here, by ``value_name``."""
        self.goes_on = False
        """Whether this is one chapter of many."""
        self._forgets_keys = False
        self._over: list[str] = []
        self.malformed = False
        """Whether some ``cas`` did not say from what to what."""
        self._surely_appended: set[str] = set()
        self.initial: dict[str, bytes] = {}
        self._ops: list[RegisterOp] = []

    def begins_with(self, body: Applied) -> None:
        """Note the value that a key has before its first write."""
        if body.update == f"{body.key}{INITIAL_SUFFIX}":
            self.initial[body.key] = canonical(body.value)

    def take(self, operation: Operation) -> None:
        """Keep an operation that ended, or never will."""
        done = operation.outcome == "ok"
        f = operation.f
        steps: tuple[Step, ...]
        if f == "read":
            if not done:
                return
            steps = (("r", operation.key, canonical(operation.result)),)
        elif f == "write":
            steps = (("w", operation.key, canonical(operation.argument)),)
            self.written.add(operation.key)
        else:
            steps = tuple(self._steps(operation))
            if not steps:
                return
            self._note_keys(steps, happened=operation.outcome != "fail")
        self._ops.append(
            RegisterOp(
                operation.op,
                operation.session,
                f,
                operation.target,
                operation.outcome,
                operation.invoked_index,
                operation.invoked_us,
                operation.completed_index if done else NEVER_INDEX,
                operation.completed_us if done else NEVER_US,
                steps,
            )
        )

    def next_chapter(self, keys_max: int) -> RegisterLog:
        """The log of what follows (``chapters``); call its ``begin`` when all is judged that is here.

        It starts with the writes that may still be read: the last of each key, and those that had not ended when that
        began. Of others only the value is known, and of ``keys_max`` keys that they are no registers.
        """
        following = RegisterLog()
        following.goes_on = True
        following.written_before = self.written_before or Forgotten()
        following._forgets_keys = self._forgets_keys or len(self.not_by_value) > keys_max
        following.not_by_value.update(islice(self.not_by_value | self.appended, keys_max))
        following.initial.update(islice(self.initial.items(), keys_max))
        writes = [op for op in self._ops if op.outcome != "fail" and any(step[0] == "w" for step in op.steps)]
        last: dict[str, int] = {}
        for op in writes:
            if op.completed_index != NEVER_INDEX:
                last.update({key: max(last.get(key, -1), op.invoked_index) for kind, key, _ in op.steps if kind == "w"})
        kept: Counter[str] = Counter()
        for op in reversed(writes):
            steps = tuple(step for step in op.steps if step[0] == "w")
            keys = {key for _, key, _ in steps}
            newest = any(op.completed_index >= last.get(key, -1) for key in keys)
            if newest and all(kept[key] < WRITES_KEPT for key in keys) and kept.total() < keys_max:
                following._ops.append(msgspec.structs.replace(op, steps=steps))
                following.written |= keys
                kept.update(keys)
            else:
                following._over += [value_name(key, value) for _, key, value in steps]
        return following

    def begin(self) -> None:
        """The chapter before this is over."""
        for name in self._over:
            if self.written_before is not None:
                self.written_before.add(name)
        self._over.clear()

    def is_nobodys(self, key: str) -> bool:
        """Whether a value that no operation here wrote to ``key`` was written by none at all."""
        return not self.goes_on or (key in self.written and not self._forgets_keys)

    def neither(self) -> set[str]:
        """Keys that are neither registers nor lists."""
        return self.not_by_value | (self.written & self._surely_appended)

    def sorted_ops(self) -> list[RegisterOp]:
        """All of them in the order in which they began."""
        self._ops.sort(key=lambda op: op.invoked_index)
        return self._ops

    def _note_keys(self, steps: Iterable[Step], *, happened: bool) -> None:
        for kind, key, _ in steps:
            if kind == "w":
                self.written.add(key)
            elif kind == "a":
                self.appended.add(key)
                if happened:
                    self._surely_appended.add(key)

    def _steps(self, operation: Operation) -> Iterator[Step]:
        """What a cas, an append or a transaction did."""
        key, f = operation.key, operation.f
        if f == "cas":
            pair = operation.argument
            if isinstance(pair, list) and len(pair) == 2:
                if operation.outcome != "fail":
                    yield "r", key, canonical(pair[0])
                yield "w", key, canonical(pair[1])
            else:
                self.malformed = True
        elif f == "append":
            yield "a", key, canonical(operation.argument)
        else:
            yield from self._transaction(operation)

    def _transaction(self, operation: Operation) -> Iterator[Step]:
        done = operation.acknowledged
        listed: Any = operation.result if done and isinstance(operation.result, list) else operation.argument
        for step in listed if isinstance(listed, list) else ():
            if not isinstance(step, list) or len(step) != 3:
                continue
            kind, key = step[0], step[1] if isinstance(step[1], str) else msgspec.json.encode(step[1]).decode()
            if kind == "w":
                yield "w", key, canonical(step[2])
            elif kind == "r" and done:
                yield "r", key, canonical(step[2])
            elif kind == "append":
                yield "a", key, canonical(step[2])


def value_name(key: str, value: bytes) -> str:
    """What a value of a key is called among those that were written before."""
    return f"{key}\0{value!r}"
