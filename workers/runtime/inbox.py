"""What an instance has read and not processed yet: messages and timers in the order in which they are due. Pure."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple

from workers.cluster.network import InOrder, arrivals
from workers.cluster.plan import Plan
from workers.model.message import Message
from workers.model.randomness import Chance


class Arrival(NamedTuple):
    """One copy of one message, or (``message`` is ``None``) the timer ``timer``, of the shard of ``partition``.

    ``number`` is the stream entry; ``copies`` is in how many copies the message arrives.
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

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def next_due_us(self) -> int | None:
        """When the first arrival is due; ``None`` if there is none."""
        return self._heap[0].due_us if self._heap else None

    def admit(self, partition: int, topic: str, number: int, message: Message, sent_us: int, skip: int = 0) -> int:
        """Ask the network model when ``message`` arrives and wait for it; returns in how many copies (0: lost).

        ``skip`` copies, the first to arrive, were processed before the shard was loaded.
        """
        link = self._plan.link(message.source, self._node, message.topic)
        times = arrivals(self._chance, message.id, sent_us, link)
        for copy, arrival_us in enumerate(times[skip:], skip):
            due_us = arrival_us
            if link.ordered:
                in_order = self._in_order.setdefault(partition, InOrder())
                due_us = in_order.clamp(message.source, topic, arrival_us)
            self._push(Arrival(due_us, 0, 0, partition, topic, number, copy, len(times), message, ""))
        return len(times)

    def add_timer(self, partition: int, name: str, due_us: int) -> None:
        """Wait for a timer; whether it is still set is for the shard to say when it is due."""
        self._push(Arrival(due_us, 0, 0, partition, "", 0, 0, 1, None, name))

    def add_loss(self, partition: int, topic: str, number: int, message: Message, sent_us: int) -> None:
        """Put a message that the network lost in the queue at once, so that its loss is noted in a turn."""
        self._push(Arrival(sent_us, 0, 1, partition, topic, number, 0, 0, message, ""))

    def pop_due(self, now_us: int) -> Arrival | None:
        """The next arrival that is due by ``now_us`` and that the instance has had the time to process."""
        heap = self._heap
        while heap and heap[0].due_us <= now_us:
            arrival = heappop(heap)
            if arrival.stage == 0 and self._service_us and arrival.message is not None:
                self._busy_until_us = max(arrival.due_us, self._busy_until_us) + self._service_us
                self._push(arrival._replace(due_us=self._busy_until_us, stage=1))
                continue
            return arrival
        return None

    def forget(self, partition: int) -> None:
        """Drop everything of a shard that this instance no longer owns."""
        self._heap = [arrival for arrival in self._heap if arrival.partition != partition]
        self._heap.sort()
        self._in_order.pop(partition, None)

    def _push(self, arrival: Arrival) -> None:
        self._serial += 1
        heappush(self._heap, arrival._replace(serial=self._serial))
