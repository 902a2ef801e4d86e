"""The orders view (CQRS): one replica that follows the facts, and one that has no state and asks the store."""

from __future__ import annotations

from workers.model.effects import Send
from workers.model.message import TIMER_TOPIC, Message
from workers.model.node import NOTHING, Context, State, Step
from workers.services.held_queries import WAITING, HeldQueries, stale
from workers.services.orders import FACTS, applied, learn, value_of
from workers.services.store import GlobalStore


class OrdersView:
    """A read replica: applies each fact that reaches it, and answers ``ReadOrder`` from what it has applied.

    A query with a token waits for what it asks for, at most ``timeout_ms``.
    """

    def __init__(self, timeout_ms: int) -> None:
        self.queries = HeldQueries(value_of, timeout_ms)

    def start(self, context: Context) -> Step:
        """A view begins empty."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Apply a fact and wake who waits for it, answer or hold a query, or give up on one."""
        key = message.key
        if message.type in FACTS:
            learnt = learn(state.get(key), message.type, message.data)
            if learnt is None:
                return NOTHING
            taken = Step({key: learnt}, (applied(key, learnt, message.type),))
            return self.queries.wake(state, key, taken) if f"{key}{WAITING}" in state else taken
        if message.type == "ReadOrder":
            return self.queries.ask(state, message)
        return self.queries.give_up(state, message) if message.topic == TIMER_TOPIC else NOTHING


class ReadThroughView:
    """A view without a state of its own: every query becomes a request to the one global state.

    The store has every acknowledged write, so no query has to wait; an answer that all the same lacks what a token asks
    for is passed on as stale.
    """

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
            if "at_least" in message.data:
                way_back["at_least"] = message.data["at_least"]
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
        data = message.data
        lacking = sorted(set(way.get("at_least", ())).difference(data["seen"]))
        if lacking:
            data = {**data, "outcome": "fail", "error": stale(0, lacking)}
        answer = Send(way["topic"], "OrderRead", message.key, data, partition_key=way["partition_key"])
        return Step({message.data["query"]: None}, (answer,))
