"""Delta-based replication: replicas send each other the join of what the other has not acknowledged.

The protocol is ``workers.crdts.delta_buffer`` (Almeida, Shoker, Baquero 2018, algorithm 2); here it meets the network.
Intervals without gaps give causal order too, so types whose deltas need it may be used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from workers.crdts.delta_buffer import DeltaBuffer, Interval
from workers.model.message import Json, Message
from workers.services.regions.replication import Change, Replication
from workers.services.regions.shelf import Held, Work
from workers.services.regions.tracked import Tracked


class DeltaGossip(Replication):
    """``told``: the number of the next delta, the deltas kept, and what each peer has acknowledged."""

    beginning: ClassVar[Json] = {"counter": 0, "deltas": [], "acknowledged": {}}

    def updated(self, work: Work, key: str, held: Held, tracked: Tracked, change: Change) -> Json:
        """Keep the delta of the update, and send each peer what it lacks."""
        assert isinstance(change, Tracked)  # noqa: S101 - a state-based protocol gets deltas
        buffer = self._buffer(key, held).operated(tracked, change)
        if self.pace.eager:
            self._tell(work, key, buffer, self.peers)
        self.watch(work, key)
        return self._told(buffer)

    def received(self, work: Work, message: Message) -> None:
        """Take an interval in, or an acknowledgement."""
        key, peer, data = message.key, message.source, message.data
        held = self.shelf.held(work, key)
        buffer = self._buffer(key, held)
        if message.type == "DeltaTaken":
            if data["upto"] > buffer.acknowledged.get(peer, 0):
                acknowledged = buffer.acknowledge(peer, data["upto"]).collected(self.peers)
                self.shelf.keep(work, key, held, self._told(acknowledged))
            return
        theirs = self.shelf.decode(key, data["entity"])
        after, upto = buffer.received(Interval(theirs, data["upto"], data["whole"]))
        if after is not buffer:
            if buffer.acknowledged.get(peer, 0) == buffer.counter:
                after = after.acknowledge(peer, after.counter)  # It had all that was here, and sent what is new.
            after = after.collected(self.peers)
            self.shelf.put(work, key, held, after.state, self._told(after), theirs.updates)
            if any(after.acknowledged.get(other, 0) < after.counter for other in self.peers):
                self.watch(work, key)
        self.send(work, (peer,), "DeltaTaken", key, {"upto": upto})

    def behind(self, held: Held) -> list[str]:
        """The peers that have not acknowledged the latest delta."""
        acknowledged, counter = held.told["acknowledged"], held.told["counter"]
        return [peer for peer in self.peers if acknowledged.get(peer, 0) < counter]

    def retell(self, work: Work, key: str, held: Held, peers: Sequence[str]) -> None:
        """What each of them has not acknowledged, again."""
        self._tell(work, key, self._buffer(key, held), peers)

    def _tell(self, work: Work, key: str, buffer: DeltaBuffer[Tracked], peers: Sequence[str]) -> None:
        for peer in peers:
            interval = buffer.interval_for(peer)
            if interval is not None:
                entity = self.shelf.encode(interval.delta)
                data = {"entity": entity, "upto": interval.upto, "whole": interval.whole}
                self.send(work, (peer,), "Delta", key, data)

    def _buffer(self, key: str, held: Held) -> DeltaBuffer[Tracked]:
        told = held.told
        deltas = {number: self.shelf.decode(key, raw) for number, raw in told["deltas"]}
        return DeltaBuffer(held.tracked, told["counter"], deltas, told["acknowledged"])

    def _told(self, buffer: DeltaBuffer[Tracked]) -> Json:
        deltas: list[Any] = [[number, self.shelf.encode(delta)] for number, delta in sorted(buffer.deltas.items())]
        return {"counter": buffer.counter, "deltas": deltas, "acknowledged": dict(buffer.acknowledged)}
