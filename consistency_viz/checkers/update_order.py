"""What ``monotonic-writes``, ``writes-follow-reads`` and ``causal`` share: following updates to the replicas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from consistency_viz.checkers.applied_order import Break
from consistency_viz.checkers.divergence.prose import milliseconds, printable
from consistency_viz.checkers.evidence import Evidence, is_seeing, is_update
from consistency_viz.checkers.findings import Findings, in_words, share
from consistency_viz.checkers.operations import Operation
from consistency_viz.checkers.session_report import Judged, explained
from consistency_viz.checkers.verdict import Result, Verdict
from workers.model.history import Header
from workers.model.observation import Observation


def acknowledged(one: Break) -> str:
    """What an earlier update of the session was to the later one."""
    return "which was acknowledged to that session before it began"


def seen(one: Break) -> str:
    """What an update that the session had read was to its own."""
    return "which that session had seen before"


class UpdateOrder:
    """Collects; a subclass says what comes before what."""

    def __init__(self, header: Header, evidence: Evidence | None = None) -> None:
        self.started_us = header.started_us
        self.evidence = evidence or Evidence()
        self.replicas = header.replicas
        self.order = self.evidence.applied_order(header.replicas)
        self.sessions: dict[str, list[Operation]] = {}
        """What each session saw and was acknowledged, by set."""
        self.updates = 0
        """Updates that something had to come before, and that some replica had."""
        self.broken_updates = 0
        self.judged = Judged()

    @property
    def findings(self) -> Findings:
        return self.judged.findings

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        operation = self.evidence.observe(observation)
        if operation is None:
            self.order.observe(observation)
        elif operation.completed_index >= 0 and (is_update(operation) or is_seeing(operation)):
            self.sessions.setdefault(operation.session, []).append(operation)

    def turn(self, evidence: Evidence) -> None:
        """Judge what there is, and go on with new evidence (``chapters``)."""
        self.conclude()
        self.evidence, self.order, self.sessions = evidence, evidence.applied_order(self.replicas), {}

    def conclude(self) -> None:
        """Judge what there is; each subclass by its own rule."""
        raise NotImplementedError

    def reached(self, update: Operation) -> bool:
        """Whether any replica had an update."""
        return self.order.first(update.key, update.update) is not None

    def count(self, breaks: list[Break], why: Callable[[Break], str]) -> None:
        """One update was judged; ``why`` tells what the missing one was to it, as in "which its session had seen"."""
        self.updates += 1
        if not breaks:
            return
        self.broken_updates += 1
        for one in breaks:
            update, required = one.update, one.required
            late_us = required.had[0] - one.had[0]
            when = "never" if required.had[1] < 0 else f"only {milliseconds(late_us)} later"
            text = (
                f"{printable(one.replica)} had {printable(update.update)} of session {printable(update.session)} at "
                f"{milliseconds(one.had[0] - self.started_us)}, and {printable(required.update)}, {why(one)}, {when}"
            )
            indices = [*required.by.indices, *update.indices, one.had[1], required.had[1]]
            self.findings.add(text, indices, [required.by.op, update.op, required.update, update.update, update.key])

    def result(self, name: str, words: tuple[str, str], metrics: dict[str, Any]) -> Result:
        """The verdict; ``words``: why there may be no evidence, and what a break is, after "3 updates "."""
        nothing, broken = words
        reads = self.judged
        figures = {
            "updates": self.updates,
            "updates_broken": share(self.broken_updates, self.updates),
            **reads.metrics(),
            **metrics,
        }
        if self.broken_updates or reads.broken:
            parts = []
            if self.broken_updates:
                parts.append(f"{self.broken_updates:,} of {in_words(self.updates, 'update')} {broken} at some replica")
            if reads.broken:
                parts.append(f"{reads.broken:,} of {in_words(reads.reads, 'read')} saw that they {broken}")
            return self.findings.result(name, Verdict.FAILED, "; ".join(parts), figures)
        if reads.unjudged and self.evidence.in_one_order:
            return explained(name, in_words(reads.unjudged, "read"), figures)
        if reads.unjudged:
            reason = f"what {in_words(reads.unjudged, 'read')} saw cannot be told"
            had_evidence = bool(self.updates or reads.reads) or self.evidence.has_either
            return self.findings.result(name, Verdict.UNKNOWN, reason, figures, had_evidence=had_evidence)
        if not self.updates and not reads.reads:
            return self.findings.result(name, Verdict.UNKNOWN, nothing, figures, had_evidence=False)
        reason = (
            f"none of {in_words(self.updates, 'update')} and {in_words(reads.reads, 'read')} shows that they {broken}"
        )
        return self.findings.result(name, Verdict.PASSED, reason, figures)
