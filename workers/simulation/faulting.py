"""What a scenario's faults do in a simulated world: to messages as they are sent, to nodes as faults come and go."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify
from typing import TYPE_CHECKING, NamedTuple

from workers.cluster.faults import Fault, began, ended, targets_of
from workers.cluster.lines import Line
from workers.cluster.network import Link
from workers.cluster.schema.faults import Crash, OnNode, Pause
from workers.model.message import Message
from workers.model.observation import Changed

if TYPE_CHECKING:
    from workers.cluster.plan import Plan
    from workers.simulation.world import Due, SimulatedNode, World


class Boundary(NamedTuple):
    """The begin or the end of a fault."""

    fault: Fault
    begins: bool


class Way(NamedTuple):
    """The way of one source's messages on one topic to one target; ``latest_us`` by partition: the last arrival."""

    target: str
    node: SimulatedNode
    link: Link
    line: Line | None
    latest_us: list[int]


class Faulting:
    """The faults of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ways: dict[tuple[str, str], tuple[Way, ...]] = {}
        self._counts: dict[tuple[str, str, str, int], int] = {}
        self.cut_off = False
        """Whether a message is held by a partition that never ends."""
        for node in world.nodes.values():
            clock = node.faults.clock()
            for shard in node.shards:
                shard.clock = clock

    def boundaries(self) -> Iterator[Due]:
        """Every begin and end, for the world's schedule; at one time faults end before others begin."""
        from workers.simulation.world import Due  # noqa: PLC0415 - the world is made of both modules

        for number, fault in enumerate(self._world.plan.faults):
            yield Due(fault.begin_us, 2, number, Boundary(fault, begins=True))
            yield Due(fault.end_us, 1, number, Boundary(fault, begins=False))

    def follow(self, plan: Plan) -> None:
        """Let messages travel by the links of ``plan`` from now on; which way stays, and the order in it."""
        self._ways = {
            (source, topic): tuple(
                way._replace(
                    link=plan.link(source, way.target, topic),
                    line=plan.line(source, way.target, topic, plan.faults),
                )
                for way in ways
            )
            for (source, topic), ways in self._ways.items()
        }

    # -- messages

    def send(self, messages: list[tuple[int, Message]], now_us: int) -> None:
        """Send messages, each with its partition, to everybody who subscribes to their topics, each over its link."""
        for partition, message in messages:
            self._send(partition, message, now_us)

    def _send(self, partition: int, message: Message, now_us: int) -> None:
        world = self._world
        lanes = world.chance.lanes(message.id)
        for target, node, link, line, latest_us in self._ways_of(message):
            if line is None:
                departs_us, latencies_us, ordered, reason = now_us, link.travel(lanes), link.ordered, "loss"
            else:

                def take(fault_id: str, count: int, target: str = target) -> bool:
                    return self._take((fault_id, target, message.topic, partition), count)

                fate = line.fate(lanes, message.type, now_us, take)
                departs_us, latencies_us, ordered, reason = fate
                if fate.held:
                    self.cut_off = True
                    continue
            if not latencies_us:
                world.lose(target, message, now_us, reason)
            for copy, latency_us in enumerate(latencies_us):
                at_us = departs_us + latency_us
                if ordered:
                    at_us = latest_us[partition] = max(at_us, latest_us[partition])
                world.push(at_us, 0, node, node.shards[partition], message, now_us, copy)

    def _ways_of(self, message: Message) -> tuple[Way, ...]:
        place = (message.source, message.topic)
        ways = self._ways.get(place)
        if ways is None:
            plan, nodes = self._world.plan, self._world.nodes
            ways = self._ways[place] = tuple(
                Way(
                    target,
                    nodes[target],
                    plan.link(message.source, target, message.topic),
                    plan.line(message.source, target, message.topic, plan.faults),
                    [0] * plan.partitions,
                )
                for target in plan.subscribers.get(message.topic, ())
            )
        return ways

    def _take(self, place: tuple[str, str, str, int], count: int) -> bool:
        taken = self._counts.get(place, 0)
        if taken >= count:
            return False
        self._counts[place] = taken + 1
        return True

    # -- nodes

    def happen(self, boundary: Boundary) -> None:
        """A fault begins or ends now."""
        world, (fault, begins) = self._world, boundary
        targets = targets_of(fault.settings, world.plan.subscribers, world.plan.publishes)
        world.note("", "", (began if begins else ended)(fault, targets))
        if isinstance(fault.settings, OnNode):
            node = world.nodes[fault.settings.node]
            if isinstance(fault.settings, Crash):
                self._crash(node, fault) if begins else self._restart(node, fault)
            elif isinstance(fault.settings, Pause):
                node.stops += 1 if begins else -1
                self._see_to(node)

    def _crash(self, node: SimulatedNode, fault: Fault) -> None:
        node.stops += 1
        self._see_to(node)
        self._requeue(node)
        node.busy_until_us.clear()
        for instance in node.instances:
            self._world.note(node.name, instance, Changed(instance, "lost", 0, f"crashed ({fault.id})"))

    def _restart(self, node: SimulatedNode, fault: Fault) -> None:
        for instance in node.instances:
            self._world.note(node.name, instance, Changed(instance, "up", 0, f"restarted ({fault.id})"))
        node.stops -= 1
        self._see_to(node)

    def _requeue(self, node: SimulatedNode) -> None:
        """What an instance was busy with is waiting again, as it was when it arrived."""
        heap = self._world.heap
        now_us = self._world.now_us
        busy = [event for event in heap if event[3] is node and event[2] == 1]
        if busy:
            heap[:] = [event for event in heap if not (event[3] is node and event[2] == 1)]
            heapify(heap)
        node.held += [(now_us, serial, 0, *rest) for _, serial, _, *rest in busy]  # type: ignore[misc]
        node.held[:] = [(at_us, serial, 0, *rest) for at_us, serial, _, *rest in node.held]  # type: ignore[misc]

    def _see_to(self, node: SimulatedNode) -> None:
        """A node that goes on starts if it never did, and loses what crashes took from it."""
        if not node.stops:
            self._wipe(node)
            if not node.started:
                self._world.start(node)
        self._world.go_on(node)

    def _wipe(self, node: SimulatedNode) -> None:
        now_us = self._world.now_us
        losses = sum(fault.end_us <= now_us for fault in node.faults.wipes)
        if losses == node.losses:
            return
        node.losses = losses
        node.started = False
        for shard in node.shards:
            shard.wipe(losses)
        held, node.held = sorted(node.held, key=lambda event: event[:2]), []
        for event in held:
            at_us, what, sent_us = event[0], event[5], event[6]
            reason = node.faults.lost_in(at_us, now_us)
            if not reason:
                node.held.append(event)
            elif isinstance(what, Message):
                self._world.lose(node.name, what, sent_us, reason)
