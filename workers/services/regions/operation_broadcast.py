"""Operation-based replication: each update is broadcast once made, and applied exactly once everywhere.

Shapiro et al. 2011, section 2.2; causal order by ``workers.crdts.causal_buffer``.

Rules
1. A replica keeps the operations that it has applied until every peer is known to have them, whoever made them: so one
   region can pass on what another cannot.
2. Every message is acknowledged with all operations that the receiver has, applied or held back. What a peer is not
   known to have goes to it again at the next tick.
3. An operation of a type, or of a kind, that needs it is held back until those that it came after were applied. A full
   buffer takes nothing in and acknowledges nothing.

An operation travels as ``[source, number, what its source had applied, operation]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from workers.crdts.causal import CausalContext, context_of
from workers.crdts.causal_buffer import BufferFullError, CausalBuffer, CausalMessage
from workers.crdts.operation import Operation, OperationBased
from workers.model.message import Json, Message
from workers.services.regions.replication import Change, Replication
from workers.services.regions.shelf import Held, Work
from workers.services.regions.tracked import Tracked, decoded, encoded

HELD_BACK_MAX = 1_000


class OperationBroadcast(Replication):
    """``told``: the operations kept, those held back, and what each peer is known to have."""

    by_operations: ClassVar[bool] = True
    beginning: ClassVar[Json] = {"log": [], "waiting": [], "known": {}}

    def holds_back(self, key: str) -> bool:
        """Whether operations of this key are applied in causal order."""
        return self.shelf.entities[key].causal

    def updated(self, work: Work, key: str, held: Held, tracked: Tracked, change: Change) -> Json:
        """Broadcast the operation."""
        assert isinstance(change, Operation)  # noqa: S101 - an operation-based protocol gets operations
        made = CausalMessage(self.region, change.number, held.tracked.updates.vector, change.encode()).encode()
        if self.pace.eager:
            self.send(work, self.peers, "Operations", key, {"operations": [made]})
        self.watch(work, key)
        return {**held.told, "log": [*held.told["log"], made]}

    def received(self, work: Work, message: Message) -> None:
        """Apply operations and acknowledge, or note an acknowledgement."""
        key, peer = message.key, message.source
        held = self.shelf.held(work, key)
        if message.type == "OperationsTaken":
            told = self._noted(held.told, peer, decoded(message.data["has"]))
            if told is not held.told:
                self.shelf.keep(work, key, held, told)
            return
        operations = [CausalMessage.decode(raw) for raw in message.data["operations"]]
        tracked, told = self._applied(key, held, operations)
        told = self._noted(told, peer, context_of({}, [(o.source, o.number) for o in operations]))
        if tracked is not held.tracked:
            self.shelf.put(work, key, held, tracked, told, tracked.updates)
        elif told is not held.told:
            self.shelf.keep(work, key, held, told)
        self.send(work, (peer,), "OperationsTaken", key, {"has": encoded(_has(tracked, told))})
        if told["log"]:
            self.watch(work, key)

    def behind(self, held: Held) -> list[str]:
        """The peers that are not known to have all operations kept here."""
        return [peer for peer in self.peers if self._lacking(held.told, peer)]

    def retell(self, work: Work, key: str, held: Held, peers: Sequence[str]) -> None:
        """Each of them the operations that it is not known to have."""
        for peer in peers:
            self.send(work, (peer,), "Operations", key, {"operations": self._lacking(held.told, peer)})

    def _lacking(self, told: Json, peer: str) -> list[Any]:
        known = decoded(told["known"].get(peer))
        return [made for made in told["log"] if (made[0], made[1]) not in known]

    def _applied(self, key: str, held: Held, operations: list[CausalMessage]) -> tuple[Tracked, Json]:
        """The entity and what is told of it after these operations came, which may be known already."""
        content = cast("OperationBased", held.tracked.content)
        if self.holds_back(key):
            waiting = {(m.source, m.number): m for m in map(CausalMessage.decode, held.told["waiting"])}
            buffer = CausalBuffer(held.tracked.updates.vector, waiting, HELD_BACK_MAX)
            ready: list[CausalMessage] = []
            for operation in operations:
                try:
                    buffer, released = buffer.receive(operation)
                except BufferFullError:
                    break
                ready += released
            held_back = buffer.encode()[1] if buffer.waiting or waiting else held.told["waiting"]
        else:
            ready = [o for o in operations if (o.source, o.number) not in content.seen]
            held_back = held.told["waiting"]
        if not ready and held_back == held.told["waiting"]:
            return held.tracked, held.told
        log = list(held.told["log"])
        for operation in ready:
            content = content.apply(Operation.decode(operation.body))
            log.append(operation.encode())
        tracked = Tracked(cast("Any", content), content.seen) if ready else held.tracked
        return tracked, {**held.told, "log": log, "waiting": held_back}

    def _noted(self, told: Json, peer: str, has: CausalContext) -> Json:
        """``told`` now that ``peer`` is known to have these; what all peers have is kept no longer."""
        before = decoded(told["known"].get(peer))
        after = before.join(has)
        if after == before:
            return told
        known = {**told["known"], peer: encoded(after)}
        all_known = [decoded(known.get(other)) for other in self.peers]
        log = [made for made in told["log"] if not all((made[0], made[1]) in each for each in all_known)]
        return {**told, "known": known, "log": log}


class OperationsAsTheyCome(OperationBroadcast):
    """Broken: without the causal buffer, so that a reply is seen before its question.

    A removal that comes before the addition that it saw removes nothing, and the element stays there for ever.
    """

    def holds_back(self, key: str) -> bool:
        """Never."""
        return False


def _has(tracked: Tracked, told: Json) -> CausalContext:
    return tracked.updates.with_dots([(held[0], held[1]) for held in told["waiting"]])
