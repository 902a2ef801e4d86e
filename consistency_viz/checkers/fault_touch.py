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

*Operations* are those of clients from which a touched message follows, along the causes of messages: what a timer sends
follows from none. Of the last ``remember`` messages it is known from which they follow; of few, while there is no
fault. As many operations are remembered of each fault: one that it touches again after so many others counts twice.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from consistency_viz.checkers.fault_why import Course, why_nothing
from consistency_viz.checkers.kinds import MESSAGES
from workers.model.observation import Delivered, Dropped, Faulted, Invoked, Observation, Sent

REMEMBERED: Final = 100_000
BEFORE_ANY: Final = 200
"""Messages remembered until a fault begins: those that may be on their way then."""

STOPS: Final = ("pause", "crash", "real")


class Touch(NamedTuple):
    """What one fault touched: messages by what happened to them; effects that its kind cannot have are left out.

    ``total``: messages, each once for each receiver; ``nodes``: at which they arrived, should have, or waited;
    ``operations``: of clients. ``note`` says why a fault touched nothing, and is empty for one that did.
    """

    fault: str
    what: str
    began_us: int
    ended_us: int | None
    messages: Mapping[str, int]
    total: int = 0
    nodes: int = 0
    operations: int = 0
    note: str = ""

    @property
    def nothing(self) -> bool:
        """Whether the run would have been the same without this fault, as far as messages tell."""
        return not any(self.messages.values())

    def to_json(self) -> dict[str, Any]:
        """As the commands print it with ``--json``; times in microseconds of the recorder."""
        return {**self._asdict(), "messages": dict(self.messages), "nothing": self.nothing}


class _Operations:
    """Counts operations, each once; in bounded memory, so one that comes again after ``most`` others counts anew."""

    __slots__ = ("_last", "_most", "count")

    def __init__(self, most: int) -> None:
        self.count = 0
        self._most = most
        self._last: dict[str, None] = {}

    def add(self, operation: str) -> None:
        if operation not in self._last:
            self.count += 1
            if len(self._last) >= self._most:
                del self._last[next(iter(self._last))]
        else:
            del self._last[operation]
        self._last[operation] = None


@dataclass(slots=True)
class _Fault:
    body: Faulted
    began_us: int
    operations: _Operations
    ended_us: int | None = None
    counts: Counter[str] = field(default_factory=Counter)
    total: int = 0
    nodes: set[str] = field(default_factory=set)
    pairs: set[tuple[str, str]] = field(default_factory=set)
    crossed: int = 0
    fitting: int = 0
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    came: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    capped: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    @property
    def detail(self) -> dict[str, Any]:
        return self.body.detail or {}

    def held_at(self, at_us: int) -> bool:
        return self.began_us <= at_us and (self.ended_us is None or at_us < self.ended_us)

    def touch(self, node: str, operation: str, *effects: str) -> None:
        """One message, for one receiver."""
        self.counts.update(effects)
        self.total += 1
        self.nodes.add(node)
        if operation:
            self.operations.add(operation)


