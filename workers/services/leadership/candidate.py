"""A node that leads while it holds the lease, as far as it knows.

Rules
1. It believes that it leads until it looks at its clock and sees that the lease has run out. It looks when a timer says
   so; between two looks it just works. That is how such code is written, and the bug: whoever was paused in between
   goes on as the leader that it no longer is. Only a fence at the storage makes that harmless.
2. A lease counts from when it was asked for, by the clock of the candidate: never longer than the service thinks.
3. Whoever steps down refuses the commands that wait. The one in work goes on: its next line is the write.
"""

from __future__ import annotations

from typing import Final

from workers.model.effects import Effect, Observe, Send, SetTimer
from workers.model.message import TIMER_TOPIC, Json, Message
from workers.model.node import NOTHING, Context, State, Step
from workers.model.observation import Effected
from workers.services.leadership.lanes import lane_key
from workers.services.leadership.leading_work import (
    enqueue,
    is_work,
    not_leader,
    proceed,
    refuse_waiting,
)
from workers.services.leadership.lock import ACQUIRE, DENIED, GRANTED, LOCK_REQUESTS

LEASE: Final = "~lease"
LEADS, STEPS_DOWN = "leads", "steps-down"
"""The effects' names in the history: a candidate takes itself for the leader of its partition from here, to here."""
_FOLLOWER: Final[Json] = {"leading": False, "token": 0, "until_us": 0, "leader": ""}


def lease_topic(candidate: str) -> str:
    """Where a candidate hears about the lease."""
    return f"leases.{candidate}"


class Candidate:
    """Tries to lead, and does what clients ask while it takes itself for the leader.

    ``place`` among the candidates decides who asks first. ``timeout_ms``: how long it waits for the storage.
    """

    def __init__(self, place: int, lease_ms: int, renew_ms: int, timeout_ms: int) -> None:
        self.place = place
        self.lease_us = lease_ms * 1_000
        self.renew_us = renew_ms * 1_000
        self.timeout_us = timeout_ms * 1_000

    def start(self, context: Context) -> Step:
        """Ask for the lease, the candidates one after the other."""
        return Step({}, (self._look_again(1, context, self.place * self.renew_us),))

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Look at the clock, hear about the lease, or work."""
        lease = state.get(LEASE, _FOLLOWER)
        if message.type == "Look" and message.topic == TIMER_TOPIC:
            return self._look(state, lease, message.data["number"], context)
        if message.type == GRANTED:
            return self._granted(lease, message.data, context)
        if message.type == DENIED:
            leader = message.data["leader"]
            return NOTHING if leader == lease["leader"] else Step({LEASE: {**lease, "leader": leader}})
        if message.type == "Change":
            if not lease["leading"]:
                return Step({}, (not_leader(message, lease["leader"]),))
            return enqueue(state, message, lease["token"], self.timeout_us, context)
        if not is_work(message):
            return NOTHING
        if message.type == "Fenced" and lease["leading"] and lease["token"] < message.data["largest"]:
            return self._step_down(state, lease, message, context)
        return proceed(state, lease, message, self.timeout_us, context)

    def _look(self, state: State, lease: Json, number: int, context: Context) -> Step:
        ask = Send(
            LOCK_REQUESTS,
            ACQUIRE,
            lane_key(context.partition, context.partitions),
            {"candidate": context.node, "asked_us": context.now_us},
            reply_topic=lease_topic(context.node),
            reply_key=lane_key(context.partition, context.partitions),
        )
        effects: tuple[Effect, ...] = (ask, self._look_again(number + 1, context, self.renew_us))
        if not lease["leading"] or context.now_us < lease["until_us"]:
            return Step({}, effects)
        down = self._step_down(state, lease, None, context)
        return Step(down.writes, (*down.effects, *effects))

    def _granted(self, lease: Json, grant: Json, context: Context) -> Step:
        until_us = grant["asked_us"] + self.lease_us
        token = grant["token"]
        if (
            until_us <= max(context.now_us, lease["until_us"] if token == lease["token"] else 0)
            or token < lease["token"]
        ):
            return NOTHING
        held = {"leading": True, "token": token, "until_us": until_us, "leader": context.node}
        if lease["leading"] and token == lease["token"]:
            return Step({LEASE: held})
        leads = Effected(LEADS, lane_key(context.partition, context.partitions), {"token": token})
        return Step({LEASE: held}, (Observe(leads),))

    def _step_down(self, state: State, lease: Json, refusal: Message | None, context: Context) -> Step:
        """Lead no longer; with a refusal of the storage the work that it belongs to ends as well."""
        follower = {**lease, "leading": False, "leader": ""}
        detail = {"token": lease["token"], "why": "fenced" if refusal else "the lease ran out"}
        told = Effected(STEPS_DOWN, lane_key(context.partition, context.partitions), detail)
        writes, effects = refuse_waiting(state)
        if refusal is not None:
            left = {**state, **{key: work for key, work in writes.items() if work is not None}}
            ended = proceed(left, follower, refusal, self.timeout_us, context)
            writes, effects = {**writes, **ended.writes}, (*effects, *ended.effects)
        return Step({**writes, LEASE: follower}, (Observe(told), *effects))

    @staticmethod
    def _look_again(number: int, context: Context, after_us: int) -> SetTimer:
        lane = lane_key(context.partition, context.partitions)
        return SetTimer(f"look:{number}", after_us, "Look", lane, {"number": number})
