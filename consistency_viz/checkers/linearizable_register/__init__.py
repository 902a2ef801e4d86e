"""The checker ``linearizable-register``: is there one order of the operations on each key that explains every answer?

Source: Herlihy and Wing 1990. In that order each read returns what the write or cas before it left, a cas finds the old
value that it names, and an operation that ended before another began comes first. Linearizability is compositional: a
history is linearizable exactly if that of each key is, so each key is judged alone.

- An operation that failed did not happen; one that ended ``info``, or never, may have, at any time after it began.
- A register holds ``null``, or the value of the update ``<key>@initial``, before its first write.
- A key to which something else was done before its first write (``add``, ``place`` and the like, a transaction wrote
  it, or replicas applied an update to it) is no register. One to which that was done later is not judged from then on.
- Where all written values of a key differ and there is no cas, a fast way decides (``zones``), else a ``search``, which
  begins with a ``glimpse`` where nothing follows.

A register that keeps siblings, whose reads return lists where no list was written, is not judged.

``passed``: every key was judged and something was read. ``unknown``: no write or cas, no answer, or the search of a key
took more than ``STEPS_MAX`` steps. ``failed``: the witness of each bad key is a smallest impossible part of it.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from consistency_viz.checkers.divergence.prose import printable
from consistency_viz.checkers.kinds import APPLIES_AND_OPERATIONS
from consistency_viz.checkers.linearizable_register.acts import KINDS
from consistency_viz.checkers.linearizable_register.key import Register
from consistency_viz.checkers.operations import Operation, Operations, changed_by
from consistency_viz.checkers.verdict import WITNESSES_MAX, Result, Verdict, Witness
from workers.model.history import Header
from workers.model.observation import Applied, Completed, Invoked, Observation

STEPS_MAX: Final = 2_000_000
"""Configurations developed for one history, all keys together."""

OPERATIONS_MAX: Final = 2_000_000
"""Operations kept, all keys together."""


class _Tally(msgspec.Struct):
    """Keys that are over, summed up; ``failures`` are the first few."""

    keys: int = 0
    failed: int = 0
    failures: list[Witness] = []
    unknown: int = 0
    why_unknown: str = ""
    reads: int = 0
    writes: int = 0

    def take(self, register: Register) -> None:
        self.keys += 1
        self.reads += register.reads
        self.writes += register.writes
        if register.failure is not None:
            self.failed += 1
            if len(self.failures) < WITNESSES_MAX:
                self.failures.append(register.failure)
        if register.gave_up:
            self.unknown += 1
            self.why_unknown = self.why_unknown or register.gave_up


class LinearizableRegister:
    """The registered checker."""

    name: Final = "linearizable-register"
    kinds: Final = APPLIES_AND_OPERATIONS

    def __init__(self, header: Header, steps_max: int = STEPS_MAX) -> None:
        self._started_us = header.started_us
        self._steps_max = self._steps_left = steps_max
        self._operations = Operations()
        self._registers: dict[str, Register] = {}
        self._written: set[str] = set()
        self._others: set[str] = set()  # keys that are no registers
        self._wrote = False
        self._over = _Tally()
        self._kept = 0
        self._counts = dict.fromkeys(KINDS, 0)

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        body = observation.body
        kind = type(body)
        if kind is Applied:
            self._show(body)  # type: ignore[arg-type]
            return
        if kind is not Invoked and kind is not Completed:
            return
        operation = self._operations.observe(observation)
        if operation is None:
            return
        if operation.f not in KINDS:
            if operation.completed_index < 0:
                self._mixed(operation)
            return
        if operation.key in self._others:
            return
        register = self._register(operation.key)
        if register.decided:
            return
        if operation.completed_index >= 0:
            register.end(operation)
            return
        if register.is_whole:
            self._judge(register)
            if register.decided:
                return
        self._begin(register, operation.f)
        register.begin(operation)

    def finish(self, end_us: int) -> Result:
        """The verdict on the whole history."""
        for key in list(self._registers):
            self.retire(key)
        over = self._over
        verdict, reason = self._verdict(over)
        metrics: dict[str, Any] = {
            "keys_n": over.keys,
            "keys_failed": over.failed,
            "keys_unknown": over.unknown,
            "reads_n": over.reads,
            "writes_n": over.writes,
            "operations_n": dict(self._counts),
            "search_steps": self._steps_max - self._steps_left,
        }
        applicable = verdict is not Verdict.UNKNOWN or bool(over.unknown)
        skipped = over.failed - len(over.failures)
        return Result(self.name, verdict, reason, over.failures, skipped, metrics, applicable)

    def retire(self, key: str) -> bool:
        """Put a key away (``live``)."""
        register = self._registers.pop(key, None)
        self._others.discard(key)
        self._written.discard(key)
        if register is not None and register.begun:
            if not register.decided:
                self._judge(register, is_last=True)
            self._over.take(register)
        return True

    def trim(self) -> int:
        """Within a key nothing is kept that is over."""
        return 0

    def _begin(self, register: Register, f: str) -> None:
        self._counts[f] += 1
        if f != "read":
            self._written.add(register.key)
            self._wrote = True
        self._kept += 1
        if self._kept > OPERATIONS_MAX:
            self._kept -= register.kept + 1
            register.give_up(f"more than {OPERATIONS_MAX:,} operations came without a moment in which none was open")

    def _register(self, key: str) -> Register:
        register = self._registers.get(key)
        if register is None:
            register = self._registers[key] = Register(key)
        return register

    def _show(self, body: Applied) -> None:
        """A replica applied something: what a register holds at first, or proof that a key lives without writes."""
        if body.update != f"{body.key}@initial":
            self._exclude(body.key)
        elif body.key not in self._others:
            self._register(body.key).hold(body.value)

    def _mixed(self, operation: Operation) -> None:
        """An operation began that is no read, write or cas."""
        for key in changed_by(operation) if operation.f == "txn" else [operation.key]:
            self._exclude(key)
            register = self._registers.get(key)
            if register is not None and not register.decided:
                self._kept -= register.kept
                register.give_up(f"{printable(operation.op)} ({printable(operation.f)}) is no read, write or cas of it")

    def _exclude(self, key: str) -> None:
        """Something else than a read, write or cas was done to ``key``: it is no register, unless it was written."""
        if key in self._written or key in self._others:
            return
        self._others.add(key)
        register = self._registers.pop(key, None)
        if register is not None:
            self._kept -= register.kept

    def _judge(self, register: Register, *, is_last: bool = False) -> None:
        kept = register.kept
        self._steps_left -= register.judge(self._steps_left, self._started_us, is_last=is_last)
        self._kept += register.kept - kept

    def _verdict(self, over: _Tally) -> tuple[Verdict, str]:
        if over.failed:
            some = f"{over.failed:,} of {over.keys:,} keys"
            return Verdict.FAILED, f"no order of the operations explains what was read of {some}"
        if not self._wrote:
            return Verdict.UNKNOWN, "no write or cas in this history"
        if over.unknown:
            return Verdict.UNKNOWN, f"{over.unknown:,} of {over.keys:,} keys were not judged: {over.why_unknown}"
        if not over.reads:
            return Verdict.UNKNOWN, "nothing was read in this history, so nothing can contradict"
        return Verdict.PASSED, f"an order of the operations explains all {over.reads:,} answers of {over.keys:,} keys"
