"""The replica of a region: stores what it is sent, and answers with what it has. It never asks anybody."""

from __future__ import annotations

from workers.model.effects import Effect, Observe, reply
from workers.model.message import Message
from workers.model.node import NOTHING, Context, State, Step
from workers.model.observation import Applied
from workers.services.quorum.versions import VERSIONS


class Replica:
    """One copy of every key. A write, a hint and a repair are all the same: versions to join with those it has."""

    def __init__(self, type: str) -> None:
        self.versions = VERSIONS[type]

    def start(self, context: Context) -> Step:
        """A replica begins empty."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Store or fetch."""
        key = message.key
        record = state.get(key)
        if message.type == "Fetch":
            return Step({}, (reply(message, "Fetched", {"op": message.data["op"], "record": record}),))
        if message.type != "Store":
            return NOTHING
        done: tuple[Effect, ...] = ()
        if message.reply_topic:
            done = (reply(message, "Stored", {"op": message.data["op"]}),)
        absorbed = self.versions.absorb(record, key, message.data["state"])
        if absorbed is None:
            return Step({}, done)
        after, updates = absorbed
        value, kept = self.versions.value(after["state"]), self.versions.past(key, after["state"])
        first = after["version"] - len(updates) + 1
        applied = [Observe(Applied(key, value, update, first + n, kept)) for n, update in enumerate(updates)]
        return Step({key: after}, (*applied, *done))
