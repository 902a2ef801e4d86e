"""The e-mail service: sends the confirmation of an order, once for each order whatever arrives how often."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workers.model.effects import Effect, Observe, Send, reply
from workers.model.message import Message
from workers.model.node import NOTHING, Context, State, Step
from workers.model.observation import Effected
from workers.services.orders import MAILED, PLACED, TAXED, VALIDATED

EMAIL = "email"
"""The effect's name in the history."""

CONFIRMS = (PLACED, TAXED, VALIDATED)
"""What a confirmation tells the customer: the order is in, it is valid, and this is what it costs."""


def mail_sent(key: str, to: str, claims: Iterable[str], **more: Any) -> Observe:
    """The effect of a mail that says that these facts about an order are so (docs/history-format.md)."""
    claimed = [f"{key}:{fact}" for fact in sorted(claims)]
    return Observe(Effected(EMAIL, key, {"to": to, "claims": claimed, "version": len(claimed), **more}))


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
        to = message.data.get("email", "")
        if message.type == "Mail":
            answer = reply(message, MAILED, {"to": to})
            return Step({}, (answer,)) if self.was_mailed(state, key) else _mailed(message, answer)
        if message.type != TAXED or self.was_mailed(state, key):
            return NOTHING
        return _mailed(message, Send(self.topic, MAILED, key, {"to": to}, sequence=4))

    def was_mailed(self, state: State, key: str) -> bool:
        """Whether the mail about an order went out before."""
        return key in state


class EmailServiceWithoutKey(EmailService):
    """Broken: takes every message for a mail that nobody has sent yet, also the second copy of one."""

    def was_mailed(self, state: State, key: str) -> bool:
        """It does not look."""
        return False


def _mailed(message: Message, announcement: Effect) -> Step:
    key, data = message.key, message.data
    sent = mail_sent(key, data.get("email", ""), CONFIRMS, total_cents=data.get("total_cents", 0))
    return Step({key: {"fact": MAILED}}, (sent, announcement))
