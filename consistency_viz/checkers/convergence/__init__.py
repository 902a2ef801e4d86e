"""The checker ``convergence``: does each acknowledged update reach every replica, how fast, and do they then agree?

Source: FIELD 2, "convergence time", "strong eventual consistency"; Shapiro et al., "Conflict-free replicated data
types".

Convergence time of an update is the last replica's first having it, or one that descends from it, minus its
acknowledgement; 0 if all had it before. One that never reached all replicas is right-censored (Kaplan-Meier). One that
everybody applied and that no final value descends from was *superseded* (a loser of last-writer-wins): it never became
visible, so it has no time and is counted apart. ``service_ms`` is the same for updates without a client, counted from
their first apply.

The verdict
- ``failed`` if ever, at the end of an instant, two replicas that had applied the same updates of a key showed different
  values: strong eventual consistency is broken, by whatever came later. Both are witnesses;
- ``failed`` if a key's values still differ when the run ends and nothing is under way that could change it: messages
  about the key were recorded, and each of its topics that a lagging replica follows delivered, or lost, as many there
  as were sent;
- ``unknown`` if values still differ and something is under way, or the history records no messages about the key; if
  there are fewer than two replicas, or nothing was applied;
- ``passed`` otherwise: at the end all replicas show the same value for every key.

Memory: keys x replicas, updates x replicas, the causal pasts, and counts of messages by key and topic; live, of those
that are not put away.
"""

from __future__ import annotations

from typing import Any, Final

from consistency_viz.checkers.convergence.agreement import Agreement, Disagreement
from consistency_viz.checkers.convergence.spread import Spread
from consistency_viz.checkers.convergence.traffic import Traffic
from consistency_viz.checkers.divergence.canonical import canonical
from consistency_viz.checkers.divergence.prose import described, differing_fields, listed, milliseconds, printable
from consistency_viz.checkers.evidence import Evidence, is_update
from consistency_viz.checkers.findings import Findings, in_words
from consistency_viz.checkers.kinds import APPLIES_AND_OPERATIONS, MESSAGES
from consistency_viz.checkers.operations import NEVER_US, Operation
from consistency_viz.checkers.registers.log import RegisterLog
from consistency_viz.checkers.verdict import Result, Verdict
from workers.model.history import Header
from workers.model.observation import Applied, Observation

UPDATES_KEPT: Final = 64
"""Of a key, before a live checker puts updates away."""


