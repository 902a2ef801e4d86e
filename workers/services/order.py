"""The order service of the event-driven designs: accepts commands, owns the order's facts, follows others' facts."""

from __future__ import annotations

from workers.model.effects import Effect, Send
from workers.model.message import Message
from workers.model.node import NOTHING, Context, State, Step
from workers.services.orders import FACTS, PLACED, accepted, applied, learn


class OrderService:
    """Accepts ``PlaceOrder``, announces ``OrderPlaced`` on ``topic``, and learns what the other services found out.

    A command for an order that is known is a retry: it is answered as before and announced no second time.
    """

    def __init__(self, topic: str) -> None:
        self.topic = topic

    def start(self, context: Context) -> Step:
        """An order service begins with nothing to do."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Accept a command or learn a fact."""
        key = message.key
        known = state.get(key)
        if message.type == "PlaceOrder":
            if known is not None and PLACED in known:
                return Step({}, (accepted(message),))
            record = {**(known or {}), PLACED: message.data}
            effects: tuple[Effect, ...] = (
                applied(key, record, PLACED),
                Send(self.topic, PLACED, key, message.data, sequence=1),
                accepted(message),
            )
            return Step({key: record}, effects)
        if message.type not in FACTS:
            return NOTHING
        learnt = learn(known, message.type, message.data)
        if learnt is None:
            return NOTHING
        return Step({key: learnt}, (applied(key, learnt, message.type),))
