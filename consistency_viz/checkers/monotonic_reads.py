"""The checker ``monotonic-reads``: what a session has seen of a key stays visible to its later reads of that key.

Source: Terry et al., "Session guarantees for weakly consistent replicated data" (1994); FIELD 2. The verdict is per
key, which is weaker than Terry's guarantee over the whole database; how often *that* was broken is the metric
``whole_database``: also what the session had seen of other keys was missing at the replica that answered.

- (a) *Sets*: a read that began after another of the same session and key had ended lacks an update that the other saw,
  and has nothing that descends from it. Whole database: the replica asked had not even applied it when it had answered.
- (b) *Values*: it returned a write from before one that an earlier read returned: in causal order, or because it had
  been acknowledged when that one began; or the initial value after a write; or a write that the session had read before
  and had seen replaced by another. Whole database: a write from before one in the past of what was read.

The verdict is ``failed`` if a read broke it, ``unknown`` if no session read a key twice or one read that counts cannot
be judged, else ``passed``.

Memory: sessions x keys that they read, reads that lacked something until the end (``read_your_writes``), the causal
pasts, and for (b) the plain operations.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Final

import msgspec

from consistency_viz.checkers.divergence.prose import milliseconds, printable
from consistency_viz.checkers.evidence import Evidence, is_seeing
from consistency_viz.checkers.findings import share
from consistency_viz.checkers.kinds import APPLIES_AND_OPERATIONS
from consistency_viz.checkers.operations import Operation
from consistency_viz.checkers.registers.monotonic import Regression, regressions
from consistency_viz.checkers.registers.sources import Registers
from consistency_viz.checkers.run_set import RunSet
from consistency_viz.checkers.session_report import Judged, served
from consistency_viz.checkers.verdict import Result
from consistency_viz.checkers.whole_database import WholeDatabase
from workers.model.history import Header
from workers.model.observation import Observation

_WORDS: Final = (
    "no session read a key a second time",
    "lacked what an earlier read of the same session and key had seen",
    "after another of the same session and key saw what that had seen (per key; see whole_database)",
)


class Seen(msgspec.Struct, frozen=True):
    """What a session has seen of a key: ``ids`` in all, by ``reads``; one alone saw all of it."""

    ids: RunSet
    reads: tuple[Operation, ...] = ()


class Suspect(msgspec.Struct, frozen=True):
    """A read that lacked something; a successor may make up for it."""

    read: Operation
    expected: Seen
    seen: RunSet


_NOTHING: Final = Seen(RunSet())


class MonotonicReads:
    """The registered checker: ``observe`` each observation, then ``finish`` once."""

    name: Final = "monotonic-reads"
    kinds: Final = APPLIES_AND_OPERATIONS

    def __init__(self, header: Header, evidence: Evidence | None = None) -> None:
        self._evidence = evidence or Evidence()
        self._seen: dict[tuple[str, str], Seen] = {}
        self._expected: dict[str, Seen] = {}  # by open read
        self._unjudged: set[tuple[str, str]] = set()
        self._suspects: list[Suspect] = []
        self._judged = Judged()
        self._replicas = header.replicas
        self._whole = WholeDatabase(self._evidence.pasts, header.replicas)
        self._whole_reads = self._whole_broken = 0

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        operation = self._evidence.observe(observation)
        if operation is None or operation.f != "read":
            return
        if operation.completed_index < 0:
            self._expected[operation.op] = self._seen.get((operation.session, operation.key), _NOTHING)
            self._whole.begins(operation)
            return
        expected = self._expected.pop(operation.op, _NOTHING)
        if operation.acknowledged:
            self._read(operation, expected)

    def finish(self, end_us: int) -> Result:
        """The verdict on a history that ended at ``end_us``."""
        self._conclude()
        metrics = {"scope": "per key", "whole_database": share(self._whole_broken, self._whole_reads)}
        return self._judged.result(self.name, _WORDS, metrics, self._evidence)

    def turn(self, evidence: Evidence) -> None:
        """Judge what there is, and go on with new evidence (``chapters``)."""
        self._conclude({operation.key for operation in evidence.operations.open.values()})
        self._evidence = evidence
        self._seen, self._expected, self._unjudged, self._suspects = {}, {}, set(), []
        self._whole = WholeDatabase(evidence.pasts, self._replicas)

    def _conclude(self, under_way: Container[str] = ()) -> None:
        """Judge what there is; not where an update is ``under_way`` that may turn out to be a successor."""
        self._evidence.finish()
        for suspect in self._suspects:
            if suspect.read.key in under_way:
                self._judged.reads -= 1
                continue
            seen = self._evidence.pasts.close(suspect.read.key, suspect.seen)
            missing = suspect.expected.ids.minus(seen)
            if missing:
                self._broken(suspect, missing)
        registers = self._evidence.registers
        whole_reads, whole_broken = self._whole.counts()
        if registers.ops:
            found = regressions(self._evidence, self._judged)
            for regression in found.broken:
                self._value_broken(registers, regression)
            whole_reads += found.whole_reads
            whole_broken += found.whole_broken
        self._whole_reads += whole_reads
        self._whole_broken += whole_broken

    def _read(self, read: Operation, expected: Seen) -> None:
        place = read.session, read.key
        if not is_seeing(read):
            if read.key in self._evidence.log.not_by_value:
                self._judged.unjudged += place in self._seen or place in self._unjudged
                self._unjudged.add(place)
            return
        seen = RunSet(read.seen or ())
        if expected.reads:
            self._judged.reads += 1
            if not seen.issuperset(expected.ids):
                self._suspects.append(Suspect(read, expected, seen))
        before = self._seen.get(place, _NOTHING)
        if seen.issuperset(before.ids):
            self._seen[place] = Seen(seen, (read,))
        elif not before.ids.issuperset(seen):
            self._seen[place] = Seen(before.ids.union(seen), (*before.reads, read))
        self._whole.ends(read, seen)

    def _broken(self, suspect: Suspect, missing: RunSet) -> None:
        self._judged.broken += 1
        if not self._judged.findings.wanted:
            self._judged.findings.count += 1
            return
        read = suspect.read
        earlier = [r for r in suspect.expected.reads if RunSet(r.seen or ()).minus(missing) != RunSet(r.seen or ())][-1]
        lost = missing.minus(missing.minus(RunSet(earlier.seen or ()))).newest()
        text = (
            f"{served(read)} without {printable(lost)}, "
            f"{milliseconds(read.completed_us - earlier.completed_us)} after {_name(earlier)} had shown "
            "it to that session"
        )
        ids = [earlier.op, read.op, lost, read.key]
        self._judged.findings.add(text, [*earlier.indices, *read.indices], ids)

    def _value_broken(self, registers: Registers, found: Regression) -> None:
        self._judged.broken += 1
        earlier, later = registers.ops[found.earlier], registers.ops[found.later]
        newer = registers.ops[found.newer]
        older = None if found.older < 0 else registers.ops[found.older]
        what = "the initial value" if older is None else f"the older write {printable(older.op)}"
        text = (
            f"{printable(later.op)} of session {printable(later.session)} read {what} of {printable(found.key)}, "
            f"{milliseconds(later.completed_us - earlier.completed_us)} after {printable(earlier.op)} "
            "of that session had "
            f"read {printable(newer.op)}"
        )
        involved = [op for op in (older, newer, earlier, later) if op is not None]
        ids = [*(op.op for op in involved), found.key]
        self._judged.findings.add(text, [index for op in involved for index in op.indices], ids)


def _name(read: Operation) -> str:
    return printable(read.target) or "somebody"