class Convergence:
    """The registered checker: ``observe`` each observation, then ``finish`` once."""

    name: Final = "convergence"
    kinds: Final = APPLIES_AND_OPERATIONS | MESSAGES

    def __init__(self, header: Header, evidence: Evidence | None = None) -> None:
        self._replicas = tuple(dict.fromkeys(header.replicas))
        self._started_us = header.started_us
        self._evidence = evidence or Evidence()
        self._order = self._evidence.applied_order(self._replicas)
        self._agreement = Agreement(self._replicas)
        self._traffic = Traffic(self._replicas)
        self._acknowledged: dict[str, dict[str, Operation]] = {}
        self._acknowledged_n = 0
        self._spread = Spread(self._order, self._evidence.pasts, self._replicas)
        self._kept: dict[str, dict[str, list[str] | None]] = {}
        self._findings = Findings()

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        operation = self._evidence.observe(observation)
        body = observation.body
        if isinstance(body, Applied):
            if observation.node in self._replicas:
                self._order.observe(observation)
                self._agreement.apply(observation, body)
                self._kept.setdefault(body.key, {})[observation.node] = body.kept
        elif operation is not None:
            if operation.completed_index >= 0 and is_update(operation):
                of_key = self._acknowledged.setdefault(operation.key, {})
                self._acknowledged_n += operation.update not in of_key
                of_key[operation.update] = operation
        else:
            self._traffic.observe(observation)

    def finish(self, end_us: int) -> Result:
        """The verdict on a history that ended at ``end_us``."""
        self._evidence.finish()
        self._agreement.finish()
        for key in dict.fromkeys((*self._acknowledged, *self._order.all_keys())):
            self._spread.take(key, self._kept.get(key, {}), self._acknowledged.get(key, {}))
        metrics: dict[str, Any] = {
            "acknowledged": self._acknowledged_n,
            **self._spread.metrics(end_us),
            "keys": self._agreement.over + len(self._agreement.keys),
            "same_updates_different_values": self._agreement.count,
        }
        for one in self._agreement.found:
            self._disagreed(one)
        self._findings.count = self._agreement.count
        stuck, waiting = self._differing()
        metrics |= {"keys_stuck": len(stuck), "keys_under_way": len(waiting)}
        for key in stuck:
            self._stuck(key)
        verdict, reason = self._verdict(len(stuck), len(waiting))
        return self._findings.result(self.name, verdict, reason, metrics, had_evidence=bool(waiting))

    def retire(self, key: str) -> bool:
        """Put a key away (``live``) on which all replicas agree."""
        if not self._agreement.retire(key):
            return False
        self._spread.take(key, self._kept.pop(key, {}), self._acknowledged.pop(key, {}))
        self._order.forget(key)
        self._evidence.pasts.forget(key)
        self._traffic.forget(key)
        return True

    def overhear(self, observation: Observation) -> None:
        """A message about a key that was put away: it says who follows which topic."""
        self._traffic.overhear(observation)

    def trim(self) -> int:
        """Put away updates that every replica has, of keys with many: their times count, as far as they survive now."""
        oldest: dict[str, int] = {}
        for operation in self._evidence.operations.open.values():
            index = operation.invoked_index
            oldest[operation.key] = min(index, oldest.get(operation.key, index))
        count = 0
        for key in self._order.all_keys():
            over = self._order.settled(key, oldest.get(key, NEVER_US))
            if len(over) < UPDATES_KEPT:
                continue
            acknowledged = self._acknowledged.get(key, {})
            self._spread.take(key, self._kept.get(key, {}), acknowledged, over)
            self._order.forget(key, over)
            self._evidence.pasts.forget(key, over)
            for update in over:
                acknowledged.pop(update, None)
            count += len(over)
        self._evidence.log = RegisterLog()  # what plain operations read and wrote is nothing to it
        return count

    def _verdict(self, stuck: int, waiting: int) -> tuple[Verdict, str]:
        keys, count = self._agreement.over + len(self._agreement.keys), self._agreement.count
        if len(self._replicas) < 2:
            return Verdict.UNKNOWN, "the history names fewer than two replicas, so there is nothing to agree on"
        if not keys:
            return Verdict.UNKNOWN, "no replica applied anything"
        parts = []
        if count:
            parts.append(f"{in_words(count, 'time')}, replicas with the same updates of a key showed different values")
        if stuck:
            parts.append(f"{stuck:,} of {in_words(keys, 'key')} differed at the end with nothing under way")
        if parts:
            return Verdict.FAILED, "; ".join(parts)
        if waiting:
            text = f"{waiting:,} of {in_words(keys, 'key')} differed at the end"
            return Verdict.UNKNOWN, f"{text}, and the history does not show that nothing was under way"
        return (
            Verdict.PASSED,
            f"all {len(self._replicas)} replicas showed the same for {in_words(keys, 'key')} at the end",
        )

    def _differing(self) -> tuple[list[str], list[str]]:
        """The keys whose values differ at the end: stuck, and perhaps under way; not those with the same updates."""
        stuck: list[str] = []
        waiting: list[str] = []
        for key, lagging in self._agreement.lagging():
            (waiting if self._traffic.may_arrive(key, lagging) else stuck).append(key)
        return stuck, waiting

    def _disagreed(self, one: Disagreement) -> None:
        first, second = one.first, one.second
        here, there = _contrast(_shown(first), _shown(second))
        text = (
            f"{printable(one.replicas[0])} showed {here} and {printable(one.replicas[1])} "
            f"showed {there} "
            f"for {printable(one.key)} at {milliseconds(one.at_us - self._started_us)}, although both had applied the "
            "same updates"
        )
        shown = [o for o in (first, second) if o is not None]
        updates = [o.body.update for o in shown if isinstance(o.body, Applied)]
        self._findings.add(text, [o.index for o in shown], [one.key, *updates])

    def _stuck(self, name: str) -> None:
        key = self._agreement.keys[name]
        shown = [o for o in key.shown if o is not None]
        lagging = [self._replicas[r] for r in self._agreement.lacking(key)]
        text = (
            f"{printable(name)} differed when the run ended and no message about it was under way: "
            f"{listed(lagging)} lacked {listed(list(key.partial) or ['an update'])}"
        )
        indices = [o.index for o in shown] + [o.index for o in key.origin.values()]
        self._findings.add(text, indices, [name, *key.partial])


def _shown(observation: Observation | None) -> Any:
    return observation.body.value if observation is not None and isinstance(observation.body, Applied) else None


def _contrast(one: Any, other: Any) -> tuple[str, str]:
    """Two values in words, as far as they differ: the fields of objects, the elements of lists of different ones."""
    if isinstance(one, list) and isinstance(other, list):
        here, there = ({canonical(e): e for e in value} for value in (one, other))
        alone = [
            [e for name, e in mine.items() if name not in theirs] for mine, theirs in ((here, there), (there, here))
        ]
        if (here or there) and any(alone):
            return _with(alone[0]), _with(alone[1])
    fields = differing_fields([one, other])
    return described(one, fields), described(other, fields)


def _with(elements: list[Any]) -> str:
    """What only this one has of two lists."""
    if not elements:
        return "nothing that the other lacked"
    return listed([described(element, None) for element in elements])
