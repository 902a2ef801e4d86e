"""A region with a full copy: as primary it takes writes at once and tells the others afterwards.

That is fast, and has two faults. Cut off, it goes on as primary whatever the monitor says meanwhile to others; and a
write that it has acknowledged may be nowhere else when it is replaced. ``workers.services.leadership.careful_region``
has neither.
"""

from __future__ import annotations

from typing import Any, Final

from workers.model.effects import Effect, Send, SetTimer, reply
from workers.model.message import TIMER_TOPIC, Json, Message
from workers.model.node import NOTHING, Context, State, Step
from workers.services.leadership.lanes import lane_key
from workers.services.leadership.monitor import ALIVE
from workers.services.leadership.region_records import NOTHING_THERE, accepted, copy_of, taken_in
from workers.services.leadership.register_clients import command_topic
from workers.services.leadership.registers import read_answer

REPLICATION: Final = "replication"
GROUP: Final = "~group"
HOPS_MAX: Final = 2


class Region:
    """Answers ``Read`` from what it has; takes ``Change`` as primary, or passes it on to whom it takes for that."""

    def __init__(self, regions: tuple[str, ...], lease_ms: int, beat_ms: int) -> None:
        self.regions = regions
        self.lease_us = lease_ms * 1_000
        self.beat_us = beat_ms * 1_000

    def start(self, context: Context) -> Step:
        """The first region is primary of epoch 1."""
        group = {"primary": self.regions[0], "epoch": 1, "until_us": 0, "ready": True, "reports": []}
        return Step({GROUP: group}, (self._alive(group, context), self._beat(1)))

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Serve clients, follow the primary, hear who that is, or show that it is alive."""
        group = state.get(GROUP)
        if group is None or (message.source == context.node and message.topic != TIMER_TOPIC):
            return NOTHING
        if message.type == "Read":
            return Step({}, (read_answer(message, state.get(message.key, NOTHING_THERE)),))
        if message.type == "Change":
            return self._change(state, group, message, context)
        if message.type == "Replicated":
            return self._follow(state, group, message, context)
        if message.type == "Primary" and message.data["epoch"] > group["epoch"]:
            return self.adopt(state, group, message.data["primary"], message.data["epoch"], context)
        if message.topic == TIMER_TOPIC and message.type == "Beat":
            effects = (self._alive(group, context), self._beat(message.data["number"] + 1))
            return Step({}, (*effects, *self.beat(state, group, context)))
        return self.hear(state, group, message, context)

    # -- what a careful region does otherwise

    def adopt(self, state: State, group: Json, primary: str, epoch: int, context: Context) -> Step:
        """Another epoch, and perhaps another primary: from now on it is so."""
        return Step({GROUP: {**group, "primary": primary, "epoch": epoch}})

    def refusal(self, group: Json, context: Context) -> str:
        """Why a primary does not take a write now, or the empty text."""
        return ""

    def took(self, key: str, record: Json, command: Message, context: Context) -> tuple[Json, tuple[Effect, ...]]:
        """Acknowledge a write that the primary has taken."""
        answer = record["done"][command.data["op"]]
        return record, (answered(command, "ok", "", **answer),)

    def followed(self, message: Message, group: Json) -> tuple[Effect, ...]:
        """What to tell the primary of a write that is here now."""
        return ()

    def beat(self, state: State, group: Json, context: Context) -> tuple[Effect, ...]:
        """What else to say at every beat."""
        return ()

    def hear(self, state: State, group: Json, message: Message, context: Context) -> Step:
        """Any other message."""
        return NOTHING

    # -- the same for both

    def _change(self, state: State, group: Json, command: Message, context: Context) -> Step:
        key, data = command.key, command.data
        if group["primary"] != context.node:
            if data.get("hops", 0) >= HOPS_MAX:
                return Step({}, (answered(command, "fail", "no region takes itself for the primary"),))
            passed = {**data, "hops": data.get("hops", 0) + 1}
            topic, back = command_topic(group["primary"]), command.reply_key
            return Step({}, (Send(topic, "Change", key, passed, reply_topic=command.reply_topic, reply_key=back),))
        record = state.get(key, NOTHING_THERE)
        if data["op"] in record["done"]:
            return NOTHING
        if why := self.refusal(group, context):
            return Step({}, (answered(command, "fail", why),))
        old, new = data["value"] if data["f"] == "cas" else (record["value"], data["value"])
        if old != record["value"]:
            return Step({}, (answered(command, "fail", f"another value was there than {old}"),))
        after, applied = accepted(key, record, context.node, group["epoch"], data["op"], new)
        after, effects = self.took(key, after, command, context)
        return Step({key: after}, (applied, self.replicate(key, after, group), *effects))

    def _follow(self, state: State, group: Json, message: Message, context: Context) -> Step:
        """Take in what the primary of this or a later epoch has written; an earlier one is heard no more."""
        key, data = message.key, message.data
        if data["epoch"] < group["epoch"]:
            return NOTHING
        writes: dict[str, Any] = {}
        if data["epoch"] > group["epoch"]:
            writes.update(self.adopt(state, group, message.source, data["epoch"], context).writes)
        record, reported = taken_in(key, state.get(key, NOTHING_THERE), data["copy"])
        return Step({**writes, key: record}, (*reported, *self.followed(message, group)))

    @staticmethod
    def replicate(key: str, record: Json, group: Json) -> Send:
        """Tell the other regions what a register is."""
        return Send(REPLICATION, "Replicated", key, {"epoch": group["epoch"], "copy": copy_of(record)})

    def _alive(self, group: Json, context: Context) -> Send:
        lane = lane_key(context.partition, context.partitions)
        data = {"region": context.node, "epoch": group["epoch"], "asked_us": context.now_us}
        return Send(ALIVE, "Alive", lane, data)

    def _beat(self, number: int) -> SetTimer:
        return SetTimer(f"beat:{number}", self.beat_us, "Beat", "", {"number": number})


def answered(command: Message, outcome: str, error: str, **more: Any) -> Send:
    """The answer to a command."""
    return reply(command, "Changed", {"op": command.data["op"], "outcome": outcome, "error": error, **more})
