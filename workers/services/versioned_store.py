"""A store whose one write is compare-and-write: it takes effect only if nobody wrote since the writer has read.

Rules
1. To compare the version and to write is one step of the one shard that owns the order: nothing comes between the two.
2. Accepted versions of an order are gapless, and each has one writer.
3. A write carries an idempotency key. One that was accepted before is answered as before and takes no effect again, so
   a writer whose answer was lost may ask again.
"""

from __future__ import annotations

from workers.model.effects import Send, reply
from workers.model.message import Json, Message
from workers.model.node import NOTHING, Context, State, Step
from workers.services.whole_orders import observations


class VersionedStore:
    """Answers ``Read`` with an order and its version, and ``Write`` with ``Written`` or ``Conflict``.

    Every accepted write is announced on ``topic``, the whole order, with its version as the sequence.
    """

    def __init__(self, topic: str) -> None:
        self.topic = topic

    def start(self, context: Context) -> Step:
        """The store begins empty: every order has version 0."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Read, or compare and write."""
        if message.type == "Read":
            known = state.get(message.key, {"version": 0, "order": {}})
            data = {"version": known["version"], "order": known["order"], "attempt": message.data["attempt"]}
            return Step({}, (reply(message, "Versioned", data),))
        return self._write(state, message) if message.type == "Write" else NOTHING

    def _write(self, state: State, request: Message) -> Step:
        key, data = request.key, request.data
        known = state.get(key, {"version": 0, "order": {}, "accepted": []})
        version: int = known["version"]
        attempt = {"attempt": data["attempt"]}
        if data["idempotency_key"] in known["accepted"]:
            return Step({}, (reply(request, "Written", attempt),))
        if data["expected"] != version:
            return Step({}, (reply(request, "Conflict", {**attempt, "version": version}),))
        order: Json = data["order"]
        accepted = [*known["accepted"], data["idempotency_key"]]
        announced = Send(self.topic, data["fact"], key, order, sequence=version + 1)
        reported = observations(key, known["order"] or None, order, data["fact"])
        record = {"version": version + 1, "order": order, "accepted": accepted}
        return Step({key: record}, (*reported, announced, reply(request, "Written", attempt)))
