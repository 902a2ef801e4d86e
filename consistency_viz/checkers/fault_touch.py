"""What each fault of a run really touched, from the history alone: a fault that touched nothing explains nothing.

Losses carry the id of their fault. The rest follows from when messages were sent and processed, and on which link:

- *held*: sent across a holding partition while it lasted, whether it has come through since or not;
- *delayed*, *duplicated*, *unordered*: sent over a link while a fault set its latency, its duplicates or its order
  (``copy`` 1 and above is a duplicate; some would have been duplicated anyway). A fault with a ``count`` has touched at
  most so many for each target and topic;
- *waited*: sent before a pause or crash was over and processed after it; what was still on its way when it ended is
  among them, so this is the most that it can be. Of a stop that has not ended: everything sent and not processed;
- *slowed*, *skewed*: processed by a slow node, by a node whose clock was wrong.

Timers are not in a history, so what a node did not do of its own accord is not counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from workers.model.observation import Delivered, Dropped, Faulted, Observation, Sent

EFFECTS: Final = ("dropped", "held", "delayed", "duplicated", "unordered", "waited", "slowed", "skewed")


class Touch(NamedTuple):
    """What one fault touched: messages by what happened to them; effects that its kind cannot have are left out."""

    fault: str
    what: str
    began_us: int
    ended_us: int | None
    messages: Mapping[str, int]

    @property
    def nothing(self) -> bool:
        """Whether the run would have been the same without this fault, as far as messages tell."""
        return not any(self.messages.values())


@dataclass(slots=True)
class _Fault:
    body: Faulted
    began_us: int
    ended_us: int | None = None
    counts: Counter[str] = field(default_factory=Counter)
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    came: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    capped: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    @property
    def detail(self) -> dict[str, Any]:
        return self.body.detail or {}

    def held_at(self, at_us: int) -> bool:
        return self.began_us <= at_us and (self.ended_us is None or at_us < self.ended_us)


class FaultTouch:
    """Takes a history observation by observation; ``report`` may be asked at any time."""

    def __init__(self) -> None:
        self._faults: dict[str, _Fault] = {}
        self._of_pair: defaultdict[tuple[str, str], list[_Fault]] = defaultdict(list)
        self._of_source: defaultdict[str, list[_Fault]] = defaultdict(list)
        self._of_node: defaultdict[str, list[_Fault]] = defaultdict(list)
        self._receivers: defaultdict[str, set[str]] = defaultdict(set)
        self._sent: Counter[str] = Counter()
        self._came: Counter[tuple[str, str]] = Counter()

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        body = observation.body
        if isinstance(body, Delivered):
            self._delivered(observation.node, observation.at_us, body)
        elif isinstance(body, Sent):
            self._sent[body.topic] += 1
            for fault in self._of_source.get(observation.node, ()):
                if fault.held_at(observation.at_us):
                    fault.sent[observation.node, body.topic] += 1
        elif isinstance(body, Dropped):
            self._dropped(observation.node, body)
        elif isinstance(body, Faulted):
            self._faulted(observation.at_us, body)

    def report(self) -> list[Touch]:
        """What every fault touched so far, in the order in which they began."""
        return [
            Touch(fault_id, fault.body.what, fault.began_us, fault.ended_us, self._messages(fault))
            for fault_id, fault in self._faults.items()
        ]

    def _faulted(self, at_us: int, body: Faulted) -> None:
        if body.state == "ended":
            if body.fault in self._faults:
                self._faults[body.fault].ended_us = at_us
            return
        fault = self._faults[body.fault] = _Fault(body, at_us)
        for target in body.targets:
            source, arrow, to = target.partition(">")
            if not arrow:
                self._of_node[target].append(fault)
                continue
            self._of_pair[source, to].append(fault)
            if _holds(fault) and fault not in self._of_source[source]:
                self._of_source[source].append(fault)

    def _dropped(self, node: str, body: Dropped) -> None:
        self._receivers[body.topic].add(node)
        self._came[body.topic, node] += 1
        if body.reason in self._faults:
            self._faults[body.reason].counts["dropped"] += 1
        for fault in self._of_pair.get((body.source, node), ()):
            if _holds(fault) and fault.held_at(body.sent_us):
                fault.came[body.source, body.topic, node] += 1

    def _delivered(self, node: str, at_us: int, body: Delivered) -> None:
        self._receivers[body.topic].add(node)
        if not body.copy:
            self._came[body.topic, node] += 1
        for fault in self._of_pair.get((body.source, node), ()):
            if fault.held_at(body.sent_us):
                self._crossed(fault, node, body)
        for fault in self._of_node.get(node, ()):
            if fault.body.what in ("pause", "crash"):
                if fault.ended_us is not None and body.sent_us < fault.ended_us and at_us >= fault.began_us:
                    fault.counts["waited"] += 1
            elif fault.held_at(at_us):
                fault.counts["slowed" if fault.body.what == "slow" else "skewed"] += 1

    def _crossed(self, fault: _Fault, node: str, body: Delivered) -> None:
        if _holds(fault):
            if not body.copy:
                fault.came[body.source, body.topic, node] += 1
                fault.counts["held"] += 1
            return
        detail = fault.detail
        if detail.get("topic", "*") not in ("*", body.topic) or body.type not in detail.get("types", [body.type]):
            return
        effects = [e for e, name in (("delayed", "latency"), ("unordered", "ordered")) if _sets(detail, name)]
        if body.copy:
            effects = ["duplicated"] if detail.get("duplicate") else []
        for effect in effects:
            place = (effect, node, body.topic)
            if fault.capped[place] < detail.get("count", fault.capped[place] + 1):
                fault.capped[place] += 1
                fault.counts[effect] += 1

    def _messages(self, fault: _Fault) -> dict[str, int]:
        found = {effect: fault.counts[effect] for effect in _possible(fault)}
        if _holds(fault):
            pairs = {tuple(target.split(">")) for target in fault.body.targets}
            for (source, topic), sent in fault.sent.items():
                for node in self._receivers[topic]:
                    if (source, node) in pairs:
                        found["held"] += sent - fault.came[source, topic, node]
        if "waited" in found and fault.ended_us is None:
            node = fault.body.targets[0]
            found["waited"] += sum(
                sent - self._came[topic, node] for topic, sent in self._sent.items() if node in self._receivers[topic]
            )
        return found


def _sets(detail: dict[str, Any], name: str) -> bool:
    return detail.get(name) is False if name == "ordered" else name in detail


def _holds(fault: _Fault) -> bool:
    return fault.body.what == "partition" and fault.detail.get("mode") == "hold"


def _possible(fault: _Fault) -> list[str]:
    what, detail = fault.body.what, fault.detail
    if what == "partition":
        return ["dropped", "held"] if _holds(fault) else ["dropped"]
    if what == "link":
        wanted = {"dropped": "loss", "delayed": "latency", "duplicated": "duplicate", "unordered": "ordered"}
        return [effect for effect, name in wanted.items() if name in detail]
    if what == "crash":
        return ["dropped", "waited"] if detail.get("disk") == "lost" else ["waited"]
    return ["waited"] if what == "pause" else ["slowed"] if what == "slow" else ["skewed"]
