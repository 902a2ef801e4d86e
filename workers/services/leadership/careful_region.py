"""A region that fails over without two primaries, and without losing what was acknowledged.

Rules
1. A primary takes writes only while its lease runs, by its own clock, counted from when it asked: the monitor promotes
   another no sooner. In between nobody takes writes: unavailable, not divergent.
2. A write is acknowledged when a majority of the regions has it. One that never got there was never acknowledged.
3. Whoever is promoted first asks what the others have, until a majority has reported: at least one of them has every
   acknowledged write. It takes the newest of each register and tells it to all, in its own epoch.
4. What a region lacks is sent again at every beat, so that a cut heals. What only a deposed primary has is taken
   back: at every beat a region reports what it has of earlier epochs, until the primary has told it what holds in this
   one; of a register that the primary never heard of, that there is nothing.

Source: B. Oki and B. Liskov, "Viewstamped Replication" (1988), by register instead of by log.
"""

from __future__ import annotations

from typing import Any

from workers.model.effects import Effect, Send, reply
from workers.model.message import Json, Message
from workers.model.node import NOTHING, Context, State, Step
from workers.services.leadership.lanes import lane_key
from workers.services.leadership.region import GROUP, REPLICATION, Region
from workers.services.leadership.region_records import NOTHING_THERE, copy_of, taken_in
from workers.services.leadership.register_clients import command_topic

WAITING_MAX = 64


