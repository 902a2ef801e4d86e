"""The checker ``counter``: does each read of a counter lie between what must and what may have happened?

Source: Jepsen's ``checker/counter``, extended to decrements. For a read: every change acknowledged before it began
counts, every other change that began before the read ended and did not fail may count or not. Without decrements the
bounds are Jepsen's: the sum acknowledged by its beginning, the sum begun by its end. A change that ended ``info``, or
never, may count for ever.

``passed``: every read was within its bounds. ``failed``: one was not. ``unknown``: no change, or no read. A replicated
counter lags by design and fails here: whether it *ends* right is told apart, by the metrics ``final_exact`` and
``lost_increments``. They look at the reads made after the last change was acknowledged and applied, or, where there are
none, at what the replicas show in the end.

A key that is also written (``write``, ``cas``, ``append`` or in a transaction) is not judged from the beginning of that
on, and the answer is ``unknown`` if nothing was wrong before.

``buy`` is a decrement, and so is ``add`` of an integer an increment where reads return integers (Jepsen's name for it).
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from consistency_viz.checkers.divergence.prose import listed, milliseconds, printable
from consistency_viz.checkers.findings import Findings, in_words
from consistency_viz.checkers.kinds import APPLIES_AND_OPERATIONS
from consistency_viz.checkers.operations import Operation, Operations, changed_by
from consistency_viz.checkers.verdict import Result, Verdict
from workers.model.history import Header
from workers.model.observation import Applied, Observation

SIGNS: Final = {"increment": 1, "add": 1, "decrement": -1, "buy": -1}
RECENT: Final = 7
"""Acknowledged changes of a key that a witness may name: the last ones."""
DEFERRED_MAX: Final = 10_000
"""Reads of one key that wait to hear whether a change failed."""


def is_whole(value: Any) -> bool:
    """An integer, and no truth value."""
    return type(value) is int


class _Read:
    """A read with its bounds; ``waiting`` are the changes that may still turn out to have failed."""

    __slots__ = ("begun_minus", "begun_plus", "high", "low", "operation", "recent", "waiting")

    def __init__(self, operation: Operation, plus: int, minus: int, recent: tuple[Operation, ...]) -> None:
        self.operation = operation
        self.begun_plus = plus
        self.begun_minus = minus
        self.recent = recent  # the last changes acknowledged before it began
        self.low = self.high = 0
        self.waiting: dict[str, int] = {}


class Count:
    """One key. ``plus`` and ``minus`` sum what did not fail, by sign; the ``sure_`` ones only what was acknowledged."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.initial = 0
        self.changes = 0
        self.written = ""  # by which operation, if by any: what is counted from then on is not known
        self.by_name = False  # whether anything but ``add`` says that this is a counter
        self.plus = self.minus = self.sure_plus = self.sure_minus = 0
        self.open: dict[str, int] = {}
        self.reading: dict[str, _Read] = {}
        self.deferred: list[_Read] = []
        self.undecided = 0
        self.reads = 0
        self.early: _Read | None = None  # the first that was outside before any change began
        self.early_more = 0  # how many more
        self.moved_index = -1
        self.finals: list[int] = []  # the least and the greatest of the final reads
        self.finals_n = 0
        self.shown: dict[str, Any] = {}
        self.first: Operation | None = None
        self.recent: tuple[Operation, ...] = ()

    @property
    def bounds(self) -> tuple[int, int]:
        """What the counter may be when all is over."""
        return self.initial + self.sure_plus + self.minus, self.initial + self.plus + self.sure_minus

    def move(self, index: int) -> None:
        """Something changed at this position: reads before it are not final."""
        self.moved_index = index
        self.finals, self.finals_n = [], 0

    def begin(self, operation: Operation, amount: int) -> None:
        self.changes += 1
        self.first = self.first or operation
        self.by_name = self.by_name or operation.f != "add"
        self.open[operation.op] = amount
        self._count(amount)
        self.move(operation.invoked_index)

    def end(self, operation: Operation, findings: Findings, started_us: int) -> None:
        amount = self.open.pop(operation.op, None)
        if amount is None:
            return
        self.move(operation.completed_index)
        if operation.outcome == "fail":
            self._count(-amount, sign=amount)
        elif operation.acknowledged:
            self.recent = (*self.recent[-RECENT + 1 :], operation)
            if amount > 0:
                self.sure_plus += amount
            else:
                self.sure_minus += amount
        still = []
        for read in self.deferred:
            if read.waiting.pop(operation.op, None) is not None and operation.outcome == "fail":
                read.low -= min(0, amount)
                read.high -= max(0, amount)
            if read.waiting:
                still.append(read)
            else:
                self._judge(read, findings, started_us)
        self.deferred = still

    def read(self, operation: Operation, findings: Findings, started_us: int) -> None:
        """A read began, or ended."""
        if operation.completed_index < 0:
            self.reading[operation.op] = _Read(operation, self.sure_plus, self.sure_minus, self.recent)
            return
        read = self.reading.pop(operation.op, None)
        value = 0 if operation.result is None else operation.result
        if read is None or not operation.acknowledged or not is_whole(value) or self.written:
            return
        self.reads += operation.result is not None or self.by_name
        if operation.invoked_index > self.moved_index:
            self.finals_n += 1
            self.finals = [min([*self.finals, value]), max([*self.finals, value])]
        read.low = self.initial + read.begun_plus + self.minus
        read.high = self.initial + self.plus + read.begun_minus
        negative = sum(amount for amount in self.open.values() if amount < 0)
        positive = sum(amount for amount in self.open.values() if amount > 0)
        sure = read.low - negative <= value <= read.high - positive
        impossible = not read.low <= value <= read.high
        if sure or impossible or not self.open or len(self.deferred) >= DEFERRED_MAX:
            self.undecided += not (sure or impossible) and bool(self.open)
            self._judge(read, findings, started_us)
        else:
            read.waiting = dict(self.open)
            self.deferred.append(read)

    def finish(self, findings: Findings, started_us: int) -> None:
        """What is still open may have happened."""
        for read in [*self.deferred, *([self.early] if self.early is not None else [])]:
            self._judge(read, findings, started_us)
        self.deferred = []
        if self.changes:
            findings.count += self.early_more

    def final_values(self) -> list[int]:
        """The final reads if there are any, else what replicas show."""
        return self.finals or [value for value in self.shown.values() if is_whole(value)]

    def _count(self, amount: int, *, sign: int = 0) -> None:
        if (sign or amount) > 0:
            self.plus += amount
        else:
            self.minus += amount

    def _judge(self, read: _Read, findings: Findings, started_us: int) -> None:
        operation = read.operation
        value = operation.result or 0
        if read.low <= value <= read.high:
            return
        if not self.changes:  # whether this is a counter at all is not known yet
            self.early_more += self.early is not None
            self.early = self.early or read
            return
        begun = milliseconds(operation.invoked_us - started_us)
        ended = milliseconds(operation.completed_us - started_us)
        span = f"{read.low:,}" if read.low == read.high else f"{read.low:,} to {read.high:,}"
        text = (
            f"{printable(operation.op)} of {printable(operation.session)} ({begun} to {ended}) read {value:,} of key "
            f"{printable(self.key)}, where only {span} was possible"
        )
        proof = self._proof(read, value)
        if proof:
            text += f": {listed([one.op for one in proof])} had been acknowledged before it began"
        proof = proof or [one for one in (self.first,) if one is not None]
        indices = [index for one in (operation, *proof) for index in one.indices]
        findings.add(text, indices, [self.key, operation.op, *(one.op for one in proof)])

    def _proof(self, read: _Read, value: int) -> list[Operation]:
        """The fewest of the last changes before a read that make what it returned impossible, one of them at least."""
        missing = 1 if value < read.low else -1  # the sign of what it misses
        left = missing * (value - self.initial)
        found: list[Operation] = []
        for one in sorted(read.recent, key=lambda one: -missing * _signed(one)):
            if (left < 0 and found) or missing * _signed(one) <= 0:
                break
            found.append(one)
            left -= missing * _signed(one)
        return found


