"""Dots and causal contexts: which updates a state has seen, whether or not it still shows them.

A context is a version vector for the gapless beginning of each replica's updates and a cloud of dots beyond it.
Almeida, Shoker, Baquero 2018, section 7.2 ("causal context compression").

Rules
1. Normal form: the cloud holds no dot that the vector covers, and none that would extend it without a gap. Every
   function here returns it, so two contexts are equal if and only if they contain the same dots.
2. A gap is kept. Rounding a cloud up to a vector claims updates that were never seen, see ``broken.lost_delta``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from workers.crdts.version_vector import VersionVector

Dot = tuple[str, int]
"""One update: the replica that made it and its number there, from 1. Pure: no two updates of a run share one."""

_NO_DOTS: frozenset[Dot] = frozenset()
_NOTHING: VersionVector = {}


class CausalContext(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A set of dots in compact form. Build one with ``context_of``, ``with_dots`` and ``join``."""

    vector: VersionVector
    cloud: frozenset[Dot]

    def __contains__(self, dot: Dot) -> bool:
        return dot[1] <= self.vector.get(dot[0], 0) or dot in self.cloud

    def next_dot(self, replica: str) -> Dot:
        """The dot of the next update that ``replica`` makes on this state."""
        number = self.vector.get(replica, 0)
        if self.cloud:
            number = max(number, *(n if r == replica else 0 for r, n in self.cloud))
        return replica, number + 1

    def with_dots(self, dots: Collection[Dot]) -> CausalContext:
        """The context of these dots and ``dots``."""
        if self.cloud:
            return context_of(self.vector, self.cloud.union(dots))
        vector = mine = self.vector
        for replica, number in dots:
            last = vector.get(replica, 0)
            if number == last + 1:
                vector = {**vector, replica: number}
            elif number > last:
                return context_of(mine, dots)
        return self if vector is mine else CausalContext(vector, _NO_DOTS)

    def advanced(self, replica: str) -> tuple[Dot, CausalContext]:
        """``next_dot``, and the context of these dots and that one."""
        vector = self.vector
        if self.cloud:
            dot = self.next_dot(replica)
            return dot, context_of(vector, {*self.cloud, dot})
        number = vector.get(replica, 0) + 1
        return (replica, number), CausalContext({**vector, replica: number}, _NO_DOTS)

    def join(self, other: CausalContext) -> CausalContext:
        """Every dot of both."""
        if not other.vector:
            return self.with_dots(other.cloud)
        if not self.vector:
            return other.with_dots(self.cloud)
        vector = dict(self.vector)
        for replica, number in other.vector.items():
            if number > vector.get(replica, 0):
                vector[replica] = number
        return context_of(vector, self.cloud | other.cloud)

    def leq(self, other: CausalContext) -> bool:
        """Whether ``other`` contains every dot of this context."""
        known = other.vector.get
        # In normal form the dot after the vector's last is missing, so the cloud cannot help.
        return all(known(replica, 0) >= number for replica, number in self.vector.items()) and all(
            dot in other for dot in self.cloud
        )

    def encode(self) -> list[Any]:
        """``[(replica, number) of the vector, (replica, number) of the cloud]``, each sorted."""
        return [sorted(self.vector.items()), sorted(self.cloud)]

    @classmethod
    def decode(cls, raw: list[Any]) -> CausalContext:
        """The context of ``encode``, which is in normal form."""
        vector, cloud = raw
        return cls(dict(vector) if vector else {}, frozenset([(r, n) for r, n in cloud]) if cloud else _NO_DOTS)


EMPTY = CausalContext({}, _NO_DOTS)


def context_of(vector: VersionVector, dots: Iterable[Dot]) -> CausalContext:
    """The normal form of ``vector`` and ``dots`` together; ``vector`` itself is not changed."""
    compact: dict[str, int] | None = None
    beyond: list[Dot] = []
    get = vector.get
    for dot in sorted(dots):
        replica, number = dot
        known = get(replica, 0)
        if number == known + 1:
            if compact is None:
                compact = dict(vector)
                get = compact.get
            compact[replica] = number
        elif number > known:
            beyond.append(dot)
    return CausalContext(vector if compact is None else compact, frozenset(beyond) if beyond else _NO_DOTS)


def context_of_dots(dots: Collection[Dot]) -> CausalContext:
    """The context of a few dots. A vector can only begin at 1, so mostly there is nothing to compact."""
    for _, number in dots:
        if number == 1:
            return context_of(_NOTHING, dots)
    return CausalContext(_NOTHING, frozenset(dots))
