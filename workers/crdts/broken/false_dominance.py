"""Broken: a plain version vector for each version, with one entry for each *server*.

A write gets the client's context with the server's entry advanced. Two clients that read the same and write through
the same server get vectors of which the second dominates the first, although its client never saw the first write:
that is lost without a sibling. Right: ``dvv_set``, which keeps context and dot apart.
"""

from __future__ import annotations

from typing import Any, Self

from workers.crdts.canonical import canonical, canonical_bytes, distinct
from workers.crdts.replicated import Replicated
from workers.crdts.version_vector import VersionVector, decoded, descends, encoded, merged

Version = tuple[VersionVector, Any]


class FalseDominance(Replicated, frozen=True, gc=False):
    """Versions of which no vector dominates another."""

    versions: tuple[Version, ...] = ()

    def read(self) -> tuple[list[Any], dict[str, int]]:
        """The siblings, and the context for the client's next write."""
        context: dict[str, int] = {}
        for vector, _ in self.versions:
            context = merged(context, vector)
        return self.value(), context

    def put(self, server: str, context: VersionVector, content: Any) -> tuple[Self, Self]:
        """The state after a client wrote through ``server``, and the delta."""
        last = max(vector.get(server, 0) for vector, _ in (*self.versions, (context, None)))
        delta = type(self)((({**context, server: last + 1}, canonical(content)),))
        return self.merge(delta), delta

    def value(self) -> list[Any]:
        """The distinct siblings in canonical order."""
        return distinct([content for _, content in self.versions])

    def sibling_count(self) -> int:
        """How many writes stand side by side."""
        return len(self.versions)

    def merge(self, other: Self) -> Self:
        """The versions of both that no other dominates."""
        every: dict[bytes, Version] = {}
        for vector, content in (*self.versions, *other.versions):
            every[canonical_bytes([encoded(vector), content])] = (vector, content)
        kept = [
            raw
            for raw, (vector, _) in every.items()
            if not any(descends(rival, vector) and rival != vector for rival, _ in every.values())
        ]
        return type(self)(tuple(every[raw] for raw in sorted(kept)))

    def leq(self, other: Self) -> bool:
        """Whether ``other`` dominates or has every version."""
        return self.merge(other) == other

    def encode(self) -> list[Any]:
        """``[vector, content]`` for each version."""
        return [[encoded(vector), content] for vector, content in self.versions]

    @classmethod
    def decode(cls, raw: list[Any]) -> Self:
        """The state of ``encode``."""
        return cls(tuple((decoded(vector), content) for vector, content in raw))
