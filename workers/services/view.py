"""The orders view (CQRS): one replica that follows the facts, and one that has no state and asks the store."""

from __future__ import annotations

from workers.model.effects import Send, reply
from workers.model.message import Message
from workers.model.node import NOTHING, Context, State, Step
from workers.services.orders import FACTS, applied, learn, value_of
from workers.services.store import GlobalStore


class OrdersView:
    """A read replica: applies each fact that reaches it, and answers ``ReadOrder`` from what it has applied."""

    def start(self, context: Context) -> Step:
        """A view begins empty."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Apply a fact or answer a query."""
        key = message.key
        record = state.get(key)
        if message.type == "ReadOrder":
            value = None if record is None else value_of(record)
            version = 0 if record is None else len(record)
            return Step(
                {},
                (
                    reply(
                        message,
                        "OrderRead",
                        {"outcome": "ok", "op": message.data["op"], "value": value, "version": version},
                    ),
                ),
            )
        if message.type not in FACTS:
            return NOTHING
        learnt = learn(record, message.type, message.data)
        if learnt is None:
            return NOTHING
        return Step({key: learnt}, (applied(key, learnt, message.type),))


class ReadThroughView:
    """A view without a state of its own: every query becomes a request to the one global state."""

    def __init__(self, store_topic: str, reply_topic: str) -> None:
        self.store_topic = store_topic
        self.reply_topic = reply_topic

    def start(self, context: Context) -> Step:
        """A view begins with nothing to do."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Pass a query on, or its answer back; a query's way back is kept under the query's id until it is answered."""
        if message.type == "ReadOrder":
            way_back = {"topic": message.reply_topic, "partition_key": message.reply_key}
            query = {"query": message.id, "op": message.data["op"]}
            request = Send(
                self.store_topic,
                "Read",
                message.key,
                query,
                partition_key=GlobalStore.PARTITION_KEY,
                reply_topic=self.reply_topic,
                reply_key=message.key,
            )
            return Step({message.id: way_back}, (request,))
        if message.type != "ReadAnswer":
            return NOTHING
        way = state.get(message.data["query"])
        if way is None:
            return NOTHING
        answer = Send(way["topic"], "OrderRead", message.key, message.data, partition_key=way["partition_key"])
        return Step({message.data["query"]: None}, (answer,))
