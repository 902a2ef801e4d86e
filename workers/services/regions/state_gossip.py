"""State-based replication: replicas send each other whole states and join what arrives.

Demers et al., "Epidemic algorithms for replicated database maintenance" (PODC 1987): push-pull anti-entropy; Shapiro et
al. 2011, section 2.2, for the join.

Rules
1. A replica numbers the states that a key has had, and each message names the number of the state in it. The receiver
   joins it and acknowledges that number; if it then has more than it was sent, it sends its own state with that.
2. A peer is behind while the number that it acknowledged is less than the latest. A peer that sent exactly what the
   join gave has it all.
3. So any message may be lost, doubled or late: it is made up for at the next tick, and a join twice is a join.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from workers.model.message import Json, Message
from workers.services.regions.replication import Change, Replication, with_acknowledged
from workers.services.regions.shelf import Held, Work
from workers.services.regions.tracked import Tracked


class StateGossip(Replication):
    """``told``: the number of the key's state, and the number that each peer has acknowledged."""

    beginning: ClassVar[Json] = {"number": 0, "acknowledged": {}}

    def updated(self, work: Work, key: str, held: Held, tracked: Tracked, change: Change) -> Json:
        """Send the whole new state."""
        told = {**held.told, "number": held.told["number"] + 1}
        if self.pace.eager:
            self.announce(work, key, tracked, told, change)
        self.watch(work, key)
        return told

    def announce(self, work: Work, key: str, tracked: Tracked, told: Json, change: Change) -> None:
        """What an eager replica sends at once."""
        self.send(work, self.peers, "State", key, {"entity": self.shelf.encode(tracked), "number": told["number"]})

    def received(self, work: Work, message: Message) -> None:
        """Join a state, or note an acknowledgement."""
        data, key, peer = message.data, message.key, message.source
        held = self.shelf.held(work, key)
        told = held.told if message.type == "State" else with_acknowledged(held.told, peer, data["taken"])
        if "entity" not in data:
            if told is not held.told:
                self.shelf.keep(work, key, held, told)
            return
        self._join(work, message, held, told)

    def _join(self, work: Work, message: Message, held: Held, told: Json) -> None:
        key, peer, data = message.key, message.source, message.data
        theirs = self.shelf.decode(key, data["entity"])
        tracked = held.tracked.merge(theirs)
        changed = tracked != held.tracked
        if changed:
            told = {**told, "number": told["number"] + 1}
        else:
            tracked = held.tracked
        same = tracked == theirs
        if same:
            told = with_acknowledged(told, peer, told["number"])
        raw: list[Any] = held.raw
        if changed:
            raw = self.shelf.put(work, key, held, tracked, told, theirs.updates)
        elif told is not held.told:
            self.shelf.keep(work, key, held, told)
        answer: Json = {"taken": data["number"]}
        if not same and message.type == "State":
            answer |= {"entity": raw, "number": told["number"]}
        self.send(work, (peer,), "StateTaken", key, answer)
        if any(told["acknowledged"].get(other, 0) < told["number"] for other in self.peers):
            self.watch(work, key)

    def behind(self, held: Held) -> list[str]:
        """The peers whose acknowledged number is not the latest."""
        acknowledged, number = held.told["acknowledged"], held.told["number"]
        return [peer for peer in self.peers if acknowledged.get(peer, 0) < number]

    def retell(self, work: Work, key: str, held: Held, peers: Sequence[str]) -> None:
        """The whole state again."""
        self.send(work, peers, "State", key, {"entity": held.raw, "number": held.told["number"]})
