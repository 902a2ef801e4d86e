"""What every state-based type offers: the base class, and with it the interface that drivers and tests rely on."""

from __future__ import annotations

from typing import Any, Self

import msgspec

from workers.model.codec import pack, unpack


class Replicated(msgspec.Struct, frozen=True, gc=False):
    """A value of a join semilattice. Mutators, named by each type, take the replica's id first.

    A mutator returns ``(new state, delta)``; see the rules of the package.
    """

    def value(self) -> Any:
        """What the replica shows, as canonical JSON."""
        raise NotImplementedError

    def merge(self, other: Self) -> Self:
        """The least upper bound of both. Neither is changed."""
        raise NotImplementedError

    def leq(self, other: Self) -> bool:
        """The order of the lattice: whether ``self.merge(other) == other``."""
        raise NotImplementedError

    def encode(self) -> list[Any]:
        """Builtins for records and messages, in canonical order: equal states give equal bytes."""
        raise NotImplementedError

    @classmethod
    def decode(cls, raw: list[Any]) -> Self:
        """The state of ``encode``."""
        raise NotImplementedError

    def to_bytes(self) -> bytes:
        """Canonical MessagePack of the state."""
        return pack(self.encode())

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """The state of ``to_bytes``."""
        return cls.decode(unpack(raw))