class CarefulRegion(Region):
    """``Region`` with leases, acknowledgements by a majority, and a promotion that asks before it acts."""

    @property
    def majority(self) -> int:
        """How many regions have to have a write."""
        return len(self.regions) // 2 + 1

    def adopt(self, state: State, group: Json, primary: str, epoch: int, context: Context) -> Step:
        """Follow, or ask what the others have before anything else."""
        mine = primary == context.node
        adopted = {"primary": primary, "epoch": epoch, "until_us": 0, "ready": not mine, "reports": []}
        return Step({GROUP: adopted}, (self._ask(epoch, context),) if mine else ())

    def refusal(self, group: Json, context: Context) -> str:
        """A primary that is taking over, or whose lease has run out, takes nothing."""
        if not group["ready"]:
            return "unavailable: the primary is taking over"
        return "unavailable: the lease of the primary has run out" if context.now_us >= group["until_us"] else ""

    def took(self, key: str, record: Json, command: Message, context: Context) -> tuple[Json, tuple[Effect, ...]]:
        """Wait for other regions before the answer."""
        others = [region for region in self.regions if region != context.node]
        back = {"reply_topic": command.reply_topic, "reply_key": command.reply_key}
        waits = {"op": command.data["op"], "stamp": record["stamp"], "stored": [], **back}
        waiting = [*record["waiting"], waits][-WAITING_MAX:]
        return {**record, "lacking": others, "waiting": waiting}, ()

    def followed(self, message: Message, group: Json) -> tuple[Effect, ...]:
        """It is here now."""
        data = {"epoch": message.data["epoch"], "stamp": message.data["copy"]["stamp"]}
        return (Send(command_topic(message.source), "Stored", message.key, data),)

    def beat(self, state: State, group: Json, context: Context) -> tuple[Effect, ...]:
        """Ask again who has not reported, tell again what somebody lacks; report what the primary has not confirmed."""
        if group["primary"] != context.node:
            old = {k: copy_of(r) for k, r in state.items() if k != GROUP and r["stamp"][0] < group["epoch"]}
            return (self._reported(group["primary"], group["epoch"], old, context),) if old else ()
        if not group["ready"]:
            return (self._ask(group["epoch"], context),)
        records = ((key, record) for key, record in state.items() if key != GROUP and record["lacking"])
        return tuple(self.replicate(key, record, group) for key, record in records)

    def hear(self, state: State, group: Json, message: Message, context: Context) -> Step:
        """Leases, reports, and what others have stored."""
        data, mine = message.data, group["primary"] == context.node
        if message.type == "Report" and data["epoch"] >= group["epoch"]:
            return self._report(state, group, message, context)
        if not mine or data.get("epoch") != group["epoch"]:
            return NOTHING
        if message.type == "Lease" and data["primary"] == context.node:
            until_us = max(group["until_us"], data["asked_us"] + self.lease_us)
            return Step({GROUP: {**group, "until_us": until_us}})
        if message.type == "Stored" and message.key in state:
            return self._stored(message.key, state[message.key], message)
        if message.type == "Reported" and group["ready"]:
            return self._take_back(state, group, message, context)
        if message.type == "Reported" and message.source not in group["reports"]:
            return self._take_over(state, group, message, context)
        return NOTHING

    def _ask(self, epoch: int, context: Context) -> Send:
        return Send(REPLICATION, "Report", lane_key(context.partition, context.partitions), {"epoch": epoch})

    def _report(self, state: State, group: Json, request: Message, context: Context) -> Step:
        epoch = request.data["epoch"]
        followed = {**group, "primary": request.source, "epoch": epoch, "ready": True, "until_us": 0}
        records = {key: copy_of(record) for key, record in state.items() if key != GROUP}
        return Step({GROUP: followed}, (self._reported(request.source, epoch, records, context),))

    @staticmethod
    def _reported(primary: str, epoch: int, records: Json, context: Context) -> Send:
        lane = lane_key(context.partition, context.partitions)
        return Send(command_topic(primary), "Reported", lane, {"epoch": epoch, "records": records})

    def _take_over(self, state: State, group: Json, message: Message, context: Context) -> Step:
        """One more report: take what is newer there; with a majority, lead, and tell everybody everything."""
        writes: dict[str, Any] = {}
        effects: list[Effect] = []
        for key, copy in message.data["records"].items():
            writes[key], reported = taken_in(key, state.get(key, NOTHING_THERE), copy)
            effects.extend(reported)
        reports = [*group["reports"], message.source]
        ready = len(reports) + 1 >= self.majority
        group = {**group, "reports": reports, "ready": ready}
        if ready:
            others = [region for region in self.regions if region != context.node]
            for key, record in {**state, **writes}.items():
                if key != GROUP:
                    stamp = [group["epoch"], record["stamp"][1]]
                    writes[key] = {**record, "stamp": stamp, "lacking": others, "waiting": []}
                    effects.append(self.replicate(key, writes[key], group))
        return Step({**writes, GROUP: group}, effects)

    def _take_back(self, state: State, group: Json, message: Message, context: Context) -> Step:
        """A region has registers that nobody of the majority had: nothing was acknowledged, so there is nothing."""
        others = [region for region in self.regions if region != context.node]
        nothing = {**NOTHING_THERE, "stamp": [group["epoch"], 0], "lacking": others}
        writes = {key: nothing for key in message.data["records"] if key not in state}
        return Step(writes, [self.replicate(key, nothing, group) for key in writes]) if writes else NOTHING

    def _stored(self, key: str, record: Json, message: Message) -> Step:
        """Another region has a version: acknowledge what a majority has by now."""
        region, stamp = message.source, message.data["stamp"]
        lacking = [other for other in record["lacking"] if other != region or stamp != record["stamp"]]
        waiting, effects = [], []
        for waits in record["waiting"]:
            known = waits
            if waits["stamp"] <= stamp and region not in waits["stored"]:
                known = {**waits, "stored": [*waits["stored"], region]}
            if len(known["stored"]) + 1 < self.majority:
                waiting.append(known)
                continue
            answer = {"op": waits["op"], "outcome": "ok", "error": "", **record["done"].get(waits["op"], {})}
            way = Message("", "", "", "", key, {}, reply_topic=waits["reply_topic"], reply_key=waits["reply_key"])
            effects.append(reply(way, "Changed", answer))
        return Step({key: {**record, "lacking": lacking, "waiting": waiting}}, effects)
