"""The sales tax service: computes the tax of each valid order once, as an event or as a reply."""

from __future__ import annotations

from workers.model.effects import Send, reply
from workers.model.message import Message
from workers.model.node import NOTHING, Context, State, Step
from workers.services.checks import tax
from workers.services.orders import TAXED, VALIDATED


class TaxService:
    """Reacts to ``OrderValidated`` with ``OrderTaxed`` on ``topic``, and to the request ``Tax`` with a reply."""

    def __init__(self, topic: str = "") -> None:
        self.topic = topic

    def start(self, context: Context) -> Step:
        """Tax begins with nothing to do."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Tax one order; an order that was taxed before is not announced again."""
        order = message.data
        if message.type == "Tax":
            return Step({}, (reply(message, TAXED, tax(order["net_cents"], order["country"])),))
        if message.type != VALIDATED or message.key in state:
            return NOTHING
        found = {**tax(order["net_cents"], order["country"]), "email": order["email"]}
        return Step({message.key: {"fact": TAXED}}, (Send(self.topic, TAXED, message.key, found, sequence=3),))
