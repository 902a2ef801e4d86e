"""The virtual-time driver: one heap of what happens next, and nothing else that could make two runs differ.

Rules
1. Time is an integer number of microseconds from 0. Things due at the same time happen in the order in which they were
   scheduled.
2. A message occupies its instance for the node's service time; what it changes and sends happens at the end of that.
   A timer takes no time.
3. A node without instances, paused or down holds its messages until it goes on; then they come in the order of their
   arrival, before anything else that is due. A run that ends with held messages lasts to its limit.
4. Every turn is handed to ``record`` as it commits; the world keeps no history itself.

What faults do is in ``workers.simulation.faulting``; a run without faults does not meet them.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from operator import itemgetter
from typing import Final, NamedTuple

from workers.cluster.faults import NodeFaults
from workers.cluster.network import Link, Once
from workers.cluster.plan import RECORDS_MAX_PER_SHARD, Plan, instance_ids, owners
from workers.cluster.schema.order_flow import Change
from workers.cluster.shards import Outcome, Shard
from workers.model.message import Message
from workers.model.observation import Body, Changed, Dropped, Turn
from workers.model.randomness import Chance, Lanes
from workers.simulation.faulting import Boundary, Faulting

EVENTS_MAX: Final = 20_000_000
NEVER_US: Final = 2**62
Record = Callable[[int, Turn], None]
Event = tuple[int, int, int, "SimulatedNode", Shard, Message | str, int, int]
"""(time, serial number, 1 once it has had its service time, node, shard, message or timer name, sent, copy)."""
Route = tuple[tuple["SimulatedNode", list[Shard], Link, Once | None, bool, list[int]], ...]
"""For each target of a topic: node, its shards, the link to it with its ``once`` and ``ordered``, and the latest
arrival so far by partition."""


class Due(NamedTuple):
    """Something on the schedule: ``rank`` puts in order what is due at one time.

    A fault, a change of instances, or the plan whose settings count from then on.
    """

    at_us: int
    rank: int
    number: int
    what: Change | Boundary | Plan


class SimulationTooLongError(RuntimeError):
    """A simulation passed its bound of events: it would not end, or is far larger than intended."""


class SimulatedNode:
    """A node in the simulator: its shards, which instance owns which, and until when each instance is busy."""

    __slots__ = (
        "busy_until_us",
        "faults",
        "held",
        "instances",
        "losses",
        "name",
        "owner",
        "runs",
        "serves",
        "service_us",
        "shards",
        "started",
        "stops",
    )

    def __init__(self, plan: Plan, node: str) -> None:
        spec = plan.nodes[node]
        self.shards = [
            Shard(spec, p, plan.partitions, plan.seed, RECORDS_MAX_PER_SHARD) for p in range(plan.partitions)
        ]
        self.service_us = plan.service_us.get(node, 0)
        self.faults = NodeFaults(node, plan.faults)
        self.serves = self.service_us > 0 or bool(self.faults.slow)
        self.name = node
        self.stops = 0
        self.losses = 0
        self.started = False
        self.runs = False
        self.instances: tuple[str, ...] = ()
        self.owner: tuple[str, ...] = ()
        self.busy_until_us: dict[str, int] = {}
        self.held: list[Event] = []


class World:
    """One run of a plan in virtual time.

    Without ``messages_noted`` the observations are those of replicas, clients and instances only, for statistics over
    many runs, where nobody reads the messages'; with ``blanks`` something stands in their places, so that the others
    can be numbered. ``messages`` says after the run how many were sent, delivered and dropped.
    """

    def __init__(
        self,
        plan: Plan,
        record: Record,
        *,
        messages_noted: bool = True,
        blanks: bool = False,
        events_max: int = EVENTS_MAX,
    ) -> None:
        self.plan = plan
        self._outcome = Outcome(writes_wanted=False, messages_noted=messages_noted, blanks=blanks)
        self.now_us = 0
        self.events = 0
        self.messages = {"sent": 0, "delivered": 0, "dropped": 0}
        self._record = record
        self._events_max = events_max
        self._serial = 0
        self.chance = Chance(plan.seed)
        self.nodes = {node: SimulatedNode(plan, node) for node in plan.nodes}
        self._routes: dict[str, dict[str, Route]] = {node: {} for node in plan.nodes}
        self.heap: list[Event] = []
        self._early = -NEVER_US
        self._faulting = Faulting(self) if plan.faults else None
        scenario = plan.scenario
        self._limit_us = NEVER_US
        if scenario.duration_s is not None:
            self._limit_us = round((scenario.duration_s + scenario.drain_s) * 1e6)
        due = [Due(at_us, -1, n, after) for n, (at_us, after) in enumerate(plan.alterations)]
        due += [Due(round(c.at_s * 1e6), 0, n, c) for n, c in enumerate(scenario.changes)]
        if self._faulting is not None:
            due += self._faulting.boundaries()
        self._due = sorted((d for d in due if d.at_us <= self._limit_us), key=lambda d: d[:3], reverse=True)
        self._stop_us = self._next_stop_us()

    def run(self) -> int:
        """Run to quiescence or to the end of the drain time; returns the virtual time of the end in microseconds."""
        for name, node in self.nodes.items():
            self._scale(name, node, self.plan.instances[name])
        while self._due and self._due[-1].at_us == 0 and (self._faulting is not None or self._due[-1].rank < 0):
            self._meet_due()
        for node in self.nodes.values():
            if not node.stops:
                self.start(node)
        collecting = gc.isenabled()
        gc.disable()  # The loop makes no reference cycles; looking for some takes a fifth of its time.
        try:
            self._loop()
        finally:
            if collecting:
                gc.enable()
        return self.now_us

    def start(self, node: SimulatedNode) -> None:
        """Run the first step of a node's shards, or the first after its disk was lost."""
        node.started = True
        for shard in node.shards:
            shard.start(self.now_us, self._outcome)
            self._commit(node, shard, self._outcome)

    def _loop(self) -> None:
        heap, outcome, record = self.heap, self._outcome, self._record
        events, delivered, events_max = 0, 0, self._events_max
        while heap or self._wait_for_nodes():
            event = heappop(heap)
            at_us, _, stage, node, shard, what, sent_us, copy = event
            is_message = type(what) is Message
            if not is_message:
                timer = shard.timers.get(what)  # type: ignore[arg-type]
                # A timer that was cancelled, or set again for another time, is nothing to come: no time passes for it.
                if timer is None or timer.due_us != sent_us:
                    continue
            if at_us >= self._stop_us:
                if not self._due:
                    self.now_us = self._limit_us
                    break
                heappush(heap, event)
                self._meet_due()
                continue
            self.now_us = at_us
            events += 1
            if events > events_max:
                raise self._too_long()
            if not node.runs:
                node.held.append(event)
            elif not is_message:
                shard.fire(what, at_us, outcome)  # type: ignore[arg-type]
                self._commit(node, shard, outcome)
            elif node.serves and stage == 0 and self._occupy(event):
                pass
            else:
                delivered += 1
                shard.execute(what, sent_us, at_us, outcome, copy)  # type: ignore[arg-type]
                if outcome.messages or outcome.timers:
                    self._commit(node, shard, outcome)
                elif outcome.bodies:
                    # Most deliveries end here: they send nothing and set no timer.
                    record(at_us, Turn(shard.node, shard.instance, 0, outcome.bodies))
                    outcome.bodies = []
        self.events = events
        self.messages["delivered"] = delivered

    def _wait_for_nodes(self) -> bool:
        """With nothing on its way: whether something on the schedule sets free what is held. If not, it is the end."""
        cut_off = self._faulting is not None and self._faulting.cut_off
        while cut_off or any(node.held for node in self.nodes.values()):
            if not self._due:
                self.now_us = self._limit_us if self._limit_us != NEVER_US else self.now_us
                return False
            self._meet_due()
            if self.heap:
                return True
        return False

    def _too_long(self) -> SimulationTooLongError:
        return SimulationTooLongError(
            f"scenario {self.plan.scenario.name}: more than {self._events_max:,} events by {self.now_us / 1e6:.1f} s; "
            "lower workload.orders, orders_per_s or duration_s"
        )

    def _occupy(self, event: Event) -> bool:
        """Queue an arrival at its instance: it is processed once the instance has dealt with those before it.

        False if it takes no time and the instance is free: it is processed now.
        """
        at_us, _, _, node, shard, what, sent_us, copy = event
        instance = shard.instance
        start_us = max(at_us, node.busy_until_us.get(instance, 0))
        service_us = node.service_us
        if node.faults.slow:
            service_us = node.faults.service_us(service_us, start_us)
        done_us = start_us + service_us
        if done_us == at_us:
            return False
        node.busy_until_us[instance] = done_us
        self.push(done_us, 1, node, shard, what, sent_us, copy)
        return True

    def _commit(self, node: SimulatedNode, shard: Shard, outcome: Outcome) -> None:
        now_us = self.now_us
        if outcome.bodies:
            instance = node.owner[shard.partition] if node.owner else ""
            self._record(now_us, Turn(shard.node, instance, 0, outcome.bodies))
            outcome.bodies = []
        if outcome.messages:
            self.messages["sent"] += len(outcome.messages)
            if self._faulting is None:
                self._send(node, outcome.messages, now_us)
            else:
                self._faulting.send(outcome.messages, now_us)
            outcome.messages = []
        if outcome.timers:
            for _, name, timer in outcome.timers:
                if timer is not None:
                    self.push(timer.due_us, 0, node, shard, name, timer.due_us, 0)
            outcome.timers = []

    def _send(self, source: SimulatedNode, messages: list[tuple[int, Message]], now_us: int) -> None:
        heap, serial, lanes_of, routes = self.heap, self._serial, self.chance.lanes, self._routes[source.name]
        for partition, message in messages:
            route = routes.get(message.topic) or self._route(source, message.topic)
            lanes = lanes_of(message.id)
            for node, shards, link, once, ordered, latest_us in route:
                if once is None:
                    serial = self._send_copies(serial, partition, message, now_us, node, link, lanes, latest_us)
                    continue
                at_us = now_us + once(lanes)  # nearly every link: one copy, so there is nothing to count
                if ordered:
                    if at_us < latest_us[partition]:
                        at_us = latest_us[partition]
                    else:
                        latest_us[partition] = at_us
                serial += 1
                heappush(heap, (at_us, serial, 0, node, shards[partition], message, now_us, 0))
        self._serial = serial

    def _send_copies(
        self,
        serial: int,
        partition: int,
        message: Message,
        now_us: int,
        node: SimulatedNode,
        link: Link,
        lanes: Lanes,
        latest_us: list[int],
    ) -> int:
        """Send a message over a link that may lose or duplicate it; returns the serial number of the last copy."""
        latencies_us = link.travel(lanes)
        for copy, latency_us in enumerate(latencies_us):
            at_us = now_us + latency_us
            if link.ordered:
                at_us = latest_us[partition] = max(at_us, latest_us[partition])
            serial += 1
            heappush(self.heap, (at_us, serial, 0, node, node.shards[partition], message, now_us, copy))
        if not latencies_us:
            self.lose(node.name, message, now_us, "loss")
        return serial

    def _route(self, source: SimulatedNode, topic: str, latest_us: Sequence[list[int]] = ()) -> Route:
        """To whom a node's messages on a topic go, over which link each, and what has gone there last."""
        found = []
        for number, target in enumerate(self.plan.subscribers.get(topic, ())):
            node, link = self.nodes[target], self.plan.link(source.name, target, topic)
            last_us = latest_us[number] if latest_us else [0] * self.plan.partitions
            found.append((node, node.shards, link, link.once, link.ordered, last_us))
        self._routes[source.name][topic] = route = tuple(found)
        return route

    def lose(self, target: str, message: Message, sent_us: int, reason: str) -> None:
        """Record that ``target`` does not get a message."""
        self.messages["dropped"] += 1
        if not self._outcome.messages_noted and not self._outcome.blanks:
            return
        lost: Body = Dropped(message.id, message.topic, message.type, message.key, message.source, sent_us, reason)
        self.note(target, "", lost)

    def note(self, node: str, instance: str, body: Body) -> None:
        """Record something that no turn of a node brought about."""
        self._record(self.now_us, Turn(node, instance, 0, [body]))

    def push(
        self, at_us: int, stage: int, node: SimulatedNode, shard: Shard, what: Message | str, sent_us: int, copy: int
    ) -> None:
        """Let ``what`` come to a node at ``at_us``; see ``Event``."""
        self._serial += 1
        heappush(self.heap, (at_us, self._serial, stage, node, shard, what, sent_us, copy))

    def _next_stop_us(self) -> int:
        """The time from which on something else comes first: what is next on the schedule, or the end."""
        return self._due[-1].at_us if self._due else self._limit_us + 1

    def _meet_due(self) -> None:
        """What is next on the schedule happens."""
        at_us, _, _, what = self._due.pop()
        self._stop_us = self._next_stop_us()
        self.now_us = at_us
        if isinstance(what, Change):
            self._scale(what.node, self.nodes[what.node], what.instances)
        elif isinstance(what, Plan):
            self._alter(what)
        elif self._faulting is not None:
            self._faulting.happen(what)

    def _alter(self, plan: Plan) -> None:
        """From now on the settings of ``plan`` count; what is sent from now on travels by its links."""
        self.plan = plan
        for name, node in self.nodes.items():
            node.service_us = plan.service_us.get(name, 0)
            node.serves = node.service_us > 0 or bool(node.faults.slow)
            for shard in node.shards:
                shard.follow(plan.nodes[name])
            for topic, route in self._routes[name].items():
                self._route(node, topic, [latest_us for *_, latest_us in route])
        if self._faulting is not None:
            self._faulting.follow(plan)

    def _scale(self, name: str, node: SimulatedNode, count: int) -> None:
        """Give a node ``count`` instances; held messages are taken up again when it has some."""
        wanted = instance_ids(name, count)
        for instance in node.instances:
            if instance not in wanted:
                self.note(name, instance, Changed(instance, "down", 0, "scaled"))
        for instance in wanted:
            if instance not in node.instances:
                self.note(name, instance, Changed(instance, "up", 0))
        node.instances = wanted
        node.owner = owners(self.plan.partitions, wanted)
        for shard, instance in zip(node.shards, node.owner, strict=False):  # a node without instances has no owners
            shard.instance = instance
        self.go_on(node)

    def go_on(self, node: SimulatedNode) -> None:
        """See whether a node runs now; if so, it takes up what it held."""
        node.runs = bool(node.owner) and not node.stops
        if node.runs and node.held:
            # What was held comes before whatever is due now, in the order in which it came.
            for _, _, stage, node_, shard, what, sent_us, copy in sorted(node.held, key=itemgetter(0, 1)):
                self._early += 1
                heappush(self.heap, (self.now_us, self._early, stage, node_, shard, what, sent_us, copy))
            node.held.clear()
