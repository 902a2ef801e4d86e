"""Broken: one version vector, with an entry for each server, over all siblings of a key together.

Whether a write has seen *some* of the siblings cannot be said, so a write whose context is not the newest keeps them
all. Two clients that take turns are each one write behind the other: every write adds a sibling, for ever, where
``dvv_set`` shows two.
"""

from __future__ import annotations

from typing import Any, Self

import msgspec

from workers.crdts.canonical import canonical, distinct
from workers.crdts.replicated import Replicated
from workers.crdts.version_vector import VersionVector, advanced, decoded, descends, encoded, merged


class SiblingExplosion(Replicated, frozen=True, gc=False):
    """The siblings in canonical order and their one vector."""

    vector: VersionVector = msgspec.field(default_factory=dict)
    siblings: tuple[Any, ...] = ()

    def read(self) -> tuple[list[Any], dict[str, int]]:
        """The siblings, and the context for the client's next write."""
        return self.value(), dict(self.vector)

    def put(self, server: str, context: VersionVector, content: Any) -> tuple[Self, Self]:
        """The state after a client wrote through ``server``, and the delta, which is the whole state."""
        kept = () if descends(context, self.vector) else self.siblings
        siblings = tuple(distinct([*kept, canonical(content)]))
        state = type(self)(advanced(merged(self.vector, context), server), siblings)
        return state, state

    def value(self) -> list[Any]:
        """The siblings."""
        return list(self.siblings)

    def sibling_count(self) -> int:
        """How many writes stand side by side."""
        return len(self.siblings)

    def merge(self, other: Self) -> Self:
        """The dominating state, or all siblings of both."""
        if descends(self.vector, other.vector):
            return self
        if descends(other.vector, self.vector):
            return other
        siblings = tuple(distinct([*self.siblings, *other.siblings]))
        return type(self)(merged(self.vector, other.vector), siblings)

    def leq(self, other: Self) -> bool:
        """Whether the vector of ``other`` dominates."""
        return descends(other.vector, self.vector)

    def encode(self) -> list[Any]:
        """``[vector, siblings]``."""
        return [encoded(self.vector), list(self.siblings)]

    @classmethod
    def decode(cls, raw: list[Any]) -> Self:
        """The state of ``encode``."""
        return cls(decoded(raw[0]), tuple(raw[1]))
