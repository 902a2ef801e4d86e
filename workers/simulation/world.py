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
from collections.abc import Callable
from heapq import heappop, heappush
from operator import itemgetter
from typing import Final, NamedTuple

from workers.cluster.faults import NodeFaults
from workers.cluster.network import Link
from workers.cluster.plan import RECORDS_MAX_PER_SHARD, Plan, instance_ids, owners
from workers.cluster.schema.order_flow import Change
from workers.cluster.shards import Outcome, Shard
from workers.model.message import Message
from workers.model.observation import Body, Changed, Dropped, Turn
from workers.model.randomness import Chance
from workers.simulation.faulting import Boundary, Faulting

EVENTS_MAX: Final = 20_000_000
NEVER_US: Final = 2**62
Record = Callable[[int, Turn], None]
Event = tuple[int, int, int, "SimulatedNode", int, Message | str, int, int]
"""(time, serial number, 1 once it has had its service time, node, partition, message or timer name, sent, copy)."""
Route = tuple[tuple[str, "SimulatedNode", Link, list[int]], ...]
"""For each target of a topic: name, node, the link to it, the latest arrival so far by partition."""


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

    Without ``messages_noted`` the observations are those of replicas, clients and instances only: for statistics over
    many runs, where nobody reads the messages'.
    """

    def __init__(
        self, plan: Plan, record: Record, *, messages_noted: bool = True, events_max: int = EVENTS_MAX
    ) -> None:
        self.plan = plan
        self._outcome = Outcome(writes_wanted=False, messages_noted=messages_noted)
        self.now_us = 0
        self.events = 0
        self._record = record
        self._events_max = events_max
        self._serial = 0
        self.chance = Chance(plan.seed)
        self.nodes = {node: SimulatedNode(plan, node) for node in plan.nodes}
        self._routes: dict[tuple[str, str], Route] = {}
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
        events, events_max = 0, self._events_max
        while heap or self._wait_for_nodes():
            event = heappop(heap)
            at_us, _, stage, node, partition, what, sent_us, copy = event
            shard = node.shards[partition]
            if not isinstance(what, Message):
                timer = shard.timers.get(what)
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
            elif not isinstance(what, Message):
                shard.fire(what, at_us, outcome)
                self._commit(node, shard, outcome)
            elif node.serves and stage == 0 and self._occupy(event):
                pass
            else:
                shard.execute(what, sent_us, at_us, outcome, copy)
                if outcome.messages or outcome.timers:
                    self._commit(node, shard, outcome)
                elif outcome.bodies:
                    # Most deliveries end here: they send nothing and set no timer.
                    record(at_us, Turn(node.name, node.owner[partition], 0, outcome.bodies))
                    outcome.bodies = []
        self.events = events

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
        at_us, _, _, node, partition, what, sent_us, copy = event
        instance = node.owner[partition]
        start_us = max(at_us, node.busy_until_us.get(instance, 0))
        service_us = node.service_us
        if node.faults.slow:
            service_us = node.faults.service_us(service_us, start_us)
        done_us = start_us + service_us
        if done_us == at_us:
            return False
        node.busy_until_us[instance] = done_us
        self.push(done_us, 1, node, partition, what, sent_us, copy)
        return True

    def _commit(self, node: SimulatedNode, shard: Shard, outcome: Outcome) -> None:
        now_us = self.now_us
        if outcome.bodies:
            instance = node.owner[shard.partition] if node.owner else ""
            self._record(now_us, Turn(shard.node, instance, 0, outcome.bodies))
            outcome.bodies = []
        if outcome.messages:
            send = self._send if self._faulting is None else self._faulting.send
            for partition, message in outcome.messages:
                send(partition, message, now_us)
            outcome.messages = []
        if outcome.timers:
            for partition, name, timer in outcome.timers:
                if timer is not None:
                    self.push(timer.due_us, 0, node, partition, name, timer.due_us, 0)
            outcome.timers = []

    def _send(self, partition: int, message: Message, now_us: int) -> None:
        route = self._routes.get((message.source, message.topic)) or self._route(message)
        heap, serial, lanes = self.heap, self._serial, self.chance.lanes(message.id)
        for target, node, (travel, ordered, once), latest_us in route:
            if once is not None:  # nearly every link: one copy, so there is nothing to count
                at_us = now_us + once(lanes)
                if ordered:
                    if at_us < latest_us[partition]:
                        at_us = latest_us[partition]
                    else:
                        latest_us[partition] = at_us
                serial += 1
                heappush(heap, (at_us, serial, 0, node, partition, message, now_us, 0))
                continue
            latencies_us = travel(lanes)
            for copy, latency_us in enumerate(latencies_us):
                at_us = now_us + latency_us
                if ordered:
                    at_us = latest_us[partition] = max(at_us, latest_us[partition])
                serial += 1
                heappush(heap, (at_us, serial, 0, node, partition, message, now_us, copy))
            if not latencies_us:
                self.lose(target, message, now_us, "loss")
        self._serial = serial

    def _route(self, message: Message) -> Route:
        """To whom a node's messages on a topic go, over which link each, and what has gone there last."""
        source, topic = message.source, message.topic
        route = tuple(
            (target, self.nodes[target], self.plan.link(source, target, topic), [0] * self.plan.partitions)
            for target in self.plan.subscribers.get(topic, ())
        )
        self._routes[source, topic] = route
        return route

    def lose(self, target: str, message: Message, sent_us: int, reason: str) -> None:
        """Record that ``target`` does not get a message."""
        if not self._outcome.messages_noted:
            return
        lost: Body = Dropped(message.id, message.topic, message.type, message.key, message.source, sent_us, reason)
        self.note(target, "", lost)

    def note(self, node: str, instance: str, body: Body) -> None:
        """Record something that no turn of a node brought about."""
        self._record(self.now_us, Turn(node, instance, 0, [body]))

    def push(
        self, at_us: int, stage: int, node: SimulatedNode, partition: int, what: Message | str, sent_us: int, copy: int
    ) -> None:
        """Let ``what`` come to a node at ``at_us``; see ``Event``."""
        self._serial += 1
        heappush(self.heap, (at_us, self._serial, stage, node, partition, what, sent_us, copy))

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
        self._routes = {
            (source, topic): tuple(
                (target, node, plan.link(source, target, topic), latest_us) for target, node, _, latest_us in route
            )
            for (source, topic), route in self._routes.items()
        }
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
            for _, _, stage, node_, partition, what, sent_us, copy in sorted(node.held, key=itemgetter(0, 1)):
                self._early += 1
                heappush(self.heap, (self.now_us, self._early, stage, node_, partition, what, sent_us, copy))
            node.held.clear()
