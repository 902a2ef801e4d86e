"""What becomes of a message on a link that has faults: the network model with faults in it. Pure.

Rules
1. The fate of a message is a function of (seed, message id, link, type, faults, sending time), and for faults with a
   ``count`` of its place in its stream. Both drivers ask the same function.
2. A link is as its faults make it when the message is sent: what is on its way already is not touched. Where several
   set the same thing, the one that began last counts.
3. Loss, latency and duplicate come from the same draws as without the fault, so a run and its twin differ by it only.
4. A partition looks at the time at which a message leaves. With ``drop`` the message is lost. With ``hold`` it leaves
   when the partition ends, unless another one holds or drops it then.
5. ``count`` takes the first messages that fit, for each target, topic and partition, in the order of sending: that is
   the order of one stream, which both drivers have. A message is counted whatever else happens to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from workers.cluster.faults import FOREVER_US, Fault
from workers.cluster.network import Link, link
from workers.cluster.schema.faults import LinkTrouble, Partition
from workers.cluster.schema.links import LinkSettings
from workers.model.randomness import Lanes, salt_of, uniform

Take = Callable[[str, int], bool]
"""Asked with a fault's id and its ``count`` whether this message is among the first ``count`` that fit."""


class Fate(NamedTuple):
    """What becomes of a message: when it leaves, how long each copy is on its way, in order or not.

    No latencies: it is lost, and ``reason`` says by what. ``departs_us`` of ``FOREVER_US``: it is held, and no end of
    that is known.
    """

    departs_us: int
    latencies_us: tuple[int, ...]
    ordered: bool
    reason: str = ""

    @property
    def held(self) -> bool:
        """Whether the message waits for a partition to end of which no end is known."""
        return self.departs_us == FOREVER_US


class Line:
    """The link from one node to another for one topic, with the faults that may touch it."""

    __slots__ = ("_base", "_cuts", "_made", "_salt", "_target", "_troubles")

    def __init__(self, base: LinkSettings, source: str, target: str, topic: str, faults: Iterable[Fault]) -> None:
        self._base = base
        self._target = target
        self._salt = salt_of(target)
        known = tuple(faults)
        self._cuts = tuple(fault for fault in known if fault.cuts(source, target))
        self._troubles = tuple(fault for fault in known if fault.troubles(source, target, topic))
        self._made: dict[tuple[str, ...], tuple[Link, str]] = {}

    @property
    def touched(self) -> bool:
        """Whether any fault can touch this link."""
        return bool(self._cuts or self._troubles)

    def fate(self, lanes: Lanes, type_: str, sent_us: int, take: Take) -> Fate:
        """The fate of a message with these random bits and this type, sent at ``sent_us``."""
        fitting = [fault for fault in self._troubles if _fits(fault, type_, sent_us, take)]
        over, lossy = self._as_troubled_by(fitting)
        latencies_us = over.travel(lanes)
        if not latencies_us:
            reason = "loss" if uniform(lanes[0], self._salt) < self._base.loss else lossy
            return Fate(sent_us, (), over.ordered, reason)
        departs_us, dropped_by = self._departure(sent_us)
        if dropped_by:
            return Fate(departs_us, (), over.ordered, dropped_by)
        return Fate(departs_us, latencies_us, over.ordered)

    def _departure(self, sent_us: int) -> tuple[int, str]:
        """When the message leaves, and which partition drops it then, if any."""
        departs_us = sent_us
        while True:
            holding = [fault for fault in self._cuts if fault.holds(departs_us)]
            for fault in holding:
                if isinstance(fault.settings, Partition) and fault.settings.mode == "drop":
                    return departs_us, fault.id
            if not holding:
                return departs_us, ""
            departs_us = max(fault.end_us for fault in holding)
            if departs_us >= FOREVER_US:
                return FOREVER_US, ""

    def _as_troubled_by(self, fitting: list[Fault]) -> tuple[Link, str]:
        """The link with these faults in it, and which of them made it lossy."""
        ids = tuple(fault.id for fault in fitting)
        made = self._made.get(ids)
        if made is None:
            settings, lossy = self._base, "loss"
            for fault in fitting:
                trouble = fault.settings
                if isinstance(trouble, LinkTrouble):
                    fields = ("latency", "loss", "duplicate", "ordered")
                    given = {k: v for k in fields if (v := getattr(trouble, k)) is not None}
                    settings = settings.model_copy(update=given)
                    lossy = fault.id if "loss" in given else lossy
            over = link(settings.latency, settings.loss, settings.duplicate, self._target, ordered=settings.ordered)
            made = self._made[ids] = (over, lossy)
        return made


def _fits(fault: Fault, type_: str, sent_us: int, take: Take) -> bool:
    trouble = fault.settings
    if not isinstance(trouble, LinkTrouble) or not fault.holds(sent_us):
        return False
    if trouble.types is not None and type_ not in trouble.types:
        return False
    return trouble.count is None or take(fault.id, trouble.count)
