"""The e-mail service that waits for the views: an order is mailed when all of them have said that they show it."""

from __future__ import annotations

from workers.model.message import Message
from workers.model.node import NOTHING, Context, State, Step
from workers.services.whole_flow import VIEW_UPDATED, mail


class MailWhenShown:
    """Mails an order once, when each of ``views`` has announced it.

    It counts distinct views, not messages: a second copy of one view's announcement says nothing about another view.
    """

    def __init__(self, views: tuple[str, ...]) -> None:
        self.views = views

    def start(self, context: Context) -> Step:
        """Nothing is shown yet."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Note which view shows the order, and mail it after the last one."""
        key = message.key
        if message.type != VIEW_UPDATED:
            return NOTHING
        shown_by = state.get(key, {}).get("shown_by", [])
        view = message.data["view"]
        if view in shown_by:
            return NOTHING
        now = sorted([*shown_by, view])
        effects = mail(key, message.data["order"], to_customer=True) if set(now) >= set(self.views) else ()
        return Step({key: {"shown_by": now}}, effects)
