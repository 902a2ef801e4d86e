"""Grow-only counter: one total for each replica, merged by maximum (Shapiro et al. 2011, specification 6)."""

from __future__ import annotations

from typing import Any, Self

import msgspec

from workers.crdts.canonical import amount
from workers.crdts.replicated import Replicated
from workers.crdts.version_vector import VersionVector, decoded, descends, encoded, merged


class GCounter(Replicated, frozen=True, gc=False):
    """How much each replica has counted. Its value is the sum."""

    totals: VersionVector = msgspec.field(default_factory=dict)

    def increment(self, replica: str, by: int = 1) -> tuple[Self, Self]:
        """The counter after ``replica`` counted ``by`` more, and the delta. ValueError below 0."""
        if not amount(by):
            return self, type(self)()
        total = self.totals.get(replica, 0) + by
        return type(self)({**self.totals, replica: total}), type(self)({replica: total})

    def value(self) -> int:
        """The sum of all that was counted."""
        return sum(self.totals.values())

    def merge(self, other: Self) -> Self:
        """The greater total of each replica."""
        return type(self)(merged(self.totals, other.totals))

    def leq(self, other: Self) -> bool:
        """Whether ``other`` has at least every total of this counter."""
        return descends(other.totals, self.totals)

    def encode(self) -> list[Any]:
        """Sorted ``[replica, total]``."""
        return encoded(self.totals)

    @classmethod
    def decode(cls, raw: list[Any]) -> Self:
        """The counter of ``encode``."""
        return cls(decoded(raw))
