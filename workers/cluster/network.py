"""The network model: one pure function from a message and a link to the times at which it arrives.

Rules
1. What happens to a message depends on (seed, message id, link) only, and a link knows its target. Both drivers ask the
   same function, so a message meets the same fate in the simulator, live, and in a rerun.
2. No arrival: the message is lost. Two: the link duplicated it; copy 0 is the one that arrives first.
3. An ordered link delivers the messages of one source on one topic partition in the order in which they were sent, as a
   connection does: a slow one holds back those behind it. An unordered link lets them overtake.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import NamedTuple

from workers.cluster.latency import LATENCY_MS_MAX, Constant, Exponential, Latency, Sampler, sampler
from workers.model.randomness import MASK, SCALE, SPREAD, Chance, Lanes, salt_of, uniform

Travel = Callable[[Lanes], tuple[int, ...]]
"""From a message's random bits to the latency of each of its copies in microseconds, ascending; lost: none."""

Once = Callable[[Lanes], int]
"""The same where there is always one copy."""


class Link(NamedTuple):
    """How messages travel from one node to another: ``travel``, and whether they keep their order.

    ``once`` is the latency of the one copy where none is lost and none comes twice, else ``None``.
    """

    travel: Travel
    ordered: bool
    once: Once | None = None


def link(latency: Latency, loss: float, duplicate: float, target: str, *, ordered: bool) -> Link:
    """The link to ``target`` with these settings; ``loss`` and ``duplicate`` are probabilities."""
    salt = salt_of(target)
    sample = sampler(latency)
    if not loss and not duplicate:
        once = _once(latency, sample, salt)
        return Link(lambda lanes: (once(lanes),), ordered, once)

    def travel(lanes: Lanes) -> tuple[int, ...]:
        if uniform(lanes[0], salt) < loss:
            return ()
        if uniform(lanes[2], salt) < duplicate:
            first_us, second_us = sorted((sample(uniform(lanes[1], salt)), sample(uniform(lanes[3], salt))))
            return (first_us, second_us)
        return (sample(uniform(lanes[1], salt)),)

    return Link(travel, ordered)


def _once(latency: Latency, sample: Sampler, salt: int) -> Once:
    """``sample(uniform(lanes[1], salt))`` written out, for the usual latencies whole: the simulator's hottest lines."""
    if isinstance(latency, Constant):
        always = sample(0.0)
        return lambda lanes: always
    if isinstance(latency, Exponential) and latency.quantile_ms(1.0 - SCALE) < LATENCY_MS_MAX:
        floor_us, mean_us = latency.floor_ms * 1_000, latency.mean_ms * 1_000
        return lambda lanes: int(floor_us - mean_us * log(1.0 - (((lanes[1] ^ salt) * SPREAD & MASK) >> 11) * SCALE))
    return lambda lanes: sample((((lanes[1] ^ salt) * SPREAD & MASK) >> 11) * SCALE)


INSTANT = Link(lambda lanes: (0,), ordered=True, once=lambda lanes: 0)
"""The link of messages that come from outside of the cluster, such as an order placed by hand."""


def arrivals(chance: Chance, message_id: str, sent_us: int, over: Link) -> tuple[int, ...]:
    """The recorder times at which a message sent at ``sent_us`` arrives over a link: none, one or two of them."""
    return tuple(sent_us + latency_us for latency_us in over.travel(chance.lanes(message_id)))


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