def _signed(operation: Operation) -> int:
    return SIGNS[operation.f] * int(operation.argument)


class _Tally(msgspec.Struct):
    """Counters that are over, summed up. ``written`` says which of them was also written, if one was."""

    keys: int = 0
    changes: int = 0
    reads: int = 0
    undecided: int = 0
    finals: int = 0
    final_reads: int = 0
    lost: int = 0
    kept: int = 0
    written: str = ""

    def take(self, count: Count) -> None:
        """Count one in, if it is a counter."""
        if not count.changes or not (count.by_name or count.reads):
            return
        self.keys += 1
        self.changes += count.changes
        self.reads += count.reads
        self.undecided += count.undecided
        self.final_reads += count.finals_n
        if count.written:
            self.written = self.written or f"{printable(count.written)} wrote the counter {printable(count.key)}"
        elif values := count.final_values():
            self.finals += 1
            self.lost += max(0, count.bounds[0] - min(values))
            self.kept += max(0, max(values) - count.bounds[1])

    def metrics(self, outside: int) -> dict[str, Any]:
        return {
            "keys_n": self.keys,
            "changes_n": self.changes,
            "reads_n": self.reads,
            "reads_outside": outside,
            "final_n": self.finals,
            "final_reads_n": self.final_reads,
            "final_exact": not self.lost and not self.kept if self.finals else None,
            "lost_increments": self.lost if self.finals else None,
            "lost_decrements": self.kept if self.finals else None,
        }


