"""What an instance has read and not processed yet: messages and timers in the order in which they are due. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush
from typing import NamedTuple

from workers.cluster.faults import Fault, NodeFaults
from workers.cluster.lines import Fate, Line
from workers.cluster.network import InOrder
from workers.cluster.plan import Plan
from workers.cluster.schema.faults import Crash
from workers.model.message import Message
from workers.model.randomness import Chance


class Arrival(NamedTuple):
    """One copy of one message, or (``message`` is ``None``) the timer ``timer``, of the shard of ``partition``.

    ``number`` is the stream entry; ``copies`` is in how many copies the message arrives. With a ``reason`` it does not:
    it was lost. ``arrived_us`` is when it came, before it waited for an instance.
    """

    due_us: int
    serial: int
    stage: int
    partition: int
    topic: str
    number: int
    copy: int
    copies: int
    message: Message | None
    timer: str
    reason: str = ""
    arrived_us: int = 0


class Held(NamedTuple):
    """A message that a partition holds until it is healed."""

    partition: int
    topic: str
    number: int
    message: Message
    sent_us: int
    skip: int
    taken: dict[str, list[int]]


class Inbox:
    """Deals out arrivals when they are due; one instance, so one message at a time for ``service_us`` each.

    A timer takes no time: most are time-outs that were cancelled long before they are due.
    """

    def __init__(self, plan: Plan, node: str) -> None:
        self._plan = plan
        self._node = node
        self._chance = Chance(plan.seed)
        self._heap: list[Arrival] = []
        self._serial = 0
        self._in_order: dict[int, InOrder] = {}
        self._service_us = plan.service_us.get(node, 0)
        self._busy_until_us = 0
        self._held: list[Held] = []
        self._faults: tuple[Fault, ...] = ()
        self._lines: dict[tuple[str, str], Line | None] = {}
        self.here = NodeFaults(node, ())
        """What is wrong with the node itself."""

    def know(self, faults: Iterable[Fault]) -> None:
        """Take note of the faults that began and ended; what a partition held that is over leaves now."""
        crashed = len([fault for fault in self.here.stops if isinstance(fault.settings, Crash)])
        self._faults = tuple(faults)
        self._lines.clear()
        self.here = NodeFaults(self._node, self._faults)
        if len([fault for fault in self.here.stops if isinstance(fault.settings, Crash)]) > crashed:
            self._drop_work()
        held, self._held = self._held, []
        for waiting in held:
            self.admit(*waiting)

    def __len__(self) -> int:
        return len(self._heap) + len(self._held)

    @property
    def next_due_us(self) -> int | None:
        """When the first arrival is due; ``None`` if there is none."""
        return self._heap[0].due_us if self._heap else None

    def admit(
        self,
        partition: int,
        topic: str,
        number: int,
        message: Message,
        sent_us: int,
        skip: int = 0,
        taken: dict[str, list[int]] | None = None,
    ) -> None:
        """Ask the network model when ``message`` arrives, and wait for it or for the noting of its loss.

        ``skip`` copies, the first to arrive, were processed before the shard was loaded. ``taken`` are the entries that
        faults with a count have taken from this stream.
        """
        fate = self._fate(message, number, sent_us, taken)
        if fate.held:
            self._held.append(Held(partition, topic, number, message, sent_us, skip, {} if taken is None else taken))
            return
        copies = len(fate.latencies_us)
        if not copies:
            # A lost message is due at once: it is "processed" by noting its loss.
            self._push(Arrival(sent_us, 0, 1, partition, topic, number, 0, 0, message, "", fate.reason, sent_us))
        for copy, latency_us in enumerate(fate.latencies_us[skip:], skip):
            due_us = fate.departs_us + latency_us
            if fate.ordered:
                in_order = self._in_order.setdefault(partition, InOrder())
                due_us = in_order.clamp(message.source, topic, due_us)
            self._push(Arrival(due_us, 0, 0, partition, topic, number, copy, copies, message, "", "", due_us))

    def _fate(self, message: Message, number: int, sent_us: int, taken: dict[str, list[int]] | None) -> Fate:
        lanes = self._chance.lanes(message.id)
        line = None
        if self._faults:
            place = (message.source, message.topic)
            if place not in self._lines:
                self._lines[place] = self._plan.line(message.source, self._node, message.topic, self._faults)
            line = self._lines[place]
        if line is None:
            link = self._plan.link(message.source, self._node, message.topic)
            return Fate(sent_us, link.travel(lanes), link.ordered, "loss")

        def take(fault_id: str, count: int) -> bool:
            numbers = {} if taken is None else taken
            entries = numbers.setdefault(fault_id, [])
            if number not in entries and len(entries) < count:
                entries.append(number)
            return number in entries

        return line.fate(lanes, message.type, sent_us, take)

    def add_timer(self, partition: int, name: str, due_us: int) -> None:
        """Wait for a timer; whether it is still set is for the shard to say when it is due."""
        self._push(Arrival(due_us, 0, 0, partition, "", 0, 0, 1, None, name))

    def pop_due(self, now_us: int) -> Arrival | None:
        """The next arrival that is due by ``now_us`` and that the instance has had the time to process.

        Not to be asked while the node is paused or down.
        """
        heap = self._heap
        while heap and heap[0].due_us <= now_us:
            arrival = heappop(heap)
            if self.here.wipes and arrival.message is not None and not arrival.reason:
                lost_in = self.here.lost_in(arrival.arrived_us, now_us)
                if lost_in:
                    return arrival._replace(reason=lost_in)
            if arrival.stage == 0 and arrival.message is not None and self._occupy(arrival, now_us):
                continue
            return arrival
        return None

    def _occupy(self, arrival: Arrival, now_us: int) -> bool:
        """Let the instance be busy with an arrival; false if it takes no time and the instance is free."""
        if not self._service_us and not self.here.slow:
            return False
        start_us = max(arrival.due_us, self._busy_until_us, self.here.resumed_us(now_us))
        done_us = start_us + self.here.service_us(self._service_us, start_us)
        if done_us == arrival.due_us:
            return False
        self._busy_until_us = done_us
        self._push(arrival._replace(due_us=done_us, stage=1))
        return True

    def _drop_work(self) -> None:
        """What the instance was busy with is waiting again, as it was when it arrived."""
        self._busy_until_us = 0
        busy = [arrival for arrival in self._heap if arrival.stage == 1 and not arrival.reason]
        if busy:
            self._heap = [arrival for arrival in self._heap if arrival.stage == 0 or arrival.reason]
            self._heap += [arrival._replace(due_us=arrival.arrived_us, stage=0) for arrival in busy]
            self._heap.sort()

    def forget(self, partition: int) -> None:
        """Drop everything of a shard that this instance no longer owns."""
        self._heap = [arrival for arrival in self._heap if arrival.partition != partition]
        self._heap.sort()
        self._held = [held for held in self._held if held.partition != partition]
        self._in_order.pop(partition, None)

    def _push(self, arrival: Arrival) -> None:
        self._serial += 1
        heappush(self._heap, arrival._replace(serial=self._serial))
