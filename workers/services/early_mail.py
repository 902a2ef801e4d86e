"""The e-mail service that confirms an order as soon as it is placed, before anybody has looked at it.

Rules
1. Its mail says that the order is in and valid. The second is a guess: validation comes later, and may reject.
2. One that apologises follows the rejections too, and takes back in a second mail what the first one claimed. A mail
   cannot be taken back; all that can be done is to say that it was wrong.
3. Each of the two mails goes out once for each order.
"""

from __future__ import annotations

from workers.model.effects import Send
from workers.model.message import Json, Message
from workers.model.node import NOTHING, Context, State, Step
from workers.services.email import mail_sent
from workers.services.orders import MAILED, PLACED, REJECTED, VALIDATED, seen, update_id
from workers.services.whole_flow import delivered

GUESSED: Json = {PLACED: {}, VALIDATED: {}}
"""What the early mail claims."""


class EarlyMailer:
    """Mails each order that is placed, and announces it on ``topic``; one that ``apologises`` follows up rejections."""

    def __init__(self, topic: str, *, apologises: bool = False) -> None:
        self.topic = topic
        self.apologises = apologises

    def start(self, context: Context) -> Step:
        """The e-mail service begins with nothing to do."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Confirm an order, or take a confirmation back."""
        key = message.key
        known = state.get(key, {})
        if message.type == PLACED and "to" not in known:
            return self._confirm(message, rejected="rejected" in known)
        if message.type == REJECTED and self.apologises and "rejected" not in known:
            return self._apologise(key, known.get("to"))
        return NOTHING

    def _confirm(self, placed: Message, *, rejected: bool) -> Step:
        """The confirmation, unless the rejection was quicker than the order: then the customer is told that at once."""
        key, to = placed.key, placed.data["email"]
        if rejected:
            return Step({key: {"to": to, "rejected": True}}, (mail_sent(key, to, (PLACED, REJECTED)),))
        announced = Send(self.topic, MAILED, key, {"to": to}, sequence=2)
        return Step({key: {"to": to}}, (mail_sent(key, to, GUESSED), announced, delivered(key, to, seen(key, GUESSED))))

    def _apologise(self, key: str, to: str | None) -> Step:
        if to is None:
            return Step({key: {"rejected": True}})
        apology = mail_sent(key, to, (PLACED, REJECTED), retracts=[update_id(key, VALIDATED)])
        return Step({key: {"to": to, "rejected": True}}, (apology,))
