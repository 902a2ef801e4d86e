"""The checker ``lost-updates``: is an acknowledged update gone, overwritten by something that never saw it?

Source: FIELD 2, "lost update" and "intent loss"; Adya, "Weak consistency" (1999), P4.

- (a) *Sets*. An update survives if the final value of some replica carries it or descends from it, as ``kept`` says;
  without ``kept`` nothing was overwritten. ``kept`` is transitive and holds what clients had seen. What the replica
  that took a write had applied (``after``) is no part of it: a blind write replaces what it never saw. So a causal
  overwrite loses nothing, siblings lose nothing, and of two updates made from one base the one that was overwritten
  is lost. An update that some replica has not applied at the end is *in flight*: not lost, and counted. Updates of
  services are known by being applied.
- (b) *Values*. Two acknowledged ``cas`` or ``txn`` read the same write of a key, or its initial value, and wrote the
  key: whichever came second had not seen the first. Blind writes have no base.
- (c) *Lists*. Two acknowledged ``txn`` read the same list and appended to it. Both may well have survived; one is lost
  if, of the reads that began when both had been acknowledged, some has what the other appended and none what it did.

The verdict is ``failed`` if one is lost, ``unknown`` if none could be judged or an update by value has an unknown base,
else ``passed``. ``intent_loss`` counts (a), ``lost`` both, ``lost_from_one_base`` pairs that were made from one base.

Memory: what each replica applied, as runs; each update once, with what it came from; for (b) the plain operations.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from consistency_viz.checkers.divergence.prose import listed, milliseconds, printable
from consistency_viz.checkers.evidence import Evidence, is_update
from consistency_viz.checkers.findings import Findings, in_words, share
from consistency_viz.checkers.kinds import APPLIES_AND_OPERATIONS
from consistency_viz.checkers.operations import Operation
from consistency_viz.checkers.registers.lists import Lists
from consistency_viz.checkers.registers.log import NoSource, RegisterOp
from consistency_viz.checkers.registers.sources import Registers
from consistency_viz.checkers.run_set import INITIAL_SUFFIX, RunSet, count_in_all
from consistency_viz.checkers.session_report import explained
from consistency_viz.checkers.verdict import Result, Verdict
from workers.model.history import Header
from workers.model.observation import Applied, Observation


class LostUpdates:
    """The registered checker: ``observe`` each observation, then ``finish`` once."""

    name: Final = "lost-updates"
    kinds: Final = APPLIES_AND_OPERATIONS

    def __init__(self, header: Header, evidence: Evidence | None = None) -> None:
        self._started_us = header.started_us
        self._replicas = tuple(dict.fromkeys(header.replicas))
        self._evidence = evidence or Evidence()
        self._finals: dict[str, dict[str, Observation]] = {}
        self._updates: dict[str, dict[str, Operation | Observation]] = {}
        self._findings = Findings()
        self._total = self._settled = self._in_flight = self._intent = self._pairs = self._by_value = 0
        self._unjudged = 0

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        operation = self._evidence.observe(observation)
        body = observation.body
        if isinstance(body, Applied):
            if observation.node in self._replicas:
                key, update = body.key, body.update
                finals = self._finals.get(key)
                if finals is None:
                    finals = self._finals[key] = {}
                finals[observation.node] = observation
                if not update.endswith(INITIAL_SUFFIX):
                    updates = self._updates.get(key)
                    if updates is None:
                        updates = self._updates[key] = {}
                    if update not in updates:
                        updates[update] = observation
        elif operation is not None and operation.completed_index >= 0 and is_update(operation):
            self._updates.setdefault(operation.key, {})[operation.update] = operation

    def finish(self, end_us: int) -> Result:
        """The verdict on a history that ended at ``end_us``."""
        self._evidence.finish()
        if self._replicas:
            for key in self._updates:
                self._judge(key)
        self._judge_values(self._evidence.registers)
        self._judge_lists(self._evidence.lists)
        lost = self._intent + self._by_value
        verdict, reason = self._verdict(lost)
        metrics: dict[str, Any] = {
            "acknowledged": self._total,
            "judged": self._settled,
            "in_flight": self._in_flight,
            "lost": share(lost, self._total),
            "intent_loss": share(self._intent, self._total),
            "lost_from_one_base": self._pairs + self._by_value,
            "updates_unjudged": self._unjudged,
        }
        if self._unjudged and not lost and self._evidence.in_one_order:
            return explained(self.name, f"what {in_words(self._unjudged, 'update')} had read", metrics)
        had_evidence = bool(self._unjudged or self._in_flight)
        return self._findings.result(self.name, verdict, reason, metrics, had_evidence=had_evidence)

    def _verdict(self, lost: int) -> tuple[Verdict, str]:
        waiting = f"; {in_words(self._in_flight, 'update')} had not reached every replica" if self._in_flight else ""
        if lost:
            made = self._pairs + self._by_value
            some = f", {made:,} of them made from the same base as another" if made else ""
            text = f"{lost:,} of {in_words(self._total, 'acknowledged update')} survived nowhere{some}"
            return Verdict.FAILED, text + waiting
        if self._unjudged:
            text = f"what {in_words(self._unjudged, 'update')} had read before writing cannot be told"
            return Verdict.UNKNOWN, text + waiting
        if not self._settled:
            return Verdict.UNKNOWN, "no acknowledged update can be followed to the end" + waiting
        return Verdict.PASSED, f"all {in_words(self._settled, 'update')} that could be followed survived" + waiting

    def _judge(self, key: str) -> None:
        updates, finals = self._updates[key], self._finals.get(key, {})
        applied = [self._evidence.pasts.applied(replica, key) for replica in self._replicas]
        kept = [_kept(finals.get(replica)) for replica in self._replicas]
        self._total += len(updates)
        if kept.count(None) == len(kept):  # nothing was overwritten: what is everywhere survives
            settled = count_in_all(updates, applied)
            self._settled += settled
            self._in_flight += len(updates) - settled
            return
        shown = [had if own is None else RunSet(own) for had, own in zip(applied, kept, strict=True)]
        for update, source in updates.items():
            survives = any(update in one for one in shown)
            everywhere = all(update in had or update in one for had, one in zip(applied, shown, strict=True))
            if not everywhere:
                self._in_flight += 1
                continue
            self._settled += 1
            if not survives:
                self._lost(key, update, source, finals)

    def _lost(self, key: str, update: str, source: Operation | Observation, finals: dict[str, Observation]) -> None:
        self._intent += 1
        twin = self._twin(key, source) if isinstance(source, Operation) else None
        self._pairs += twin is not None
        if not self._findings.wanted:
            self._findings.count += 1
            return
        if isinstance(source, Operation):
            what = f"of session {printable(source.session)}, acknowledged at {self._at(source.completed_us)}"
            indices, ids = list(source.indices), [source.op, update, key]
        else:
            what = f"applied at {printable(source.node)} at {self._at(source.at_us)}"
            indices, ids = [source.index], [update, key]
        text = (
            f"when the run ended, {listed(sorted(finals))} showed {printable(key)} without {printable(update)} {what}, "
            "and without anything that had seen it"
        )
        if twin is not None:
            text += f"; {printable(twin.update)} of session {printable(twin.session)} was made from the same version"
            indices, ids = [*indices, *twin.indices], [*ids, twin.op, twin.update]
        self._findings.add(text, [*indices, *(final.index for final in finals.values())], ids)

    def _at(self, at_us: int) -> str:
        return milliseconds(at_us - self._started_us)

    def _twin(self, key: str, lost: Operation) -> Operation | None:
        """Another acknowledged update from the same base; the bases are compared as sets."""
        if lost.base is None:
            return None
        base = RunSet(lost.base)
        for other in self._updates[key].values():
            if (
                isinstance(other, Operation)
                and other is not lost
                and other.base is not None
                and RunSet(other.base) == base
            ):
                return other
        return None

    def _judge_values(self, registers: Registers) -> None:
        made_from: dict[tuple[str, int, bytes], list[int]] = {}  # one transaction may write several values
        acknowledged = [n for n, op in enumerate(registers.ops) if op.outcome == "ok" and registers.written[n]]
        self._total += sum(len(registers.written[n]) for n in acknowledged)
        for number in acknowledged:
            bases = {read.key: read for read in reversed(registers.reads[number])}
            for key in registers.written[number]:
                base = bases.get(key)
                if base is None:
                    continue
                if base.source < NoSource.INITIAL:
                    self._unjudged += 1
                    continue
                self._settled += 1
                made_from.setdefault((key, base.source, base.value), []).append(number)
        for (key, source, _), numbers in made_from.items():
            self._same_base(registers, key, source, numbers)

    def _same_base(self, registers: Registers, key: str, source: int, numbers: Iterable[int]) -> None:
        first, *others = (registers.ops[number] for number in numbers)
        what = "the initial value" if source < 0 else f"what {printable(registers.ops[source].op)} wrote"
        for other in others:
            self._by_value += 1
            text = (
                f"{self._named(first)} and {self._named(other)} both read {what} of {printable(key)} and wrote it "
                "anew: one overwrote the other without having seen it"
            )
            base = [] if source < 0 else [registers.ops[source]]
            involved = [*base, first, other]
            self._findings.add(text, [i for op in involved for i in op.indices], [*(op.op for op in involved), key])

    def _named(self, op: RegisterOp) -> str:
        return f"{printable(op.op)} of session {printable(op.session)} (acknowledged at {self._at(op.completed_us)})"

    def _judge_lists(self, lists: Lists) -> None:
        ops = lists.registers.ops
        made_from: dict[tuple[str, tuple[bytes, ...]], list[int]] = {}
        bases = {
            (one.number, key): one for key, seen in lists.seen.items() for one in reversed(seen)
        }  # the first read of each operation
        for number, keys in lists.appended.items():
            if ops[number].outcome != "ok":
                continue
            self._total += len(keys)
            for key in keys:
                base = bases.get((number, key))
                steps = ops[number].steps
                if base is not None and base.place < next(i for i, s in enumerate(steps) if s[:2] == ("a", key)):
                    made_from.setdefault((key, base.elements), []).append(number)
        for (key, _), numbers in made_from.items():
            if len(numbers) == 1:
                self._settled += 1
            else:
                self._same_list(lists, key, numbers)

    def _same_list(self, lists: Lists, key: str, numbers: list[int]) -> None:
        ops = lists.registers.ops
        ended = {n: ops[n].completed_index for n in numbers}
        readers = {n: self._last_reader(lists, key, n) for n in numbers}  # (began, number) of the last that had it
        seen = [n for n in numbers if readers[n][0] > ended[n]]
        everybody = max(ended.values())
        for number in numbers:
            kept = next((n for n in seen if readers[n][0] > max(ended[number], ended[n]) >= readers[number][0]), None)
            if kept is None:
                survives = readers[number][0] > everybody
                self._settled += survives
                self._unjudged += not survives
                continue
            self._settled += 1
            self._by_value += 1
            lost, other, reader = ops[number], ops[kept], ops[readers[kept][1]]
            text = (
                f"{self._named(lost)} and {self._named(other)} both read the same list {printable(key)} and appended "
                f"to it; {printable(reader.op)} then read what {printable(other.op)} had "
                f"appended, and nothing read later has what {printable(lost.op)} had"
            )
            involved = [lost, other, reader]
            self._findings.add(text, [i for op in involved for i in op.indices], [*(op.op for op in involved), key])

    def _last_reader(self, lists: Lists, key: str, number: int) -> tuple[int, int]:
        """Where the last read that has what ``number`` appended began, and whose it is; (-1, -1) if nobody read it."""
        ops, element = lists.registers.ops, lists.last_appended(number, key)
        for one in reversed(lists.seen[key]):
            if element in one.elements:
                return ops[one.number].invoked_index, one.number
            if ops[one.number].completed_index < ops[number].invoked_index:
                break
        return -1, -1


def _kept(final: Observation | None) -> list[str] | None:
    """What the value that a replica shows in the end keeps; ``None``: all that it has applied."""
    return final.body.kept if final is not None and isinstance(final.body, Applied) else None
