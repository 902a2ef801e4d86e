"""Deltas that are sent until they are acknowledged, by services that were made to send whole orders.

Rules
1. A service sends the delta that it made, one fact, and nothing else; who takes it in joins it, so copies do no harm.
2. Whoever follows a delta acknowledges each copy. While somebody has not, the maker falls back to the whole state: what
   it knew of the order, with its delta, after ``resend_ms``, then after twice as long, at most ``8 * resend_ms``.
3. What is unacknowledged is a record, and when it is sent again a timer: both outlive the instance.

Almeida, Shoker, Baquero, "Delta state replicated data types", 2018, with the acknowledgements and the fall-back to the
state of algorithm 2. A maker makes one delta for each order, so an interval of deltas has one member and no numbers.
"""

from __future__ import annotations

from typing import Final

import msgspec

from workers.model.effects import CancelTimer, Send, SetTimer, reply
from workers.model.message import TIMER_TOPIC, Json, Message
from workers.model.node import NOTHING, Context, Service, State, Step
from workers.services.orders import FACTS

TAKEN: Final = "DeltaTaken"
RESEND: Final = "ResendDelta"
SLOWEST: Final = 8
"""Times ``resend_ms``: no wait for an acknowledgement grows longer."""


def acknowledgements_topic(maker: str) -> str:
    """The topic on which one maker of deltas hears who has them."""
    return f"acknowledgements.{maker}"


class Acknowledging:
    """A service that acknowledges each delta, whether or not it was new to it."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def start(self, context: Context) -> Step:
        """As the service begins."""
        return self.service.start(context)

    def step(self, state: State, message: Message, context: Context) -> Step:
        """What the service does, and the acknowledgement in the same turn."""
        step = self.service.step(state, message, context)
        if message.type not in FACTS or not message.reply_topic:
            return step
        return Step(step.writes, (*step.effects, reply(message, TAKEN, {"by": context.node})))


class DeltaMaker:
    """A service whose whole orders leave as deltas, and are sent again until all ``followers`` of it have them.

    ``service`` sends at most one fact about each order.
    """

    def __init__(self, service: Service, followers: tuple[str, ...], resend_ms: int) -> None:
        self.service = service
        self.followers = followers
        self.resend_ms = resend_ms

    def start(self, context: Context) -> Step:
        """As the service begins."""
        return self.service.start(context)

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Note an acknowledgement, send again what nobody acknowledged, or let the service work."""
        if message.type == TAKEN:
            return self._taken(state, message)
        if message.topic == TIMER_TOPIC and message.type == RESEND:
            return self._resent(state, message.key)
        step = self.service.step(state, message, context)
        made = next((e for e in step.effects if isinstance(e, Send) and e.type in FACTS), None)
        if made is None:
            return step
        whole = msgspec.structs.replace(made, reply_topic=acknowledgements_topic(context.node), reply_key=made.key)
        delta = msgspec.structs.replace(whole, data={made.type: made.data[made.type]})
        told: Json = {"message": msgspec.to_builtins(whole), "lacking": list(self.followers), "attempt": 1}
        effects = [delta if effect is made else effect for effect in step.effects]
        return Step({**step.writes, _record(made.key): told}, (*effects, self._again(made.key, 1)))

    def _taken(self, state: State, acknowledgement: Message) -> Step:
        key, by = acknowledgement.key, acknowledgement.data["by"]
        told = state.get(_record(key))
        if told is None or by not in told["lacking"]:
            return NOTHING
        lacking = [follower for follower in told["lacking"] if follower != by]
        if lacking:
            return Step({_record(key): {**told, "lacking": lacking}})
        return Step({_record(key): None}, (CancelTimer(_timer(key, told["attempt"])),))

    def _resent(self, state: State, key: str) -> Step:
        told = state.get(_record(key))
        if told is None:
            return NOTHING
        attempt = told["attempt"] + 1
        whole = msgspec.convert(told["message"], Send)
        return Step({_record(key): {**told, "attempt": attempt}}, (whole, self._again(key, attempt)))

    def _again(self, key: str, attempt: int) -> SetTimer:
        wait_ms = self.resend_ms * min(1 << min(attempt - 1, 16), SLOWEST)
        return SetTimer(_timer(key, attempt), wait_ms * 1_000, RESEND, key, {})


def _record(key: str) -> str:
    return f"{key}:unacknowledged"


def _timer(key: str, attempt: int) -> str:
    """Another name for each attempt: what a timer sends is named after it, and no two messages share an id."""
    return f"resend:{key}:{attempt}"