class Counter:
    """The registered checker. Memory: keys, open operations, and reads that wait to hear whether a change failed."""

    name: Final = "counter"
    kinds: Final = APPLIES_AND_OPERATIONS

    def __init__(self, header: Header) -> None:
        self._started_us = header.started_us
        self._replicas = frozenset(header.replicas)
        self._operations = Operations()
        self._counts: dict[str, Count] = {}
        self._findings = Findings()
        self._malformed = ""
        self._over = _Tally()

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        body = observation.body
        if type(body) is Applied:
            self._apply(observation, body)
            return
        operation = self._operations.observe(observation)
        if operation is None:
            return
        if operation.f == "read":
            self._count(operation.key).read(operation, self._findings, self._started_us)
        elif (sign := SIGNS.get(operation.f)) is not None:
            count = self._count(operation.key)
            if operation.completed_index >= 0:
                count.end(operation, self._findings, self._started_us)
            elif is_whole(operation.argument):
                count.begin(operation, sign * operation.argument)
            elif operation.f != "add":
                self._malformed = self._malformed or f"the amount of {operation.op} is no integer"
        elif operation.completed_index < 0:
            for key in changed_by(operation):
                count = self._count(key)
                count.written = count.written or operation.op

    def finish(self, end_us: int) -> Result:
        """The verdict on the whole history."""
        for count in self._counts.values():
            count.finish(self._findings, self._started_us)
        tally = self._over
        for count in self._counts.values():
            tally.take(count)
        self._counts.clear()
        verdict, reason = self._verdict(tally)
        had_evidence = bool(self._malformed or tally.written or tally.reads)
        metrics = tally.metrics(self._findings.count)
        return self._findings.result(self.name, verdict, reason, metrics, had_evidence=had_evidence)

    def retire(self, key: str) -> bool:
        """Put a key away (``live``)."""
        count = self._counts.pop(key, None)
        if count is not None:
            count.finish(self._findings, self._started_us)
            self._over.take(count)
        return True

    def trim(self) -> int:
        """Within a key nothing is kept that is over."""
        return 0

    def _verdict(self, tally: _Tally) -> tuple[Verdict, str]:
        if self._findings.count:
            return (
                Verdict.FAILED,
                f"{self._findings.count:,} of {in_words(tally.reads, 'read')} returned what cannot have been",
            )
        if self._malformed:
            return Verdict.UNKNOWN, self._malformed
        if not tally.keys:
            return Verdict.UNKNOWN, "no increment or decrement in this history"
        if tally.written:
            return Verdict.UNKNOWN, f"{tally.written}: what it may be from then on is not known"
        if not tally.reads:
            return Verdict.UNKNOWN, "no counter was read in this history"
        if tally.undecided:
            return Verdict.UNKNOWN, f"{in_words(tally.undecided, 'read')} came while too many changes were open"
        return Verdict.PASSED, f"{in_words(tally.reads, 'read')} returned what can have been"

    def _apply(self, observation: Observation, body: Applied) -> None:
        count = self._counts.get(body.key)
        if body.update == f"{body.key}@initial":
            count = self._count(body.key)
            if not count.changes and is_whole(body.value):
                count.initial = body.value
        if count is not None:
            count.move(observation.index)
            if observation.node in self._replicas:
                count.shown[observation.node] = body.value if is_whole(body.value) else None

    def _count(self, key: str) -> Count:
        count = self._counts.get(key)
        if count is None:
            count = self._counts[key] = Count(key)
        return count
