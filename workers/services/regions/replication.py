"""What a way of replicating owes to its replica, and what all of them share: topics, peers and the timer.

The timer is set only while there is something that a peer is not known to have. It therefore ends by itself: once every
peer has acknowledged the latest, nothing is set, and nothing more comes unless a client or a peer begins it. While a
peer cannot be reached it goes on, as it must.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Final, NamedTuple

from workers.crdts.operation import Operation
from workers.model.effects import Send, SetTimer
from workers.model.message import Json, Message
from workers.services.regions.clock import outgoing
from workers.services.regions.shelf import Held, Shelf, Work
from workers.services.regions.tracked import Tracked

TICK: Final = "Tick"
_TICK_RECORD: Final = "~tick"
_NO_TICKS: Final[Json] = {"number": 0, "keys": {}}
Change = Tracked | Operation
"""What a local update brings beside the new state: its delta, or its operation."""


def region_topic(region: str) -> str:
    """The topic on which the other regions tell ``region``."""
    return f"region.{region}"


class Pace(NamedTuple):
    """How often and how many peers are told; see the section ``replication`` of a scenario."""

    gossip_us: int
    fanout: int | None
    eager: bool


class Replication:
    """Base of the protocols of one region. Its knowledge of the peers is the ``told`` of each key's record."""

    by_operations: ClassVar[bool] = False
    beginning: ClassVar[Json] = {}
    """What is known of the peers before anything was told."""

    def __init__(self, region: str, peers: Sequence[str], pace: Pace, shelf: Shelf) -> None:
        self.region = region
        self.peers = tuple(peers)
        self.pace = pace
        self.shelf = shelf

    def updated(self, work: Work, key: str, held: Held, tracked: Tracked, change: Change) -> Json:
        """Tell of a local update, which turned ``held`` into ``tracked``; the new ``told``."""
        raise NotImplementedError

    def received(self, work: Work, message: Message) -> None:
        """Take in what a peer tells."""
        raise NotImplementedError

    def behind(self, held: Held) -> list[str]:
        """The peers that are not known to have all of the key."""
        raise NotImplementedError

    def retell(self, work: Work, key: str, held: Held, peers: Sequence[str]) -> None:
        """Tell these peers what they are not known to have."""
        raise NotImplementedError

    def tick(self, work: Work) -> None:
        """The timer: tell those who are behind, and set it again if there were any."""
        ticks = work.record(_TICK_RECORD) or _NO_TICKS
        still: Json = {}
        for key in ticks["keys"]:
            held = self.shelf.held(work, key)
            peers = self.behind(held)
            if peers:
                still[key] = 1
                self.retell(work, key, held, self._chosen(work, key, peers))
        self._set(work, ticks, still)

    def watch(self, work: Work, key: str) -> None:
        """Have the timer look after ``key``."""
        ticks = work.record(_TICK_RECORD) or _NO_TICKS
        if not ticks["keys"]:
            self._set(work, ticks, {key: 1})
        elif key not in ticks["keys"]:
            work.writes[_TICK_RECORD] = {**ticks, "keys": {**ticks["keys"], key: 1}}

    def send(self, work: Work, peers: Iterable[str], type: str, key: str, data: Json) -> None:
        """Send to each of the peers; where the key has a hybrid clock, with its stamp."""
        stamped = outgoing(work, self.shelf.entities[key], data)
        work.effects.extend(Send(region_topic(peer), type, key, stamped) for peer in peers)

    def _chosen(self, work: Work, key: str, peers: list[str]) -> list[str]:
        fanout = self.pace.fanout
        if fanout is None or fanout >= len(peers):
            return peers
        return sorted(peers, key=lambda peer: work.context.draw(f"{key}:{peer}"))[:fanout]

    def _set(self, work: Work, ticks: Json, keys: Json) -> None:
        """Look after ``keys`` at the next tick, or after nothing.

        Ticks are numbered, else what is sent again would have the id, and with it the fate, of what was lost.
        """
        number = ticks["number"] + 1
        work.writes[_TICK_RECORD] = {"number": number, "keys": keys}
        if keys:
            work.effects.append(SetTimer(f"tick:{number}", self.pace.gossip_us, TICK, self.region, {}))


def with_acknowledged(told: Json, peer: str, number: int) -> Json:
    """``told`` after ``peer`` acknowledged ``number``; acknowledgements may come late and twice."""
    acknowledged: dict[str, Any] = told["acknowledged"]
    if number <= acknowledged.get(peer, 0):
        return told
    return {**told, "acknowledged": {**acknowledged, peer: number}}
