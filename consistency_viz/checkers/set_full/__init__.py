"""The checker ``set-full``: what became of each element that was added to a set?

Source: Jepsen's ``checker/set-full``. An element is *known* once its add was acknowledged, or a read that saw it ended,
whichever is earlier. By the reads that had it and lacked it, compared by when they began:

- *stable*: the last read that had it began after the last that lacked it. Its stable latency is the invocation of the
  last read that lacked it minus known, at least 0. It is *stale* if that read began after it was known;
- *lost*: the last read that lacked it began after it was known and after the last that had it. Absence from a read that
  was concurrent with the add is no loss. Its lost latency is the invocation of the last read that had it minus known;
- *never read*: neither.

Beyond Jepsen: elements that nobody had tried to add (or only adds that failed) are ``unexpected``. An element is out of
scope for loss from the invocation of a ``remove`` on that ended after its add began, unless it failed; whether it was
rightly added again after that is not asked. What ``<key>@initial`` shows was there. A set that is also written
(``write``, ``cas``, ``append`` or in a transaction) is not judged: the answer is ``unknown``, if the others are right.

``failed``: an element was lost, read twice in one read, or unexpected. ``unknown``: no add, no read, nothing stable.
``passed`` otherwise, also with stale elements: with ``linearizable`` (Jepsen's ``:linearizable? true``) they fail too.
"""

from __future__ import annotations

from typing import Any, Final

from consistency_viz.checkers.divergence.prose import described, milliseconds, printable
from consistency_viz.checkers.findings import Findings, in_words
from consistency_viz.checkers.forgotten import Forgotten
from consistency_viz.checkers.kinds import APPLIES_AND_OPERATIONS
from consistency_viz.checkers.operations import Operation, Operations, changed_by
from consistency_viz.checkers.set_full.elements import NEVER, Element, KeySet, Moment, identity
from consistency_viz.checkers.set_full.outcomes import Outcomes
from consistency_viz.checkers.verdict import Result, Verdict
from workers.model.history import Header
from workers.model.observation import Applied, Observation


