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

from heapq import nlargest
from typing import Any, Final

from consistency_viz.checkers.divergence.prose import described, milliseconds, printable
from consistency_viz.checkers.findings import Findings, in_words
from consistency_viz.checkers.operations import Operation, Operations, changed_by
from consistency_viz.checkers.set_full.elements import NEVER, Element, KeySet, identity
from consistency_viz.checkers.verdict import Result, Verdict
from workers.model.history import Header
from workers.model.observation import Applied, Observation

QUANTILES: Final = (0.0, 0.5, 0.95, 0.99, 1.0)
WORST: Final = 8
Told = tuple[KeySet, Element, int]
"""An element of a set, and its latency in microseconds."""


class SetFull:
    """The registered checker. Memory is bounded by the elements of the sets, not by the reads."""

    name: Final = "set-full"

    def __init__(self, header: Header, *, linearizable: bool = False) -> None:
        self._started_us = header.started_us
        self._linearizable = linearizable
        self._operations = Operations()
        self._sets: dict[str, KeySet] = {}
        self._findings = Findings()
        self._written: dict[str, str] = {}  # by key the operation that wrote it

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
        sets = [s for s in self._sets.values() if s.elements and s.reads and s.key not in self._written]
        added = any(s.elements for s in self._sets.values())
        by_outcome: dict[str, list[Told]] = {
            "stable": [],
            "lost": [],
            "never-read": [],
            "removed": [],
        }
        stale: list[Told] = []
        for s in sets:
            for name, element in s.elements.items():
                present = s.present.get(name, NEVER)
                if not element.possible:
                    continue
                outcome = element.outcome(present)
                last = element.absent if outcome == "stable" else present
                known = element.known
                known_us = known[1] if known is not None else 0
                entry = s, element, max(0, last[1] - known_us) if last is not NEVER else 0
                by_outcome[outcome].append(entry)
                if outcome == "stable" and known is not None and element.absent[0] > known[0]:
                    stale.append(entry)
        self._tell(sets, by_outcome["lost"], stale)
        metrics = self._metrics(sets, by_outcome, stale)
        verdict, reason = self._verdict(sets, metrics, added=added)
        return self._findings.result(self.name, verdict, reason, metrics, had_evidence=bool(sets or self._mixed))

    @property
    def _mixed(self) -> str:
        """Says which set was written, if one was."""
        key = next((key for key in self._written if (s := self._sets.get(key)) is not None and s.elements), None)
        if key is None:
            return ""
        return f"{printable(self._written[key])} wrote the set {printable(key)}: what is in it then is not known"

    def _verdict(self, sets: list[KeySet], metrics: dict[str, Any], *, added: bool) -> tuple[Verdict, str]:
        if self._findings.count:
            return Verdict.FAILED, (
                f"of {metrics['attempt_count']:,} elements {metrics['lost_count']:,} were lost; "
                f"{metrics['duplicated_count']:,} were read twice at once, {metrics['unexpected_count']:,} "
                "were never added" + (f", {metrics['stale_count']:,} were read too late" if self._linearizable else "")
            )
        if self._mixed:
            return Verdict.UNKNOWN, self._mixed
        if not added:
            return Verdict.UNKNOWN, "no add in this history"
        if not sets:
            return Verdict.UNKNOWN, "no set was read in this history"
        if not metrics["stable_count"]:
            return Verdict.UNKNOWN, "no element was read and stayed, so nothing is known of any"
        return Verdict.PASSED, f"{in_words(metrics['stable_count'], 'element')} stayed once read, and none was lost"

    def _metrics(
        self,
        sets: list[KeySet],
        outcomes: dict[str, list[Told]],
        stale: list[Told],
    ) -> dict[str, Any]:
        worst = nlargest(WORST, stale, key=lambda entry: entry[2])
        return {
            "keys_n": len(sets),
            "reads_n": sum(s.reads for s in sets),
            "attempt_count": sum(map(len, outcomes.values())),
            "stable_count": len(outcomes["stable"]),
            "lost_count": len(outcomes["lost"]),
            "never_read_count": len(outcomes["never-read"]),
            "removed_count": len(outcomes["removed"]),
            "stale_count": len(stale),
            "duplicated_count": sum(len(s.duplicated) for s in sets),
            "unexpected_count": sum(len(s.unexpected) for s in sets),
            "stable_latency_ms": quantiles([us for _, _, us in outcomes["stable"]]),
            "lost_latency_ms": quantiles([us for _, _, us in outcomes["lost"]]),
            "worst_stale": [{"key": s.key, "element": e.value, "stable_latency_ms": us / 1000} for s, e, us in worst],
        }

    def _tell(self, sets: list[KeySet], lost: list[Told], stale: list[Told]) -> None:
        for s, element, _ in lost:
            self._absence(s, element, ", and no read that began later had it")
        for s in sets:
            for value, read in s.unexpected.values():
                text = f"{self._read(s, read)} had {described(value, None)}, which nobody had added"
                self._findings.add(text, read.indices, [s.key, read.op])
            for value, count, read in s.duplicated.values():
                text = f"{self._read(s, read)} had {described(value, None)} {count:,} times"
                self._findings.add(text, read.indices, [s.key, read.op])
        for s, element, _ in stale if self._linearizable else ():
            self._absence(s, element, "")

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
            found = self._sets[key] = KeySet(key)
        return found


def quantiles(lengths_us: list[int]) -> dict[str, Any]:
    """Jepsen's: the entry at floor(n q), the last one for 1; in milliseconds, with n."""
    ordered = sorted(lengths_us)
    n = len(ordered)
    found: dict[str, Any] = {"n": n}
    for q in QUANTILES:
        found[f"{q:g}"] = ordered[min(n - 1, int(n * q))] / 1000 if n else None
    return found
