"""Broken: deltas are fired once and never acknowledged; whole states follow at the timer, as in ``state_gossip``.

While nothing is lost nobody notices. A delta lost and the next one taken in leave a gap, and whether the next whole
state fills it is up to the type: one whose deltas claim "everything up to" where they mean "just these" has by then
told its replica that the lost addition was seen and removed. Right: ``delta_gossip``, which leaves no gap.
"""

from __future__ import annotations

from workers.model.message import Json, Message
from workers.services.regions.replication import Change
from workers.services.regions.shelf import Work
from workers.services.regions.state_gossip import StateGossip
from workers.services.regions.tracked import Tracked


class DeltaOnce(StateGossip):
    """State gossip that announces its updates as deltas."""

    def announce(self, work: Work, key: str, tracked: Tracked, told: Json, change: Change) -> None:
        """The delta by itself, once."""
        assert isinstance(change, Tracked)  # noqa: S101 - a state-based protocol gets deltas
        self.send(work, self.peers, "DeltaOnce", key, {"entity": self.shelf.encode(change)})

    def received(self, work: Work, message: Message) -> None:
        """Join a delta without a word, and everything else as state gossip does."""
        if message.type != "DeltaOnce":
            super().received(work, message)
            return
        key = message.key
        held = self.shelf.held(work, key)
        delta = self.shelf.decode(key, message.data["entity"])
        tracked = held.tracked.merge(delta)
        if tracked != held.tracked:
            told = {**held.told, "number": held.told["number"] + 1}
            self.shelf.put(work, key, held, tracked, told, delta.updates)
            self.watch(work, key)
