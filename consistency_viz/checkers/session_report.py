"""What the session guarantees have in common: counting reads, and the verdict that follows from the counts."""

from __future__ import annotations

from typing import Any

from consistency_viz.checkers.divergence.prose import milliseconds, printable
from consistency_viz.checkers.evidence import Evidence
from consistency_viz.checkers.findings import Findings, in_words, share
from consistency_viz.checkers.operations import Operation
from consistency_viz.checkers.registers.log import NEVER_INDEX, RegisterOp
from consistency_viz.checkers.run_set import RunSet
from consistency_viz.checkers.verdict import Result, Verdict


class Judged:
    """Reads that could have broken a guarantee: how many were judged, how many broke it, how many cannot be judged."""

    __slots__ = ("broken", "findings", "reads", "unjudged")

    def __init__(self) -> None:
        self.reads = 0
        self.broken = 0
        self.unjudged = 0
        self.findings = Findings()

    def verdict(self, nothing: str, broken: str, kept: str) -> tuple[Verdict, str]:
        """``nothing``: why there may be no evidence; ``broken`` and ``kept`` end "3 of 7 reads ...", with a verb."""
        if self.broken:
            return Verdict.FAILED, f"{self.broken:,} of {in_words(self.reads, 'read')} {broken}"
        if self.unjudged:
            text = f"what {in_words(self.unjudged, 'read')} saw cannot be told"
            return Verdict.UNKNOWN, f"{text}; none of the {self.reads:,} others {broken}" if self.reads else text
        if not self.reads:
            return Verdict.UNKNOWN, nothing
        return Verdict.PASSED, f"{'the one read' if self.reads == 1 else f'all {self.reads:,} reads'} {kept}"

    def metrics(self) -> dict[str, Any]:
        return {"reads": self.reads, "reads_unjudged": self.unjudged, "violations": share(self.broken, self.reads)}

    def result(self, checker: str, words: tuple[str, str, str], metrics: dict[str, Any], evidence: Evidence) -> Result:
        """The answer; ``words`` as for ``verdict``."""
        verdict, reason = self.verdict(*words)
        if self.unjudged and not self.broken and evidence.in_one_order:
            return explained(checker, in_words(self.unjudged, "read"), self.metrics() | metrics)
        had_evidence = bool(self.reads or (self.unjudged and evidence.has_either))
        return self.findings.result(checker, verdict, reason, self.metrics() | metrics, had_evidence=had_evidence)


def served(read: Operation) -> str:
    """A read that says what it saw, in words; its version is how many updates that were."""
    who, version = printable(read.target) or "somebody", len(RunSet(read.seen or ()))
    return f"{who} served {printable(read.key)} at version {version:,} to session {printable(read.session)}"


def named(op: RegisterOp, started_us: int) -> str:
    """An operation with its session and its time."""
    begun = milliseconds(op.invoked_us - started_us)
    if op.completed_index == NEVER_INDEX:
        when = f"begun at {begun}, {'failed' if op.outcome == 'fail' else 'never acknowledged'}"
    else:
        when = f"{begun} to {milliseconds(op.completed_us - started_us)}"
    return f"{printable(op.op)} of {printable(op.session)} ({when})"


def explained(checker: str, what: str, metrics: dict[str, Any]) -> Result:
    """Passed, although what some read or wrote cannot be told by values: one order of all operations explains them."""
    reason = f"{what} may mean several writes, and one order of all operations explains every answer (linearizable)"
    return Result(checker, Verdict.PASSED, reason, metrics=metrics | {"implied_by": "linearizable-register"})
