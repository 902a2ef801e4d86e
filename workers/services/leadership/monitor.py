"""The monitor of regions: promotes another one when it has not heard the primary for the length of a lease.

What the primary may conclude from a lease that has run out is the region's affair: a careful one stops, a careless one
goes on, and then there are two.
"""

from __future__ import annotations

from typing import Final

from workers.model.effects import Effect, Observe, Send, SetTimer
from workers.model.message import TIMER_TOPIC, Json, Message
from workers.model.node import NOTHING, Context, State, Step
from workers.model.observation import Effected
from workers.services.leadership.lanes import lane_key

ALIVE, PRIMARIES = "alive", "primaries"
PROMOTES = "promotes"
"""The effect's name in the history: from here on the region is primary of its partition."""
_GROUP: Final = "~group"


class Monitor:
    """Hears from every region on ``alive``, and says on ``primaries`` who is primary, in which epoch, how long."""

    def __init__(self, regions: tuple[str, ...], lease_ms: int, beat_ms: int) -> None:
        self.regions = regions
        self.lease_us = lease_ms * 1_000
        self.beat_us = beat_ms * 1_000

    def start(self, context: Context) -> Step:
        """The first region is primary of epoch 1."""
        heard = dict.fromkeys(self.regions, context.now_us)
        group = {"primary": self.regions[0], "epoch": 1, "heard_us": heard}
        return Step({_GROUP: group}, (self._beat(1),))

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Hear from a region, or look whom nobody has heard from."""
        group = state.get(_GROUP)
        if group is None:
            return NOTHING
        if message.topic == TIMER_TOPIC:
            return self._look(group, message.data["number"], context)
        if message.type != "Alive":
            return NOTHING
        region, epoch = message.data["region"], message.data["epoch"]
        if region == group["primary"] and epoch != group["epoch"]:
            return NOTHING  # It does not know yet that it is primary again: this is not the primary's voice.
        heard = {**group, "heard_us": {**group["heard_us"], region: context.now_us}}
        if region != group["primary"]:
            return Step({_GROUP: heard})
        lease = {"primary": region, "epoch": epoch, "asked_us": message.data["asked_us"]}
        return Step({_GROUP: heard}, (_tell("Lease", lease, context),))

    def _look(self, group: Json, number: int, context: Context) -> Step:
        effects: list[Effect] = [self._beat(number + 1)]
        heard_us = group["heard_us"]

        def silent(region: str) -> bool:
            return bool(context.now_us - heard_us[region] >= self.lease_us)

        others = [region for region in self.regions if region != group["primary"] and not silent(region)]
        if silent(group["primary"]) and others:
            primary, epoch = others[0], group["epoch"] + 1
            group = {"primary": primary, "epoch": epoch, "heard_us": {**heard_us, primary: context.now_us}}
            promoted = {"primary": primary, "epoch": epoch}
            effects.append(Observe(Effected(PROMOTES, lane_key(context.partition, context.partitions), promoted)))
        effects.append(_tell("Primary", {"primary": group["primary"], "epoch": group["epoch"]}, context))
        return Step({_GROUP: group}, effects)

    def _beat(self, number: int) -> SetTimer:
        return SetTimer(f"beat:{number}", self.beat_us, "Beat", "", {"number": number})


def _tell(type: str, data: Json, context: Context) -> Send:
    return Send(PRIMARIES, type, lane_key(context.partition, context.partitions), data)
