"""Operation-based replication: an update is prepared at its source and applied at every replica, exactly once.

A mutator reads the source's state and captures what the effect needs; ``apply`` is the effect. Exactly-once comes from
the operation's dot: an operation that was applied before changes nothing, so duplicates may arrive. What order an
operation needs is its class's ``delivery`` (Shapiro et al. 2011, section 2.3); ``causal_buffer`` provides causal order.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, Self

import msgspec

from workers.crdts.causal import EMPTY, CausalContext, Dot


class Delivery(StrEnum):
    """What a kind of replication needs of the network beside that each update arrives at least once in the end."""

    ANY = "any order, any number of times"
    CAUSAL = "no update before those that its source had applied"


class Operation(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One prepared update: its dot, and its name and arguments as JSON."""

    replica: str
    number: int
    name: str
    arguments: list[Any]

    @property
    def dot(self) -> Dot:
        """The update's identity."""
        return self.replica, self.number

    def encode(self) -> list[Any]:
        """``[replica, number, name, arguments]``."""
        return [self.replica, self.number, self.name, self.arguments]

    @classmethod
    def decode(cls, raw: list[Any]) -> Operation:
        """The operation of ``encode``."""
        return cls(*raw)


class OperationBased(msgspec.Struct, frozen=True, gc=False):
    """Base of the operation-based types: which operations were applied. Subclasses add the content."""

    delivery: ClassVar[Delivery] = Delivery.ANY

    seen: CausalContext = EMPTY

    def apply(self, operation: Operation) -> Self:
        """The state with ``operation`` applied, or this one if it was before."""
        if operation.dot in self.seen:
            return self
        return msgspec.structs.replace(self._after(operation), seen=self.seen.with_dots((operation.dot,)))

    def _operation(self, replica: str, name: str, *arguments: Any) -> Operation:
        """The next operation of ``replica``. The source applies it at once, before it prepares another."""
        _, number = self.seen.next_dot(replica)
        return Operation(replica, number, name, list(arguments))

    def _after(self, operation: Operation) -> Self:
        """The content after the effect; it may ignore ``seen``."""
        raise NotImplementedError
