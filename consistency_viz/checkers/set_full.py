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
rightly added again after that is not asked. What ``<key>@initial`` shows was there.

``failed``: an element was lost, read twice in one read, or unexpected. ``unknown``: no add, no read, nothing stable.
``passed`` otherwise, also with stale elements: with ``linearizable`` (Jepsen's ``:linearizable? true``) they fail too.
"""

from __future__ import annotations

from collections import Counter as Multiset
from collections.abc import Hashable
from heapq import nlargest
from typing import Any, Final

from consistency_viz.checkers.divergence.canonical import canonical
from consistency_viz.checkers.divergence.prose import described, milliseconds, printable
from consistency_viz.checkers.findings import Findings, in_words
from consistency_viz.checkers.operations import Operation, Operations
from consistency_viz.checkers.verdict import Result, Verdict
from workers.model.history import Header
from workers.model.observation import Applied, Observation

QUANTILES: Final = (0.0, 0.5, 0.95, 0.99, 1.0)
WORST: Final = 8
UNEXPECTED_MAX: Final = 10_000

Moment = tuple[int, int]
"""(position in the history, time in microseconds)."""
NEVER: Final[Moment] = (-1, 0)


def identity(element: Any) -> Hashable:
    """Hashable, and equal exactly for equal JSON values."""
    return element if type(element) in {int, str} else canonical(element)


class Element:
    """One element of one set. ``possible`` counts its adds that did not fail, ``trying`` are those that are open.

    ``doubt``: the adds that were open when a read first had it, if there were no others; it was added by one of them.
    """

    __slots__ = (
        "absent", "add", "doubt", "known", "known_by", "lacking", "possible", "removals", "trying", "unsure",
        "value", "while_removing",
    )  # fmt: skip

    def __init__(self, value: Any, add: Operation) -> None:
        self.value = value
        self.add = add
        self.possible = 0
        self.trying: dict[str, Operation] = {}
        self.unsure: Operation | None = None  # an add that ended, and may have happened
        self.doubt: set[str] = set()
        self.known: Moment | None = None
        self.known_by: Operation | None = None  # the read that had it before its add was acknowledged
        self.absent = NEVER
        self.lacking: Operation | None = None  # the read that ``absent`` is of
        self.removals: dict[str, str] = {}  # remove to how it ended, empty while it is open
        self.while_removing: list[tuple[Moment, Operation, set[str]]] = []  # reads, and the removes open by their end

    def lack(self, moment: Moment, read: Operation) -> None:
        """``read``, which began at ``moment``, lacked it."""
        if moment[0] <= self.absent[0]:
            return
        if not self.removals:
            self.absent, self.lacking = moment, read
        elif not any(self.removals.values()):
            waiting = set(self.removals)
            same = [entry for entry in self.while_removing if entry[2] == waiting]
            if all(entry[0] < moment for entry in same):
                self.while_removing = [e for e in self.while_removing if e[2] != waiting] + [(moment, read, waiting)]

    def removal_ended(self, op: str, *, failed: bool) -> None:
        """A remove that was open while it was lacked did not happen: these reads count, if all others failed too."""
        left = []
        for moment, read, waiting in self.while_removing:
            if op in waiting and not failed:
                continue
            waiting.discard(op)
            if waiting:
                left.append((moment, read, waiting))
            elif moment[0] > self.absent[0]:
                self.absent, self.lacking = moment, read
        self.while_removing = left

    def outcome(self, present: Moment) -> str:
        """``stable``, ``lost``, or ``never-read``; ``present``: when the last read that had it began."""
        if present[0] > self.absent[0]:
            return "stable"
        if self.known is not None and self.absent[0] > max(self.known[0], present[0]):
            return "lost"
        return "removed" if self.removals else "never-read"


class KeySet:
    """One key."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.elements: dict[Hashable, Element] = {}
        self.initially: set[Hashable] = set()
        self.unknown: set[Hashable] = set()
        self.removing: dict[Hashable, dict[str, str]] = {}  # removes that may still meet an add to come
        self.present: dict[Hashable, Moment] = {}
        self.newest: Moment = NEVER
        self.reads = 0
        self.unexpected: dict[Hashable, tuple[Any, Operation]] = {}
        self.duplicated: dict[Hashable, tuple[Any, int, Operation]] = {}

    def add(self, operation: Operation) -> None:
        """An add began, or ended."""
        name = identity(operation.argument)
        element = self.elements.get(name)
        if operation.completed_index < 0:
            if element is None or not element.possible:  # what was seen of it before was not of this add
                removals = self.removing.pop(name, {}) if element is None else element.removals
                element = self.elements[name] = Element(operation.argument, operation)
                element.removals = {op: how for op, how in removals.items() if how != "ok"}
                self.unknown.add(name)
                self.present.pop(name, None)
            element.possible += 1
            element.trying[operation.op] = operation
            return
        if element is None:
            return
        element.trying.pop(operation.op, None)
        if operation.outcome == "fail":
            element.possible -= 1
            if element.add is operation:
                element.add = next(iter(element.trying.values()), element.unsure or operation)
            if operation.op in element.doubt:
                element.doubt.discard(operation.op)
                if not element.doubt and name not in self.initially:
                    self._unexpected(name, element.value, operation)
            return
        element.unsure = operation if operation.outcome == "info" else element.unsure
        if operation.op in element.doubt:
            element.doubt.clear()
        if operation.acknowledged and not element.add.acknowledged:
            element.add = operation
        if operation.acknowledged and element.known is None:
            element.known = operation.completed_index, operation.completed_us
            self.unknown.discard(name)

    def remove(self, operation: Operation) -> None:
        """A remove began, or ended."""
        name = identity(operation.argument)
        element = self.elements.get(name)
        removals = self.removing.setdefault(name, {}) if element is None else element.removals
        if operation.outcome != "fail" and (element is not None or not operation.acknowledged):
            removals[operation.op] = operation.outcome if operation.completed_index >= 0 else ""
            if element is not None and operation.completed_index >= 0:
                element.removal_ended(operation.op, failed=False)
            return
        removals.pop(operation.op, None)
        if element is None:
            if not removals:
                del self.removing[name]
            return
        element.removal_ended(operation.op, failed=True)

    def read(self, operation: Operation) -> None:
        """A read ended that returned a list."""
        self.reads += 1
        shown = [identity(value) for value in operation.result]
        found = set(shown)
        if len(found) != len(shown):
            self._duplicates(shown, operation)
        began: Moment = operation.invoked_index, operation.invoked_us
        for name in (found - self.elements.keys()) - self.initially:
            self._unexpected(name, operation.result[shown.index(name)], operation)
        had = found & self.elements.keys()
        for name in had & self.unknown:
            element = self.elements[name]
            if not element.possible:
                if name not in self.initially:
                    self._unexpected(name, element.value, operation)
                continue
            if element.possible == len(element.trying):
                element.doubt = set(element.trying)
            element.known = operation.completed_index, operation.completed_us
            element.known_by = operation
            self.unknown.discard(name)
        if began > self.newest:
            self.newest = began
            self.present.update(dict.fromkeys(had, began))
        else:
            for name in had:
                self.present[name] = max(began, self.present.get(name, NEVER))
        for name in self.elements.keys() - found:
            self.elements[name].lack(began, operation)

    def _duplicates(self, shown: list[Hashable], operation: Operation) -> None:
        for name, count in Multiset(shown).items():
            if count > 1 and (name not in self.duplicated or self.duplicated[name][1] < count):
                self.duplicated[name] = operation.result[shown.index(name)], count, operation

    def _unexpected(self, name: Hashable, value: Any, operation: Operation) -> None:
        if len(self.unexpected) < UNEXPECTED_MAX:
            self.unexpected.setdefault(name, (value, operation))


class SetFull:
    """The registered checker. Memory is bounded by the elements of the sets, not by the reads."""

    name: Final = "set-full"

    def __init__(self, header: Header, *, linearizable: bool = False) -> None:
        self._started_us = header.started_us
        self._linearizable = linearizable
        self._operations = Operations()
        self._sets: dict[str, KeySet] = {}
        self._findings = Findings()

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

    def finish(self, end_us: int) -> Result:
        """The verdict on the whole history."""
        sets = [s for s in self._sets.values() if s.elements and s.reads]
        added = any(s.elements for s in self._sets.values())
        by_outcome: dict[str, list[tuple[KeySet, Element, int]]] = {
            "stable": [],
            "lost": [],
            "never-read": [],
            "removed": [],
        }
        stale: list[tuple[KeySet, Element, int]] = []
        for s in sets:
            for name, element in s.elements.items():
                present = s.present.get(name, NEVER)
                if not element.possible:
                    continue
                outcome = element.outcome(present)
                last = element.absent if outcome == "stable" else present
                known_us = element.known[1] if element.known is not None else 0
                entry = s, element, max(0, last[1] - known_us) if last is not NEVER else 0
                by_outcome[outcome].append(entry)
                if outcome == "stable" and element.known is not None and element.absent[0] > element.known[0]:
                    stale.append(entry)
        self._tell(sets, by_outcome["lost"], stale)
        metrics = self._metrics(sets, by_outcome, stale)
        verdict, reason = self._verdict(sets, metrics, added=added)
        return self._findings.result(self.name, verdict, reason, metrics, had_evidence=bool(sets))

    def _verdict(self, sets: list[KeySet], metrics: dict[str, Any], *, added: bool) -> tuple[Verdict, str]:
        if self._findings.count:
            return Verdict.FAILED, (
                f"of {metrics['attempt_count']:,} elements {metrics['lost_count']:,} were lost; "
                f"{metrics['duplicated_count']:,} were read twice at once, {metrics['unexpected_count']:,} "
                "were never added" + (f", {metrics['stale_count']:,} were read too late" if self._linearizable else "")
            )
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
        outcomes: dict[str, list[tuple[KeySet, Element, int]]],
        stale: list[tuple[KeySet, Element, int]],
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

    def _tell(self, sets: list[KeySet], lost: list[Any], stale: list[Any]) -> None:
        for s, element, _ in lost:
            read = element.lacking
            add, knower, since_us = element.add, element.known_by, element.known[1]
            if knower is not None and add.acknowledged and add.completed_index < read.invoked_index:
                knower, since_us = None, add.completed_us  # that is proof enough
            since = milliseconds(since_us - self._started_us)
            known = f"known since {since}" if knower is None else f"read by {printable(knower.op)} until {since}"
            self._findings.add(
                f"{self._read(s, read)} lacked {described(element.value, None)}, added by {printable(add.op)} "
                f"and {known}, and no read that began later had it",
                [*add.indices, *(knower.indices if knower is not None else []), *read.indices],
                [s.key, add.op, knower.op if knower is not None else "", read.op],
            )
        for s in sets:
            for value, read in s.unexpected.values():
                told = f"{self._read(s, read)} had" if read.f == "read" else f"a read of key {printable(s.key)} had"
                text = f"{told} {described(value, None)}, which nobody had added"
                self._findings.add(text, read.indices, [s.key, read.op])
            for value, count, read in s.duplicated.values():
                text = f"{self._read(s, read)} had {described(value, None)} {count:,} times"
                self._findings.add(text, read.indices, [s.key, read.op])
        for s, element, _ in stale if self._linearizable else ():
            read = element.lacking
            text = f"{self._read(s, read)} lacked {described(element.value, None)}, which was known by then"
            self._findings.add(text, [*element.add.indices, *read.indices], [s.key, element.add.op, read.op])

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
