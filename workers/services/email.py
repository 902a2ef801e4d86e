"""The e-mail service: sends the confirmation of an order, once for each order whatever arrives how often."""

from __future__ import annotations

from workers.model.effects import Effect, Observe, Send, reply
from workers.model.message import Json, Message
from workers.model.node import NOTHING, Context, State, Step
from workers.model.observation import Effected
from workers.services.orders import MAILED, TAXED

EMAIL = "email"
"""The effect's name in the history."""


class EmailService:
    """Reacts to ``OrderTaxed`` with a mail and ``OrderMailed`` on ``topic``, and to the request ``Mail`` with a reply.

    De-duplicates by business key, the order, not by message: two messages that ask for one mail send one.
    """

    def __init__(self, topic: str = "") -> None:
        self.topic = topic

    def start(self, context: Context) -> Step:
        """The e-mail service begins with nothing to do."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Send one mail, or answer that it was sent."""
        key = message.key
        mail = {"to": message.data.get("email", ""), "total_cents": message.data.get("total_cents", 0)}
        if message.type == "Mail":
            answer = reply(message, MAILED, {"to": mail["to"]})
            return Step({}, (answer,)) if key in state else _mailed(key, mail, answer)
        if message.type != TAXED or key in state:
            return NOTHING
        return _mailed(key, mail, Send(self.topic, MAILED, key, {"to": mail["to"]}, sequence=4))


def _mailed(key: str, mail: Json, announcement: Effect) -> Step:
    return Step({key: {"fact": MAILED}}, (Observe(Effected(EMAIL, key, mail)), announcement))