class FaultTouch:
    """Takes a history observation by observation; ``report`` may be asked at any time."""

    kinds: Final = MESSAGES | {Invoked, Faulted}

    def __init__(self, remember: int = REMEMBERED) -> None:
        self._remember = remember
        self._operation_of: dict[str, str] = {}
        self._invoked: tuple[str, int, dict[str, str]] = ("", 0, {})
        self._last_message_us = 0
        self._open_stops: list[_Fault] = []
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
            self._sent_one(observation.node, observation.at_us, body)
        elif isinstance(body, Dropped):
            self._dropped(observation.node, observation.at_us, body)
        elif isinstance(body, Invoked):
            self._begun(observation.node, observation.at_us, body)
        elif isinstance(body, Faulted):
            self._faulted(observation.at_us, body)

    def report(self) -> list[Touch]:
        """What every fault touched so far, in the order in which they began."""
        return [self._touch(fault_id, fault) for fault_id, fault in self._faults.items()]

    def __len__(self) -> int:
        """How many faults began."""
        return len(self._faults)

    def _touch(self, fault_id: str, fault: _Fault) -> Touch:
        messages, waiting, waiting_at = self._messages(fault)
        touch = Touch(
            fault_id,
            fault.body.what,
            fault.began_us,
            fault.ended_us,
            messages,
            fault.total + waiting,
            len(fault.nodes | waiting_at),
            fault.operations.count,
        )
        if not messages or not touch.nothing:
            return touch
        course = Course(fault.began_us, fault.ended_us, self._last_message_us, fault.crossed, fault.fitting)
        return touch._replace(note=why_nothing(fault.body, course))

    def _begun(self, node: str, at_us: int, body: Invoked) -> None:
        before_node, before_us, operations = self._invoked
        if (before_node, before_us) != (node, at_us):
            operations = {}
            self._invoked = (node, at_us, operations)
        operations[body.key] = body.op

    def _sent_one(self, node: str, at_us: int, body: Sent) -> None:
        self._last_message_us = at_us
        self._sent[body.topic] += 1
        operation = self._follows_from(node, at_us, body)
        for fault in self._of_source.get(node, ()):
            if fault.held_at(at_us):
                fault.sent[node, body.topic] += 1
                if operation and any((node, to) in fault.pairs for to in self._receivers[body.topic]):
                    fault.operations.add(operation)
        if operation:
            for fault in self._open_stops:
                if not self._receivers[body.topic].isdisjoint(fault.body.targets):
                    fault.operations.add(operation)

    def _follows_from(self, node: str, at_us: int, body: Sent) -> str:
        """The operation from which a message follows: begun in its very turn, or that of its cause; "": none."""
        at_node, then_us, begun = self._invoked
        operation = begun.get(body.key, "") if (at_node, then_us) == (node, at_us) else ""
        operation = operation or self._operation_of.get(body.cause, "")
        if operation:
            self._operation_of[body.message] = operation
            if len(self._operation_of) > (self._remember if self._faults else BEFORE_ANY):
                del self._operation_of[next(iter(self._operation_of))]
        return operation

    def _faulted(self, at_us: int, body: Faulted) -> None:
        if body.state == "ended":
            fault = self._faults.get(body.fault)
            if fault is not None:
                fault.ended_us = at_us
                if fault in self._open_stops:
                    self._open_stops.remove(fault)
            return
        fault = self._faults[body.fault] = _Fault(body, at_us, _Operations(self._remember))
        if body.what in STOPS:
            self._open_stops.append(fault)
        for target in body.targets:
            source, arrow, to = target.partition(">")
            if not arrow:
                self._of_node[target].append(fault)
                continue
            self._of_pair[source, to].append(fault)
            fault.pairs.add((source, to))
            if _holds(fault) and fault not in self._of_source[source]:
                self._of_source[source].append(fault)

    def _dropped(self, node: str, at_us: int, body: Dropped) -> None:
        self._last_message_us = max(self._last_message_us, at_us)
        self._receivers[body.topic].add(node)
        self._came[body.topic, node] += 1
        if body.reason in self._faults:
            self._faults[body.reason].touch(node, self._operation_of.get(body.message, ""), "dropped")
        for fault in self._of_pair.get((body.source, node), ()):
            if fault.held_at(body.sent_us):
                fault.crossed += 1
                fault.fitting += _fits(fault.detail, body)
                if _holds(fault):
                    fault.came[body.source, body.topic, node] += 1

    def _delivered(self, node: str, at_us: int, body: Delivered) -> None:
        self._last_message_us = max(self._last_message_us, at_us)
        self._receivers[body.topic].add(node)
        if not body.copy:
            self._came[body.topic, node] += 1
        for fault in self._of_pair.get((body.source, node), ()):
            if fault.held_at(body.sent_us):
                self._crossed(fault, node, body)
        for fault in self._of_node.get(node, ()):
            if fault.body.what in STOPS:
                if fault.ended_us is not None and body.sent_us < fault.ended_us and at_us >= fault.began_us:
                    fault.touch(node, self._operation_of.get(body.message, ""), "waited")
            elif fault.held_at(at_us):
                effect = "slowed" if fault.body.what == "slow" else "skewed"
                fault.touch(node, self._operation_of.get(body.message, ""), effect)

    def _crossed(self, fault: _Fault, node: str, body: Delivered) -> None:
        fault.crossed += 1
        operation = self._operation_of.get(body.message, "")
        if _holds(fault):
            if not body.copy:
                fault.came[body.source, body.topic, node] += 1
                fault.touch(node, operation, "held")
            return
        detail = fault.detail
        if not _fits(detail, body):
            return
        fault.fitting += 1
        effects = [e for e, name in (("delayed", "latency"), ("unordered", "ordered")) if _sets(detail, name)]
        if body.copy:
            effects = ["duplicated"] if detail.get("duplicate") else []
        touched = []
        for effect in effects:
            place = (effect, node, body.topic)
            if fault.capped[place] < detail.get("count", fault.capped[place] + 1):
                fault.capped[place] += 1
                touched.append(effect)
        if touched:
            fault.touch(node, operation, *touched)

    def _messages(self, fault: _Fault) -> tuple[dict[str, int], int, set[str]]:
        """By effect; how many of them are still on their way, and the nodes for which these are."""
        found = {effect: fault.counts[effect] for effect in _possible(fault)}
        waiting: Counter[str] = Counter()
        if _holds(fault):
            for (source, topic), sent in fault.sent.items():
                for node in self._receivers[topic]:
                    if (source, node) in fault.pairs:
                        waiting[node] += sent - fault.came[source, topic, node]
            found["held"] += waiting.total()
        if "waited" in found and fault.ended_us is None:
            for node in fault.body.targets:
                waiting[node] += sum(
                    sent - self._came[topic, node]
                    for topic, sent in self._sent.items()
                    if node in self._receivers[topic]
                )
            found["waited"] += waiting.total()
        return found, waiting.total(), {node for node, count in waiting.items() if count}


def _fits(detail: Mapping[str, Any], body: Delivered | Dropped) -> bool:
    """Whether a fault of a link is for messages such as this."""
    return detail.get("topic", "*") in ("*", body.topic) and body.type in detail.get("types", [body.type])


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
    return {"pause": ["waited"], "real": ["waited"], "slow": ["slowed"], "clock": ["skewed"]}.get(what, [])
