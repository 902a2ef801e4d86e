"""The one global state of the synchronous design: serial transactions, and reads that see the latest write."""

from __future__ import annotations

from workers.model.effects import Effect, reply
from workers.model.message import Message
from workers.model.node import NOTHING, Context, State, Step
from workers.services.orders import applied_since, seen, value_of


class GlobalStore:
    """Commits all facts of a request in one transaction or none, one request after the other.

    It is one node with one partition (every request carries the same partition key): there is one order of all
    transactions, so a read sees every transaction committed before it.
    """

    PARTITION_KEY = "the-one-state"

    def start(self, context: Context) -> Step:
        """The store begins empty."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Run one transaction: ``Commit`` of facts (a retry changes nothing), or ``Read``."""
        key = message.key
        known = state.get(key)
        if message.type == "Read":
            value = None if known is None else value_of(known)
            version = 0 if known is None else len(known)
            shown = {"value": value, "version": version, "seen": seen(key, known or {})}
            answer = {"outcome": "ok", **shown, **message.data}
            return Step({}, (reply(message, "ReadAnswer", answer),))
        if message.type != "Commit":
            return NOTHING
        record = {**(known or {}), **message.data["facts"]}
        done: Effect = reply(message, "Committed", {"version": len(record), "step": message.data["step"]})
        if record == known:
            return Step({}, (done,))
        return Step({key: record}, (*applied_since(key, known, record), done))
