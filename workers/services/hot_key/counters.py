"""Counters with versions: a storage that compares and writes, and a writer that takes commands.

Rules
1. Accepted versions of a key are gapless, and each has one writer: to compare and to write, or to read and to write, is
   one step of the one shard that owns the key.
2. The operation's id is its idempotency key: one that was accepted is answered as before and takes no effect again.
"""

from __future__ import annotations

from workers.model.effects import reply
from workers.model.message import Message
from workers.model.node import NOTHING, Context, State, Step
from workers.services.leadership.registers import ABSENT, announced, read_answer, written


class CounterStore:
    """Compare-and-write: answers ``Load`` with the version and ``Store`` with ``Stored`` or ``Conflict``.

    The update is named after the session that made it, ``<key>@<session>.<number>``.
    """

    def __init__(self, topic: str) -> None:
        self.topic = topic

    def start(self, context: Context) -> Step:
        """Every counter is absent, at version 0."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Read, or compare and write."""
        key, data = message.key, message.data
        counter = state.get(key, ABSENT)
        if message.type == "Read":
            return Step({}, (read_answer(message, counter),))
        if message.type not in ("Load", "Store"):
            return NOTHING
        attempt = {"op": data["op"], "attempt": data["attempt"]}
        done = counter["done"].get(data["op"])
        if done is not None:
            return Step({}, (reply(message, "Stored", {**attempt, **done}),))
        if message.type == "Load":
            found = {"value": counter["value"], "version": counter["version"]}
            return Step({}, (reply(message, "Loaded", {**attempt, **found}),))
        if data["expected"] != counter["version"]:
            return Step({}, (reply(message, "Conflict", attempt),))
        after = written(key, counter, data["op"].rpartition("-")[0], data["op"], data["value"])
        answer = after["done"][data["op"]]
        told = announced(self.topic, key, after, answer["update"])
        return Step({key: after}, (*told, reply(message, "Stored", {**attempt, **answer})))


class CounterWriter:
    """The one writer of a key: adds what commands ask for, one after the other."""

    def __init__(self, topic: str) -> None:
        self.topic = topic

    def start(self, context: Context) -> Step:
        """Every counter is absent."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Add once for each command."""
        if message.type != "Increment":
            return NOTHING
        key, op = message.key, message.data["op"]
        counter = state.get(key, ABSENT)
        done = counter["done"].get(op)
        if done is not None:
            return Step({}, (reply(message, "Stored", {"op": op, "attempt": 1, **done}),))
        after = written(key, counter, context.node, op, (counter["value"] or 0) + message.data["amount"])
        answer = after["done"][op]
        told = announced(self.topic, key, after, answer["update"])
        return Step({key: after}, (*told, reply(message, "Stored", {"op": op, "attempt": 1, **answer})))
