"""The order service of the synchronous design: a chain of requests, each with a time-out, then one answer.

Rules
1. The steps of a checkout run one after the other (``CHAIN``): its latency is the sum of theirs, and a service that
   does not answer in time ends it.
2. Nothing is stored before validation and tax have answered: a checkout that fails before its commit was requested
   leaves no trace and is reported as ``fail``.
3. Once the commit was requested the outcome of a time-out is unknown, and reported as ``info``.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from workers.model.effects import CancelTimer, Effect, Send, SetTimer
from workers.model.message import TIMER_TOPIC, Json, Message
from workers.model.node import NOTHING, Context, State, Step
from workers.services.orders import MAILED, PLACED, REJECTED, TAXED, VALIDATED, update_id
from workers.services.store import GlobalStore


class Call(NamedTuple):
    """One hop of the chain: which service is asked what. ``safe``: nothing has been stored if it fails."""

    topic: str
    request: str
    safe: bool


CHAIN: Final[dict[str, Call]] = {
    "validate": Call("rpc.validation", "Validate", safe=True),
    "tax": Call("rpc.tax", "Tax", safe=True),
    "commit": Call("rpc.store", "Commit", safe=False),
    "mail": Call("rpc.email", "Mail", safe=False),
    "commit-mail": Call("rpc.store", "Commit", safe=False),
}
"""The steps of a checkout by name, in their order."""

_NEXT: Final = dict(zip(CHAIN, [*list(CHAIN)[1:], "done"], strict=True))
REPLY_TOPIC: Final = "rpc.order"


class CheckoutService:
    """Runs each ``PlaceOrder`` through the chain and answers when the last step has answered."""

    def __init__(self, timeout_ms: int) -> None:
        self.timeout_us = timeout_ms * 1_000

    def start(self, context: Context) -> Step:
        """The checkout service begins with nothing to do."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Begin a checkout, take a reply, or give up on a step."""
        key = message.key
        checkout = state.get(key)
        if message.type == "PlaceOrder":
            return NOTHING if checkout is not None else self._begin(message)
        if checkout is None or checkout["step"] == "done":
            return NOTHING
        if message.topic == TIMER_TOPIC:
            return self._give_up(key, checkout, message.data["step"])
        return self._advance(key, checkout, message)

    def _begin(self, command: Message) -> Step:
        checkout: Json = {
            "step": "validate",
            "facts": {PLACED: command.data},
            "reply_topic": command.reply_topic,
            "reply_key": command.reply_key,
        }
        return Step({command.key: checkout}, self._call(command.key, checkout))

    def _advance(self, key: str, checkout: Json, answer: Message) -> Step:
        """Take the answer to the current step; an answer to any other step came too late and is ignored."""
        step = checkout["step"]
        if answer.type == "Committed":
            if answer.data["step"] != step:
                return NOTHING
            facts = checkout["facts"]
        elif _answers(step, answer.type):
            facts = {**checkout["facts"], answer.type: answer.data}
        else:
            return NOTHING
        following = "commit" if answer.type == REJECTED else _NEXT[step]
        if step == "commit" and REJECTED in facts:
            following = "done"
        moved = {**checkout, "step": following, "facts": facts}
        stop = CancelTimer(_timer(key, step))
        if following == "done":
            return Step({key: moved}, (stop, _answer(key, moved, "ok", "")))
        return Step({key: moved}, (stop, *self._call(key, moved)))

    def _give_up(self, key: str, checkout: Json, step: str) -> Step:
        if checkout["step"] != step:
            return NOTHING
        call = CHAIN[step]
        service = call.topic.removeprefix("rpc.")
        error = f"{service} did not answer within {self.timeout_us // 1_000} ms"
        answer = _answer(key, checkout, "fail" if call.safe else "info", error)
        return Step({key: {**checkout, "step": "done"}}, (answer,))

    def _call(self, key: str, checkout: Json) -> tuple[Effect, ...]:
        step = checkout["step"]
        call = CHAIN[step]
        in_store = call.topic == "rpc.store"
        request = Send(
            call.topic,
            call.request,
            key,
            _arguments(step, checkout["facts"]),
            partition_key=GlobalStore.PARTITION_KEY if in_store else "",
            reply_topic=REPLY_TOPIC,
            reply_key=key,
        )
        return request, SetTimer(_timer(key, step), self.timeout_us, "TimedOut", key, {"step": step})


def _answers(step: str, answer_type: str) -> bool:
    expected = {"validate": (VALIDATED, REJECTED), "tax": (TAXED,), "mail": (MAILED,)}
    return answer_type in expected.get(step, ())


def _arguments(step: str, facts: Json) -> Json:
    """What a step's request carries, from the facts known so far."""
    if step == "commit":
        return {"step": step, "facts": facts}
    if step == "commit-mail":
        return {"step": step, "facts": {MAILED: facts[MAILED]}}
    if step == "mail":
        return {"email": facts[PLACED]["email"], "total_cents": facts[TAXED]["total_cents"]}
    placed: Json = facts[PLACED]
    return placed


def _answer(key: str, checkout: Json, outcome: str, error: str) -> Send:
    data = {"outcome": outcome, "error": error, "rejected": REJECTED in checkout["facts"]}
    if outcome == "ok":
        data["update"] = update_id(key, PLACED)
    return Send(checkout["reply_topic"], "OrderAccepted", key, data, partition_key=checkout["reply_key"])


def _timer(key: str, step: str) -> str:
    return f"{key}:{step}"
