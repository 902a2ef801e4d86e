"""Causal delivery: holds a message back until everything that its source had delivered has been delivered here.

Birman, Schiper, Stephenson, "Lightweight causal and atomic group multicast" (1991), section 5: a message carries its
own dot and the vector of what its source had delivered before it.

Rules
1. A message is delivered when it is its source's next one and its dependencies are delivered; at most once.
2. The buffer neither sends nor asks: ``missing`` names the dots to ask for, the caller asks.
3. It is bounded: a full buffer refuses with what it waits for, and the caller asks for that first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from workers.crdts.causal import Dot
from workers.crdts.version_vector import VersionVector, decoded, encoded


class CausalMessage(msgspec.Struct, frozen=True, gc=False):
    """One message of ``source``, its ``number`` there from 1, and what had been delivered there before it."""

    source: str
    number: int
    after: VersionVector
    body: Any

    def encode(self) -> list[Any]:
        """``[source, number, [[replica, number], ...] sorted, body]``."""
        return [self.source, self.number, encoded(self.after), self.body]

    @classmethod
    def decode(cls, raw: list[Any]) -> CausalMessage:
        """The message of ``encode``."""
        return cls(raw[0], raw[1], decoded(raw[2]), raw[3])


class BufferFullError(RuntimeError):
    """Too many messages wait for others."""

    def __init__(self, limit: int, missing: list[Dot]) -> None:
        self.missing = missing
        super().__init__(f"{limit} messages wait already, first of all for {missing[:5]}; fetch these before others")


class CausalBuffer(msgspec.Struct, frozen=True, gc=False):
    """What was delivered, as a vector, and what waits."""

    delivered: VersionVector = {}
    waiting: Mapping[Dot, CausalMessage] = {}
    limit: int = 1_000

    def broadcast(self, source: str, body: Any) -> tuple[CausalBuffer, CausalMessage]:
        """The buffer after ``source``, whose it is, delivered ``body`` to itself, and the message for the others."""
        message = CausalMessage(source, self.delivered.get(source, 0) + 1, self.delivered, body)
        return CausalBuffer({**self.delivered, source: message.number}, self.waiting, self.limit), message

    def receive(self, message: CausalMessage) -> tuple[CausalBuffer, list[CausalMessage]]:
        """The buffer after ``message`` came, and what may be delivered now, in order. BufferFullError: see rule 3."""
        dot = (message.source, message.number)
        if message.number <= self.delivered.get(message.source, 0) or dot in self.waiting:
            return self, []
        waiting = {**self.waiting, dot: message}
        delivered = dict(self.delivered)
        ready: list[CausalMessage] = []
        progress = True
        while progress:
            progress = False
            for found in sorted(waiting):
                if _may_follow(waiting[found], delivered):
                    ready.append(waiting.pop(found))
                    delivered[found[0]] = found[1]
                    progress = True
        result = CausalBuffer(delivered, waiting, self.limit)
        if len(waiting) > self.limit:
            raise BufferFullError(self.limit, result.missing())
        return result, ready

    def missing(self) -> list[Dot]:
        """The dots that waiting messages need and that have not come, sorted."""
        wanted: set[Dot] = set()
        for (source, number), message in self.waiting.items():
            for replica, last in {**message.after, source: number - 1}.items():
                first = self.delivered.get(replica, 0) + 1
                wanted.update((replica, n) for n in range(first, last + 1))
        return sorted(wanted - self.waiting.keys())

    def encode(self) -> list[Any]:
        """``[[[replica, number], ...] delivered, messages waiting]``, sorted."""
        return [encoded(self.delivered), [self.waiting[dot].encode() for dot in sorted(self.waiting)]]

    @classmethod
    def decode(cls, raw: list[Any], limit: int = 1_000) -> CausalBuffer:
        """The buffer of ``encode``."""
        messages = [CausalMessage.decode(message) for message in raw[1]]
        return cls(decoded(raw[0]), {(m.source, m.number): m for m in messages}, limit)


def _may_follow(message: CausalMessage, delivered: VersionVector) -> bool:
    if message.number != delivered.get(message.source, 0) + 1:
        return False
    return all(
        delivered.get(replica, 0) >= number for replica, number in message.after.items() if replica != message.source
    )
