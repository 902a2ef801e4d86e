"""The network model: one pure function from a message and a link to the times at which it arrives.

Rules
1. ``arrivals`` depends on (seed, message id, target, link) only. Both drivers call it, so a message meets the same fate
   in the simulator, live, and in a rerun.
2. No arrival: the message is lost. Two: the link duplicated it.
3. An ordered link delivers the messages of one source on one topic partition in the order in which they were sent, as a
   connection does: a slow one holds back those behind it (``InOrder``). An unordered link lets them overtake.
"""

from __future__ import annotations

from typing import NamedTuple

from workers.cluster.latency import Sampler
from workers.model.randomness import Chance


class Link(NamedTuple):
    """How messages travel from one node to another. ``fixed_us``: the latency if it is constant, else -1."""

    latency: Sampler
    fixed_us: int
    loss: float
    duplicate: float
    ordered: bool


INSTANT = Link(lambda u: 0, 0, 0.0, 0.0, True)
"""The link of messages that come from outside of the cluster, such as an order placed by hand."""


def arrivals(chance: Chance, message_id: str, target: str, sent_us: int, link: Link) -> tuple[int, ...]:
    """The recorder times at which a message sent at ``sent_us`` arrives at ``target``: none, one or two of them."""
    if not link.loss and not link.duplicate:
        if link.fixed_us >= 0:
            return (sent_us + link.fixed_us,)
        return (sent_us + link.latency(chance.second_of_four(f"{message_id}>{target}")),)
    lost, first, twice, second = chance.four(f"{message_id}>{target}")
    if lost < link.loss:
        return ()
    if twice < link.duplicate:
        return (sent_us + link.latency(first), sent_us + link.latency(second))
    return (sent_us + link.latency(first),)


class InOrder:
    """Keeps each (source, topic, partition) of one receiver in sending order: no arrival before an earlier one's."""

    __slots__ = ("_latest_us",)

    def __init__(self) -> None:
        self._latest_us: dict[tuple[str, str], int] = {}

    def clamp(self, source: str, topic: str, due_us: int) -> int:
        """``due_us``, or the latest due time given out for this source and topic if that is later."""
        place = (source, topic)
        latest_us = self._latest_us.get(place, 0)
        if due_us <= latest_us:
            return latest_us
        self._latest_us[place] = due_us
        return due_us
