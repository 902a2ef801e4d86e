"""The validation service: says once for each order whether it is valid, as an event or as a reply."""

from __future__ import annotations

from workers.model.effects import Send, reply
from workers.model.message import Json, Message
from workers.model.node import NOTHING, Context, State, Step
from workers.services.checks import rejection
from workers.services.orders import PLACED, REJECTED, VALIDATED


class ValidationService:
    """Reacts to ``OrderPlaced`` with a fact on ``topic``, and to the request ``Validate`` with a reply."""

    def __init__(self, topic: str = "") -> None:
        self.topic = topic

    def start(self, context: Context) -> Step:
        """Validation begins with nothing to do."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Validate one order; an order that was validated before is not announced again."""
        if message.type == "Validate":
            fact, found = self.judge(message.data)
            return Step({}, (reply(message, fact, found),))
        if message.type != PLACED or message.key in state:
            return NOTHING
        fact, found = self.judge(message.data)
        return Step({message.key: {"fact": fact}}, (Send(self.topic, fact, message.key, found, sequence=2),))

    @staticmethod
    def judge(order: Json) -> tuple[str, Json]:
        """The fact that validation finds about an order, with its data for those who act on it."""
        if reason := rejection(order):
            return REJECTED, {"reason": reason}
        return VALIDATED, {"net_cents": order["net_cents"], "country": order["country"], "email": order["email"]}
