"""The services of the designs in which orders travel whole: they add, take orders in, show them and mail them."""

from __future__ import annotations

from collections.abc import Mapping

from workers.model.effects import Effect, Send
from workers.model.message import TIMER_TOPIC, Json, Message
from workers.model.node import NOTHING, Context, State, Step
from workers.services.client import MAILS, session_of
from workers.services.email import mail_sent
from workers.services.held_queries import HeldQueries
from workers.services.orders import FACTS, MAILED, PLACED, TAXED, accepted, seen
from workers.services.whole_orders import Addition, Merge, join, mailing, observations, shown

VIEW_UPDATED = "ViewUpdated"


class WholeOrderAdder:
    """Adds its own fact to the first message about each order, and sends the order on, whole.

    ``topics`` says for each fact that it may add where the order goes then.
    """

    def __init__(self, add: Addition, topics: Mapping[str, str]) -> None:
        self.add = add
        self.topics = topics

    def start(self, context: Context) -> Step:
        """There is nothing to add yet."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Add once to each order, whatever comes how often."""
        key = message.key
        if message.type not in FACTS or key in state:
            return NOTHING
        found = self.add(message.data)
        if found is None:
            return NOTHING
        fact, data = found
        order = {**message.data, fact: data}
        return Step({key: {"fact": fact}}, (Send(self.topics[fact], fact, key, order, sequence=len(order)),))


class WholeOrderIntake:
    """The order service: accepts ``PlaceOrder``, sends the new order on ``topic``, and takes in what comes back.

    Where it is no replica (``shows`` is false) it reports nothing of what it has.
    """

    def __init__(self, topic: str, merge: Merge = join, *, shows: bool = True) -> None:
        self.topic = topic
        self.merge = merge
        self.shows = shows

    def start(self, context: Context) -> Step:
        """An order service begins with nothing to do."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Accept a command, the same one once, or take in an order."""
        if message.type != "PlaceOrder":
            return take_in(self.merge, state, message)
        key = message.key
        known = state.get(key)
        if known is not None and PLACED in known:
            return Step({}, (accepted(message),))
        order = {**(known or {}), PLACED: message.data}
        announced = Send(self.topic, PLACED, key, order, sequence=len(order))
        reported = observations(key, known, order, PLACED) if self.shows else ()
        return Step({key: order}, (*reported, announced, accepted(message)))


class WholeOrdersView:
    """A read replica: takes in each order that arrives, and answers ``ReadOrder`` from what it has.

    A query with a token waits for what it asks for, at most ``timeout_ms``; with ``links_wait`` the link of a mail
    waits too. With ``updated_topic`` it announces there, once for each order, that it shows it complete enough to be
    mailed.
    """

    def __init__(
        self, timeout_ms: int, merge: Merge = join, updated_topic: str = "", *, links_wait: bool = False
    ) -> None:
        self.queries = HeldQueries(shown, timeout_ms, links_wait=links_wait)
        self.merge = merge
        self.updated_topic = updated_topic

    def start(self, context: Context) -> Step:
        """A view begins empty."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Take in an order and wake who waits for it, answer or hold a query, or give up on one."""
        key = message.key
        if message.type == "ReadOrder":
            return self.queries.ask(state, message)
        if message.topic == TIMER_TOPIC:
            return self.queries.give_up(state, message)
        taken = take_in(self.merge, state, message)
        if taken is NOTHING:
            return NOTHING
        taken = self.queries.wake(state, key, taken)
        if not self.updated_topic:
            return taken
        before, after = state.get(key), taken.writes[key]
        if after is None or mailing(after) is None or (before is not None and mailing(before) is not None):
            return taken
        updated = Send(self.updated_topic, VIEW_UPDATED, key, {"view": context.node, "order": after})
        return Step(taken.writes, (*taken.effects, updated))


class WholeOrderMailer:
    """Mails each order once, as soon as what it has taken in is valid and taxed.

    With ``topic`` it sends the mailed order on, whole; with ``to_customer`` the customer gets the mail and may follow
    its link, which names the version of the order of which the mail speaks.
    """

    def __init__(self, merge: Merge = join, topic: str = "", *, to_customer: bool = False) -> None:
        self.merge = merge
        self.topic = topic
        self.to_customer = to_customer

    def start(self, context: Context) -> Step:
        """The e-mail service begins with nothing to do."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Take in an order, and mail it if it is ready and was not mailed."""
        key = message.key
        sent = f"{key}:sent"
        if message.type not in FACTS or sent in state:
            return NOTHING
        order = self.merge(state.get(key), message.type, message.data)
        if mailing(order) is None:
            return Step({key: order})
        return Step({key: None, sent: {"version": len(order)}}, self._mail(key, order))

    def _mail(self, key: str, order: Json) -> tuple[Effect, ...]:
        effects = list(mail(key, order, to_customer=self.to_customer))
        if self.topic:
            whole = {**order, MAILED: {"to": order[PLACED]["email"]}}
            effects.append(Send(self.topic, MAILED, key, whole, sequence=len(whole)))
        return tuple(effects)


def mail(key: str, order: Json, *, to_customer: bool) -> tuple[Effect, ...]:
    """The mail about an order: an effect in the world, and its delivery to the customer if somebody plays that."""
    to = order[PLACED]["email"]
    effect = mail_sent(key, to, order, total_cents=order[TAXED]["total_cents"])
    return (effect, delivered(key, to, seen(key, order))) if to_customer else (effect,)


def delivered(key: str, to: str, claims: list[str]) -> Send:
    """A mail on its way to the customer, whose link names what it claims."""
    data = {"to": to, "version": len(claims), "claims": claims}
    return Send(MAILS, MAILED, key, data, partition_key=session_of(key))


def take_in(merge: Merge, state: State, message: Message) -> Step:
    """The step of a replica that takes in the order of ``message``."""
    key = message.key
    if message.type not in FACTS:
        return NOTHING
    before = state.get(key)
    after = merge(before, message.type, message.data)
    return NOTHING if after == before else Step({key: after}, tuple(observations(key, before, after, message.type)))
