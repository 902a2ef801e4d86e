"""The checker ``read-your-writes``: a read after an acknowledged write of its session sees that write or a successor.

Source: Terry et al., "Session guarantees for weakly consistent replicated data" (1994); FIELD 2.

- (a) *Sets*: the read began after the write of the same key and session was acknowledged, and its ``seen`` holds
  neither the write nor an update that descends from it (``pasts``).
- (b) *Values*: it returned the initial value, or a write from before the session's own one: in causal order, or because
  it had been acknowledged when that began, so that it cannot be its successor (``registers.order``). A write by
  somebody else that was concurrent, or came later, is no violation, however different the value.

Only acknowledged writes oblige: one that failed, or that timed out, may be missing. The verdict is ``failed`` if a read
broke it, ``unknown`` if no read was obliged or one that was cannot be judged, else ``passed``.

Memory: what each session was acknowledged, reads that lacked something until the end shows whether a successor made up
for it, the causal pasts (``pasts``), and for (b) the plain operations.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Final

import msgspec

from consistency_viz.checkers.divergence.prose import milliseconds, printable
from consistency_viz.checkers.evidence import Evidence, is_seeing, is_update
from consistency_viz.checkers.findings import quantiles_ms
from consistency_viz.checkers.kinds import APPLIES_AND_OPERATIONS
from consistency_viz.checkers.operations import Operation
from consistency_viz.checkers.registers.log import NoSource, Read
from consistency_viz.checkers.registers.sources import Registers
from consistency_viz.checkers.run_set import RunSet
from consistency_viz.checkers.session_report import Judged, served
from consistency_viz.checkers.statistics import LengthCounts
from consistency_viz.checkers.verdict import Result
from workers.model.history import Header
from workers.model.observation import Observation

_WORDS: Final = (
    "no session read a key after a write of its own to it was acknowledged",
    "lacked a write that the same session had been acknowledged before",
    "after an own acknowledged write saw it, or a successor",
)


class Own(msgspec.Struct):
    """What one session was acknowledged for one key: ``updates`` in that order, and as a set."""

    updates: list[Operation] = []
    ids: RunSet = msgspec.field(default_factory=RunSet)
    unnamed: int = 0
    """Acknowledged updates that do not say their id."""


class Suspect(msgspec.Struct, frozen=True):
    """A read that lacked some of the first ``obliged`` own updates; a successor may make up for them."""

    read: Operation
    own: Own
    obliged: int
    seen: RunSet


class ReadYourWrites:
    """The registered checker: ``observe`` each observation, then ``finish`` once."""

    name: Final = "read-your-writes"
    kinds: Final = APPLIES_AND_OPERATIONS

    def __init__(self, header: Header, evidence: Evidence | None = None) -> None:
        self._evidence = evidence or Evidence()
        self._own: dict[tuple[str, str], Own] = {}
        self._obliged: dict[str, tuple[int, int]] = {}  # open reads: own updates acknowledged, and those without an id
        self._suspects: list[Suspect] = []
        self._judged = Judged()
        self._late_us = LengthCounts()

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        operation = self._evidence.observe(observation)
        if operation is None:
            return
        if operation.f == "read":
            self._read(operation)
        elif operation.completed_index >= 0 and operation.acknowledged:
            own = self._own.setdefault((operation.session, operation.key), Own())
            if is_update(operation):
                own.updates.append(operation)
                own.ids.add(operation.update)
            else:
                own.unnamed += 1

    def finish(self, end_us: int) -> Result:
        """The verdict on a history that ended at ``end_us``."""
        self._conclude()
        metrics = {"since_acknowledged_ms": quantiles_ms(self._late_us)}
        return self._judged.result(self.name, _WORDS, metrics, self._evidence)

    def turn(self, evidence: Evidence) -> None:
        """Judge what there is, and go on with new evidence (``chapters``)."""
        self._conclude({operation.key for operation in evidence.operations.open.values()})
        self._evidence = evidence
        self._own, self._obliged, self._suspects = {}, {}, []

    def _conclude(self, under_way: Container[str] = ()) -> None:
        """Judge what there is; not where an update is ``under_way`` that may turn out to be a successor."""
        self._evidence.finish()
        for suspect in self._suspects:
            if suspect.read.key in under_way:
                self._judged.reads -= 1
            else:
                self._judge(suspect)
        self._judge_values()

    def _read(self, read: Operation) -> None:
        own = self._own.get((read.session, read.key))
        if read.completed_index < 0:
            if own is not None:
                self._obliged[read.op] = (len(own.updates), own.unnamed)
            return
        obliged, unnamed = self._obliged.pop(read.op, (0, 0))
        if own is None or not obliged + unnamed or not read.acknowledged:
            return
        if not is_seeing(read):
            if read.key in self._evidence.log.not_by_value:
                self._judged.unjudged += 1
            return
        if unnamed:
            self._judged.unjudged += 1
        if not obliged:
            return
        self._judged.reads += 1
        seen = RunSet(read.seen or ())
        if not seen.issuperset(own.ids):
            self._suspects.append(Suspect(read, own, obliged, seen))

    def _judge(self, suspect: Suspect) -> None:
        read = suspect.read
        seen = self._evidence.pasts.close(read.key, suspect.seen)
        missed = _last_missed(suspect, seen)
        if missed is None:
            return
        self._judged.broken += 1
        since_us = read.invoked_us - missed.completed_us
        self._late_us.add(since_us)
        text = (
            f"{served(read)} without {printable(missed.update)}, "
            f"{milliseconds(since_us)} after that session's {printable(missed.f)} of it was acknowledged"
        )
        ids = [missed.op, read.op, missed.update, read.key]
        self._judged.findings.add(text, [*missed.indices, *read.indices], ids)

    def _judge_values(self) -> None:
        registers = self._evidence.registers
        if not registers.ops:
            return
        order, writes = self._evidence.order, self._evidence.writes
        for number, read in registers.answered():
            acknowledged = {order.sessions.lane[n]: order.sessions.seq[n] for n in order.sessions.before[number]}
            own = writes.last(read.key, acknowledged)
            if not own:
                continue
            if read.source < NoSource.INITIAL:
                self._judged.unjudged += 1
                continue
            self._judged.reads += 1
            source = read.source
            missed = [w for w in own if order.is_older(source, w)]
            if missed:
                self._value_missed(registers, number, read, max(missed, key=lambda w: registers.ops[w].completed_index))

    def _value_missed(self, registers: Registers, number: int, read: Read, missed: int) -> None:
        self._judged.broken += 1
        reader, writer = registers.ops[number], registers.ops[missed]
        since_us = reader.invoked_us - writer.completed_us
        self._late_us.add(since_us)
        source = None if read.source < 0 else registers.ops[read.source]
        key = printable(read.key)
        what = f"the initial value of {key}" if source is None else f"what {printable(source.op)} had written to {key}"
        text = (
            f"{printable(reader.op)} of session {printable(reader.session)} read {what}, "
            f"{milliseconds(since_us)} after {printable(writer.op)} of that session, which came later, was acknowledged"
        )
        involved = [op for op in (source, writer, reader) if op is not None]
        indices = [index for op in involved for index in op.indices]
        self._judged.findings.add(text, indices, [*(op.op for op in involved), read.key])


def _last_missed(suspect: Suspect, seen: RunSet) -> Operation | None:
    """The update acknowledged last that the read had to see and did not."""
    if seen.issuperset(suspect.own.ids):
        return None
    for update in reversed(suspect.own.updates[: suspect.obliged]):
        if update.update not in seen:
            return update
    return None