class SetFull:
    """The registered checker. Memory: elements, not reads; live, those that are in the sets and those being removed."""

    name: Final = "set-full"
    kinds: Final = APPLIES_AND_OPERATIONS

    def __init__(self, header: Header, *, linearizable: bool = False) -> None:
        self._started_us = header.started_us
        self._linearizable = linearizable
        self._operations = Operations()
        self._sets: dict[str, KeySet] = {}
        self._findings = Findings()
        self._written: dict[str, str] = {}  # by key the operation that wrote it
        self._mixed_before = ""
        self._outcomes = Outcomes()
        self._over = Forgotten()
        self._judged: list[KeySet] = []  # sets and elements that are still to be told of
        self._lost: list[tuple[KeySet, Element]] = []
        self._stale: list[tuple[KeySet, Element]] = []

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        body = observation.body
        if type(body) is Applied:
            if isinstance(body.value, list) and body.update == f"{body.key}@initial":
                self._set(body.key).initially.update(map(identity, body.value))
            return
        operation = self._operations.observe(observation)
        if operation is None:
            return
        if operation.f == "add":
            self._set(operation.key).add(operation)
        elif operation.f == "remove":
            self._set(operation.key).remove(operation)
        elif operation.f == "read" and operation.acknowledged:
            known = self._sets.get(operation.key)
            if operation.result is None and known is not None and known.elements:
                operation.result = []
            if isinstance(operation.result, list):
                self._set(operation.key).read(operation)
        elif operation.completed_index < 0:
            for key in changed_by(operation):
                self._written.setdefault(key, operation.op)

    def finish(self, end_us: int) -> Result:
        """The verdict on the whole history."""
        for s in self._sets.values():
            self._count(s)
        outcomes = self._outcomes
        self._tell()
        metrics = outcomes.metrics()
        if outcomes.came_back:
            metrics["came_back_count"] = outcomes.came_back
        verdict, reason = self._verdict(metrics)
        had_evidence = bool(outcomes.sets or self._mixed)
        return self._findings.result(self.name, verdict, reason, metrics, had_evidence=had_evidence)

    def retire(self, key: str) -> bool:
        """Put a set away (``live``)."""
        s = self._sets.get(key)
        if s is not None and any(s.is_lost(name) for name in s.elements):
            return False  # the next read may have it
        s = self._sets.pop(key, None)
        if s is not None:
            self._mixed_before = self._mixed_before or self._mixed_of(s)
            self._count(s)
            self._tell()
        self._written.pop(key, None)
        return True

    def trim(self) -> int:
        """Put away elements that were removed."""
        count = 0
        for s in self._sets.values():
            names = s.removed() if s.reads and s.key not in self._written else []
            for name in names:
                self._judge(s, s.elements[name], s.present.get(name, NEVER))
                s.forget(name)
            count += len(names)
        self._tell()
        return count

    def _count(self, s: KeySet) -> None:
        """Judge a set that is over."""
        outcomes = self._outcomes
        outcomes.added = outcomes.added or bool(s.elements or s.forgotten)
        outcomes.came_back += s.came_back
        if not (s.elements or s.forgotten) or not s.reads or s.key in self._written:
            return
        outcomes.sets += 1
        outcomes.reads += s.reads
        outcomes.duplicated += len(s.duplicated)
        outcomes.unexpected += len(s.unexpected)
        self._judged.append(s)
        for name, element in s.elements.items():
            self._judge(s, element, s.present.get(name, NEVER))

    def _judge(self, s: KeySet, element: Element, present: Moment) -> None:
        if not element.possible:
            return
        outcome = element.outcome(present)
        last = element.absent if outcome == "stable" else present
        known = element.known
        known_us = known[1] if known is not None else 0
        latency_us = max(0, last[1] - known_us) if last is not NEVER else 0
        is_stale = outcome == "stable" and known is not None and element.absent[0] > known[0]
        self._outcomes.take(outcome, latency_us, (s.key, element.value) if is_stale else None)
        if outcome == "lost":
            self._lost.append((s, element))
        elif is_stale and self._linearizable:
            self._stale.append((s, element))

    @property
    def _mixed(self) -> str:
        """Says which set was written, if one was."""
        if self._mixed_before:
            return self._mixed_before
        found = (self._mixed_of(s) for key in self._written if (s := self._sets.get(key)) is not None)
        return next(filter(None, found), "")

    def _mixed_of(self, s: KeySet) -> str:
        if s.key not in self._written or not (s.elements or s.forgotten):
            return ""
        return f"{printable(self._written[s.key])} wrote the set {printable(s.key)}: what is in it then is not known"

    def _verdict(self, metrics: dict[str, Any]) -> tuple[Verdict, str]:
        if self._findings.count:
            return Verdict.FAILED, (
                f"of {metrics['attempt_count']:,} elements {metrics['lost_count']:,} were lost; "
                f"{metrics['duplicated_count']:,} were read twice at once, {metrics['unexpected_count']:,} "
                "were never added" + (f", {metrics['stale_count']:,} were read too late" if self._linearizable else "")
            )
        if self._mixed:
            return Verdict.UNKNOWN, self._mixed
        if not self._outcomes.added:
            return Verdict.UNKNOWN, "no add in this history"
        if not self._outcomes.sets:
            return Verdict.UNKNOWN, "no set was read in this history"
        if not metrics["stable_count"]:
            return Verdict.UNKNOWN, "no element was read and stayed, so nothing is known of any"
        return Verdict.PASSED, f"{in_words(metrics['stable_count'], 'element')} stayed once read, and none was lost"

    def _tell(self) -> None:
        for s, element in self._lost:
            self._absence(s, element, ", and no read that began later had it")
        for s in self._judged:
            for value, read in s.unexpected.values():
                text = f"{self._read(s, read)} had {described(value, None)}, which nobody had added"
                self._findings.add(text, read.indices, [s.key, read.op])
            for value, count, read in s.duplicated.values():
                text = f"{self._read(s, read)} had {described(value, None)} {count:,} times"
                self._findings.add(text, read.indices, [s.key, read.op])
        for s, element in self._stale:
            self._absence(s, element, "")
        self._lost.clear()
        self._judged.clear()
        self._stale.clear()

    def _absence(self, s: KeySet, element: Element, after: str) -> None:
        read = element.lacking
        if read is None:
            return
        add, knower, since_us = element.proof(read)
        since = milliseconds(since_us - self._started_us)
        known = f"known since {since}" if knower is None else f"read by {printable(knower.op)} until {since}"
        self._findings.add(
            f"{self._read(s, read)} lacked {described(element.value, None)}, added by {printable(add.op)} "
            f"and {known}{after}",
            [*add.indices, *(knower.indices if knower is not None else []), *read.indices],
            [s.key, add.op, knower.op if knower is not None else "", read.op],
        )

    def _read(self, s: KeySet, read: Operation) -> str:
        begun = milliseconds(read.invoked_us - self._started_us)
        ended = milliseconds(read.completed_us - self._started_us)
        return f"{printable(read.op)} of {printable(read.session)} ({begun} to {ended}) of key {printable(s.key)}"

    def _set(self, key: str) -> KeySet:
        found = self._sets.get(key)
        if found is None:
            found = self._sets[key] = KeySet(key, self._over)
        return found
