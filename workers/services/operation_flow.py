"""The services of the design in which operations on orders travel: they prepare, apply, show and mail them."""

from __future__ import annotations

from collections.abc import Mapping

from workers.model.effects import Send
from workers.model.message import TIMER_TOPIC, Message
from workers.model.node import NOTHING, Context, State, Step
from workers.services.email import mail_sent
from workers.services.held_queries import HeldQueries
from workers.services.order_operations import Prepare, apply, facts_of, mailing, observation, place, shown
from workers.services.orders import FACTS, PLACED, accepted


class Operator:
    """Answers the operation that places an order with one of its own. ``topics`` says for each fact where it goes."""

    def __init__(self, prepare: Prepare, topics: Mapping[str, str]) -> None:
        self.prepare = prepare
        self.topics = topics

    def start(self, context: Context) -> Step:
        """There is nothing to do yet."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Prepare one operation for each order, whatever comes how often."""
        key = message.key
        if message.type != PLACED or key in state:
            return NOTHING
        found = self.prepare(key, message.data)
        if found is None:
            return NOTHING
        fact, data = found
        return Step({key: {"fact": fact}}, (Send(self.topics[fact], fact, key, data),))


class OperationIntake:
    """The order service, a replica: turns ``PlaceOrder`` into an operation on ``topic``, and applies what others do."""

    def __init__(self, topic: str) -> None:
        self.topic = topic

    def start(self, context: Context) -> Step:
        """An order service begins with nothing to do."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Accept a command, the same one once, or apply an operation."""
        if message.type != "PlaceOrder":
            return applied(state, message)
        key = message.key
        known = state.get(key)
        if known is not None and PLACED in facts_of(known):
            return Step({}, (accepted(message),))
        fact, data = place(key, message.data)
        order = apply(known, data)
        sent = Send(self.topic, fact, key, data, sequence=len(order["applied"]))
        return Step({key: order}, (observation(key, order, fact), sent, accepted(message)))


class OperationsView:
    """A read replica: applies each operation once, and answers ``ReadOrder`` from what it has.

    A query with a token waits for what it asks for, at most ``timeout_ms``.
    """

    def __init__(self, timeout_ms: int) -> None:
        self.queries = HeldQueries(shown, timeout_ms, facts=facts_of)

    def start(self, context: Context) -> Step:
        """A view begins empty."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Apply an operation and wake who waits for it, answer or hold a query, or give up on one."""
        if message.type == "ReadOrder":
            return self.queries.ask(state, message)
        if message.topic == TIMER_TOPIC:
            return self.queries.give_up(state, message)
        step = applied(state, message)
        return step if step is NOTHING else self.queries.wake(state, message.key, step)


class OperationsMailer:
    """Applies operations, mails each order once, as soon as it is valid and taxed here, and says so on ``topic``."""

    def __init__(self, topic: str) -> None:
        self.topic = topic

    def start(self, context: Context) -> Step:
        """The e-mail service begins with nothing to do."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Apply an operation, and mail the order if it is ready and was not mailed."""
        key = message.key
        sent = f"{key}:sent"
        if message.type not in FACTS or sent in state:
            return NOTHING
        order = apply(state.get(key), message.data)
        found = mailing(key, order)
        if found is None:
            return Step({key: order})
        fact, data = found
        fields = order["fields"]
        mail = mail_sent(key, fields["email"], facts_of(order), total_cents=fields["total_cents"])
        mailed = Send(self.topic, fact, key, data, sequence=len(order["applied"]) + 1)
        return Step({key: None, sent: {"version": len(order["applied"])}}, (mail, mailed))


def applied(state: State, message: Message) -> Step:
    """The step of a replica that applies the operation of ``message``."""
    key, fact = message.key, message.type
    if fact not in FACTS:
        return NOTHING
    before = state.get(key)
    after = apply(before, message.data)
    return NOTHING if after is before else Step({key: after}, (observation(key, after, fact),))
