"""The checker ``causal``: does everybody see what something depends on before the thing itself?

Source: FIELD 2, "causality violation"; Ahamad and others, "Causal memory" (1995); Biswas and Enea (OOPSLA 2019);
Bouajjani, Enea, Guerraoui and Hamza (POPL 2017).

- (a) *Sets*: no replica has an update before what it depends on: what the replica that took it had applied (``after``),
  what its session had been acknowledged, and what its session had seen, of any key. Each replica that has all that its
  updates directly depend on also has what those depend on, so the closure needs no search.
- (b) *Values*: causal memory of transactions, with the weaker levels read committed and read atomic, by saturation
  (``registers.levels``); ``metrics.levels`` has the verdict on each, and the reason names the weakest broken. Sessions
  may disagree about the order of writes that do not depend on each other: that breaks causal *convergence*, which is
  the metric ``convergent`` and no verdict. A session that disagrees with itself fails.
- (c) *Lists*: the same levels for lists that grow by ``append``, whose reads tell the order of the appends: lost and
  duplicate elements, incompatible orders, cycles G0 and G1c (``registers.list_levels``).

The verdict is ``failed`` if any finds something, ``unknown`` if there was nothing to judge or a read cannot be
judged, else ``passed``.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any, Final

import msgspec

from consistency_viz.checkers.applied_order import Before, Break, in_session_order
from consistency_viz.checkers.divergence.prose import listed, printable
from consistency_viz.checkers.evidence import Evidence, is_seeing, is_update
from consistency_viz.checkers.findings import in_words
from consistency_viz.checkers.kinds import APPLIES_AND_OPERATIONS
from consistency_viz.checkers.operations import Operation
from consistency_viz.checkers.registers.levels import LEVELS, Anomaly, Levels
from consistency_viz.checkers.registers.sources import Registers
from consistency_viz.checkers.registers.third_sessions import way_back
from consistency_viz.checkers.run_set import RunSet
from consistency_viz.checkers.session_report import named
from consistency_viz.checkers.update_order import UpdateOrder, acknowledged, seen
from consistency_viz.checkers.verdict import WITNESSES_MAX, Result, Verdict
from workers.model.history import Header

VISIBLE: Final = frozenset(("WriteCOInitRead", "WriteCORead", "LostAppend"))
"""Anomalies that end with: it was visible to the reader."""


class Causal(UpdateOrder):
    """The registered checker: ``observe`` each observation, then ``finish`` once."""

    name: Final = "causal"
    kinds: Final = APPLIES_AND_OPERATIONS

    def __init__(self, header: Header, evidence: Evidence | None = None) -> None:
        super().__init__(header, evidence)
        self._patterns: dict[str, Counter[str]] = {level: Counter() for level in LEVELS}
        self._disagreements: list[list[str]] = []
        self._disagreements_n = 0

    def finish(self, end_us: int) -> Result:
        """The verdict on a history that ended at ``end_us``."""
        self.conclude()
        return self._result()

    def conclude(self) -> None:
        """Judge what there is."""
        self.evidence.finish()
        for operations in self.sessions.values():
            self._session(operations)
        registers = self.evidence.registers
        levels = Levels(self.evidence)
        for level in LEVELS:
            for anomaly in levels.broken[level]:
                way = self._way(anomaly) if self.findings.wanted else []
                involved = [registers.ops[number] for number in (*anomaly.operations, *way)]
                ids = [*(op.op for op in involved), anomaly.key]
                text = _told(registers, anomaly, self.started_us)
                if way:
                    text += f" by way of {listed([registers.ops[number].op for number in way])}"
                self.findings.add(text, [i for op in involved for i in op.indices], ids)
                self._patterns[level][anomaly.pattern] += 1
        self._disagreements_n += len(levels.disagreements)
        for one in levels.disagreements[: WITNESSES_MAX - len(self._disagreements)]:
            self._disagreements.append([registers.ops[number].op for number in one.operations])
        self.judged.reads += levels.reads
        self.judged.unjudged += levels.unjudged

    def _way(self, anomaly: Anomaly) -> list[int]:
        """How what was visible came to be visible: the operations between those of the anomaly, in causal order."""
        if anomaly.pattern not in VISIBLE:
            return []
        found = [n for a, b in pairwise(anomaly.operations) for n in way_back(self.evidence.order, a, b)[1:-1]]
        return [number for number in dict.fromkeys(found) if number not in anomaly.operations]

    def _session(self, operations: list[Operation]) -> None:
        before = Before(self.order)
        for ended, operation in in_session_order(operations):
            if ended and is_seeing(operation):
                before.add(operation.key, self.order.last(operation.key, RunSet(operation.seen or ())), operation)
            elif ended:
                before.add(operation.key, self.order.last(operation.key, RunSet([operation.update])), operation)
            elif is_update(operation) and self.reached(operation):
                own = Before(self.order)
                own.add(operation.key, self.order.last(operation.key, RunSet(operation.after or ())), operation)
                if not before.any and not own.any:
                    continue
                breaks = {one.replica: one for one in before.broken_by(operation)}
                breaks |= {one.replica: one for one in own.broken_by(operation)}
                self.count(list(breaks.values()), _why)

    def _result(self) -> Result:
        verdicts, weakest = self._levels()
        patterns: Counter[str] = sum(self._patterns.values(), Counter())
        nothing = "no update and no read depends on anything that can be followed"
        metrics: dict[str, Any] = {
            "level": "transactional causal consistency",
            "levels": verdicts,
            "weakest_level_broken": weakest,
            "convergent": Verdict.FAILED.value if self._disagreements_n else verdicts["causal"],
            "disagreements": self._disagreements,
            "patterns": dict(sorted(patterns.items())),
        }
        result = self.result(self.name, (nothing, "came before what they depend on"), metrics)
        if weakest is None:
            if not self._disagreements_n:
                return result
            sets = in_words(self._disagreements_n, "set", "sets")
            told = f"sessions disagree about the order of {sets} of concurrent writes, which causal consistency allows"
            return msgspec.structs.replace(result, reason=f"{result.reason}; {told}")
        named = in_words(sum(patterns.values()), "anomaly", "anomalies")
        reason = (
            f"{named} ({', '.join(sorted(patterns))}): not even {weakest}"
            if weakest != "causal"
            else (f"{named} ({', '.join(sorted(patterns))}): read atomic, but not causally consistent")
        )
        if self.broken_updates:
            reason = f"{result.reason}; {reason}"
        return self.findings.result(self.name, Verdict.FAILED, reason, result.metrics)

    def _levels(self) -> tuple[dict[str, str], str | None]:
        """The verdict on each level, and the weakest that is broken."""
        verdicts: dict[str, str] = {}
        weakest = None
        for level in LEVELS:
            if weakest is None and self._patterns[level]:
                weakest = level
            if weakest is not None:
                verdicts[level] = Verdict.FAILED.value
            else:
                sure = self.evidence.in_one_order if self.judged.unjudged else self.judged.reads
                verdicts[level] = (Verdict.PASSED if sure else Verdict.UNKNOWN).value
        return verdicts, weakest


def _why(one: Break) -> str:
    """How an update depends on what a replica lacked."""
    if one.required.by is one.update:
        return "which was there when it was made"
    return seen(one) if one.required.by.f == "read" else acknowledged(one)


def _told(registers: Registers, anomaly: Anomaly, started_us: int) -> str:
    names = [named(registers.ops[number], started_us) for number in anomaly.operations]
    key, reader = printable(anomaly.key), names[-1]
    if anomaly.pattern == "InternalRead":
        return f"{reader} did not read what it had written itself just before"
    if anomaly.pattern == "AbortedRead":
        return f"{reader} read a value of {key} whose write had failed"
    if anomaly.pattern == "ThinAirRead":
        return f"{reader} read a value of {key} that nobody had written"
    if anomaly.pattern == "IntermediateRead":
        return f"{reader} read a value of {key} that its writer {names[0]} overwrote itself"
    if anomaly.pattern == "WriteCOInitRead":
        return f"{reader} read the initial value of {key} although {names[0]}, which wrote it, was visible to it"
    if anomaly.pattern == "WriteCORead":
        return (
            f"{reader} read what {names[0]} wrote to {key} although {names[1]}, which overwrote that, was visible to it"
        )
    if anomaly.pattern == "LostAppend":
        return f"{reader} read {key} without what {names[0]} had appended, although that was visible to it"
    if anomaly.pattern == "DuplicateElements":
        return f"{reader} read an element of {key} twice that was appended once"
    if anomaly.pattern == "IncompatibleOrder":
        return f"{names[0]} and {reader} have elements of {key} in two orders that do not agree"
    if anomaly.pattern == "CyclicCO":
        return f"{listed(names)} each come before themselves in the order of sessions and of who read from whom"
    return (
        f"no order of {listed(names)} agrees with what was read: each has to come before the next, "
        "and the last before the first"
    )
