"""The checker ``staleness``: which reads returned something that an acknowledged write had superseded, and by how much?

Source: FIELD 2, "stale read", "t-visibility", "k-staleness"; Bailis et al., "Probabilistically bounded staleness"
(2012).

A read is stale if some write, acknowledged before the read began, supersedes what it returned.

- (a) *Sets*: the write is not among what was seen, nor does anything seen descend from it, and its own past contains
  all that was seen (``pasts``). A write that says nothing of its past comes after what was acknowledged before it
  began. So a concurrent sibling that is missing makes no read stale.
- (b) *Values*: the write began after the one that was read had been acknowledged: real time orders them; or it had
  read that one, itself or through others (``registers.order``). A read that may mean several writes is stale if it is
  with each of them, and unjudged if only with some.

Writes that overlap the read make no read stale. Lag in versions counts the writes that supersede what was returned, so
``k_staleness`` gives the share of reads that returned one of the k newest committed versions, or one in flight; lag in
time counts from the first of their acknowledgements to the read's begin. ``t_visibility`` is measured by
``visibility``.

The verdict is ``failed`` if a read was stale, ``unknown`` if no read began after an acknowledged write to its key or
one that did cannot be judged, else ``passed``.

Memory: the acknowledged updates of each key, reads that lacked one of them, the causal pasts, and for (b) the plain
operations: what supersedes what is known only when the pasts are.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from itertools import islice
from typing import Any, Final

import msgspec

from consistency_viz.checkers.divergence.prose import milliseconds, printable
from consistency_viz.checkers.evidence import Evidence, is_seeing, is_update
from consistency_viz.checkers.findings import quantiles_ms, share
from consistency_viz.checkers.kinds import APPLIES_AND_OPERATIONS
from consistency_viz.checkers.operations import Operation
from consistency_viz.checkers.run_set import RunSet
from consistency_viz.checkers.session_report import Judged, served
from consistency_viz.checkers.staleness.by_value import stale_reads
from consistency_viz.checkers.staleness.superseded import Acknowledged, Superseders
from consistency_viz.checkers.statistics import LengthCounts
from consistency_viz.checkers.verdict import Result
from consistency_viz.checkers.visibility import KEYS_MAX, Visibility
from workers.model.history import Header
from workers.model.observation import Observation

VERSIONS: Final = (1, 2, 3, 5, 10)
"""The k of k-staleness that the metrics tell."""

OLDER_TOLD_MAX: Final = 4

_WORDS: Final = (
    "no read began after a write to its key was acknowledged",
    "returned what an acknowledged write had superseded before they began",
    "returned a version that no write acknowledged before had superseded",
)


class Suspect(msgspec.Struct, frozen=True):
    """A read that lacked some of the first ``acknowledged`` updates of its key."""

    read: Operation
    seen: RunSet
    lacking: RunSet
    acknowledged: int


class Staleness:
    """The registered checker: ``observe`` each observation, then ``finish`` once."""

    name: Final = "staleness"
    kinds: Final = APPLIES_AND_OPERATIONS

    def __init__(self, header: Header, evidence: Evidence | None = None, *, keys_max: int = KEYS_MAX) -> None:
        self._evidence = evidence or Evidence()
        self._visibility = Visibility(keys_max)
        self._keys: dict[str, Acknowledged] = {}
        self._begun: dict[str, tuple[int, int]] = {}  # open reads: updates acknowledged, and those without an id
        self._suspects: dict[str, list[Suspect]] = {}
        self._judged = Judged()
        self._lag_us = LengthCounts()
        self._lag_versions = LengthCounts()
        self._fresh_within = dict.fromkeys(VERSIONS, 0)

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        self._visibility.observe(observation)
        operation = self._evidence.observe(observation)
        if operation is None:
            return
        if operation.f == "read":
            self._read(operation)
        elif operation.completed_index >= 0 and operation.acknowledged:
            key = self._keys.setdefault(operation.key, Acknowledged())
            if is_update(operation):
                key.add(operation)
            else:
                key.unnamed += 1

    def finish(self, end_us: int) -> Result:
        """The verdict on a history that ended at ``end_us``."""
        self._conclude()
        return self._judged.result(self.name, _WORDS, self._metrics(), self._evidence)

    def turn(self, evidence: Evidence) -> None:
        """Judge what there is, and go on with new evidence (``chapters``)."""
        self._conclude({operation.key for operation in evidence.operations.open.values()})
        self._evidence = evidence
        self._keys, self._begun, self._suspects = {}, {}, {}

    def _conclude(self, under_way: Container[str] = ()) -> None:
        """Judge what there is; not where an update is ``under_way`` that may turn out to be a successor."""
        self._evidence.finish()
        for key, suspects in self._suspects.items():
            if key in under_way:
                self._judged.reads -= len(suspects)
            else:
                self._judge(key, suspects)
        registers = self._evidence.registers
        for stale in stale_reads(self._evidence, self._judged):
            self._counted(stale.versions, stale.since_us)
            op, missed = registers.ops[stale.number], registers.ops[stale.missed]
            source = None if stale.source < 0 else registers.ops[stale.source]
            what = "the initial value" if source is None else f"what {printable(source.op)} had written"
            text = (
                f"{printable(op.op)} of session {printable(op.session)} read {what} to {printable(stale.key)}, "
                f"{milliseconds(stale.since_us)} after {printable(missed.op)} was acknowledged, which came later"
            )
            involved = [o for o in (source, missed, op) if o is not None]
            ids = [*(o.op for o in involved), stale.key]
            self._judged.findings.add(text, [index for o in involved for index in o.indices], ids)

    def _metrics(self) -> dict[str, Any]:
        n = self._judged.reads
        fresh = n - self._judged.broken
        within = {str(k): share(fresh + count, n) for k, count in self._fresh_within.items()}
        lag_versions = quantiles_ms(self._lag_versions)
        return {
            "lag_ms": quantiles_ms(self._lag_us),
            "lag_versions": {k: v if k == "n" or v is None else round(v * 1000) for k, v in lag_versions.items()},
            "k_staleness": within,
            "t_visibility": self._visibility.metrics(),
        }

    def _read(self, read: Operation) -> None:
        key = self._keys.get(read.key)
        if read.completed_index < 0:
            if key is not None:
                self._begun[read.op] = (len(key.updates), key.unnamed)
            return
        acknowledged, unnamed = self._begun.pop(read.op, (0, 0))
        if key is None or not acknowledged + unnamed or not read.acknowledged:
            return
        if not is_seeing(read):
            self._judged.unjudged += read.key in self._evidence.log.not_by_value
            return
        self._judged.unjudged += unnamed > 0
        if not acknowledged:
            return
        self._judged.reads += 1
        seen = RunSet(read.seen or ())
        lacking = key.ids.minus(seen)
        if lacking:
            self._suspects.setdefault(read.key, []).append(Suspect(read, seen, lacking, acknowledged))

    def _judge(self, name: str, suspects: Iterable[Suspect]) -> None:
        """Judge the reads of one key. Those that saw the same are superseded by the same."""
        key, pasts = self._keys[name], self._evidence.pasts
        known: dict[Any, Superseders] = {}
        for suspect in sorted(suspects, key=lambda s: s.acknowledged):
            content, upto = suspect.seen.content(), suspect.acknowledged
            found = known.get(content)
            if found is None:
                found = known[content] = Superseders(pasts.close(name, suspect.seen), 0, [])
                look = sorted(place for update in suspect.lacking if (place := key.place[update]) < upto)
            else:
                look = list(range(found.upto, upto))
            found.look(key, look, suspect.seen, pasts, name)
            found.upto = upto
            if found.places:
                self._stale(suspect, [key.updates[place] for place in found.places], key)

    def _stale(self, suspect: Suspect, missed: list[Operation], key: Acknowledged) -> None:
        read, first, older = suspect.read, missed[0], []
        if first.after is None and first.base is None and self._judged.findings.wanted:  # time alone orders them
            known = (key.updates[key.place[update]] for update in suspect.seen if update in key.place)
            older = list(islice(known, OLDER_TOLD_MAX))
        since_us = read.invoked_us - first.completed_us
        self._counted(len(missed), since_us)
        text = (
            f"{served(read)} without {printable(first.update)}, "
            f"{milliseconds(since_us)} after {printable(first.op)} of session "
            f"{printable(first.session)} was acknowledged"
        )
        ids = [first.op, read.op, first.update, read.key, *(op.op for op in older)]
        indices = [index for op in (first, read, *older) for index in op.indices]
        self._judged.findings.add(text, indices, ids)

    def _counted(self, versions: int, since_us: int) -> None:
        self._judged.broken += 1
        self._lag_us.add(since_us)
        self._lag_versions.add(versions)
        for k in VERSIONS:
            self._fresh_within[k] += versions < k
