"""Bounded counter: never below zero, without asking anybody, because each replica owns rights to subtract.

Balegas et al., "Extending Eventually Consistent Cloud Databases for Enforcing Numeric Invariants" (SRDS 2015): a matrix
of rights and a vector of uses, merged by maximum. O'Neil's escrow method (1986) is the ancestor.

Rules
1. Adding n at a replica gives it n rights; a subtraction uses up its own rights; a transfer gives rights away.
2. A replica decides by its own rights alone, and only it uses or gives them: so the sum of all subtractions can exceed
   the sum of all additions in no merged state. Where the quota is spent it refuses although there may be rights
   elsewhere: that is the price.
3. Deltas converge in any order; only in causal order does every intermediate state show a value of at least zero, for
   a use must not come before the addition that it is paid from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import msgspec

from workers.crdts.canonical import amount
from workers.crdts.replicated import Replicated
from workers.crdts.version_vector import VersionVector, decoded, descends, encoded, merged

Transfer = tuple[str, str]


class QuotaSpentError(ValueError):
    """The replica owns fewer rights than asked for."""

    def __init__(self, replica: str, wanted: int, available: int, total: int) -> None:
        self.replica, self.wanted, self.available = replica, wanted, available
        super().__init__(
            f"{replica} owns {available} of the {total} left and cannot give up {wanted}; another replica must "
            "transfer rights to it first"
        )


class BoundedCounter(Replicated, frozen=True, gc=False):
    """Rights granted, by (from, to), with additions as (replica, replica); and uses by replica."""

    rights: Mapping[Transfer, int] = {}
    used: VersionVector = msgspec.field(default_factory=dict)

    @classmethod
    def of(cls, quotas: Mapping[str, int]) -> Self:
        """The initial state in which each replica owns its quota; every replica must start from the same one."""
        return cls({(replica, replica): amount(quota) for replica, quota in quotas.items() if quota})

    def increment(self, replica: str, by: int = 1) -> tuple[Self, Self]:
        """The counter after adding ``by``, owned by ``replica``, and the delta. ValueError below 0."""
        return self._granted(replica, replica, amount(by))

    def decrement(self, replica: str, by: int = 1) -> tuple[Self, Self]:
        """The counter after subtracting ``by``, and the delta. QuotaSpentError if ``replica`` owns less."""
        if not amount(by):
            return self, type(self)()
        self._check(replica, by)
        delta = type(self)({}, {replica: self.used.get(replica, 0) + by})
        return self.merge(delta), delta

    def transfer(self, replica: str, to: str, count: int) -> tuple[Self, Self]:
        """The counter after ``replica`` gave ``count`` rights to ``to``, and the delta. QuotaSpentError as above."""
        if not amount(count) or replica == to:
            return self, type(self)()
        self._check(replica, count)
        return self._granted(replica, to, count)

    def quota(self, replica: str) -> int:
        """How much ``replica`` may subtract by itself, as far as this state knows; exact at that replica."""
        owned = -self.used.get(replica, 0)
        for (giver, receiver), count in self.rights.items():
            if receiver == replica:
                owned += count
            elif giver == replica:
                owned -= count
        return owned

    def value(self) -> int:
        """All additions less all subtractions."""
        return sum(n for (giver, to), n in self.rights.items() if giver == to) - sum(self.used.values())

    def merge(self, other: Self) -> Self:
        """The greater of each entry."""
        rights = dict(self.rights)
        for pair, count in other.rights.items():
            if count > rights.get(pair, 0):
                rights[pair] = count
        return type(self)(rights, merged(self.used, other.used))

    def leq(self, other: Self) -> bool:
        """Whether ``other`` has at least every entry of this counter."""
        return descends(other.used, self.used) and all(
            other.rights.get(pair, 0) >= count for pair, count in self.rights.items()
        )

    def encode(self) -> list[Any]:
        """``[[from, to, rights] sorted, [replica, used] sorted]``."""
        return [[[*pair, self.rights[pair]] for pair in sorted(self.rights)], encoded(self.used)]

    @classmethod
    def decode(cls, raw: list[Any]) -> Self:
        """The counter of ``encode``."""
        return cls({(giver, to): count for giver, to, count in raw[0] if count}, decoded(raw[1]))

    def _check(self, replica: str, wanted: int) -> None:
        if (available := self.quota(replica)) < wanted:
            raise QuotaSpentError(replica, wanted, available, self.value())

    def _granted(self, giver: str, to: str, count: int) -> tuple[Self, Self]:
        if not count:
            return self, type(self)()
        delta = type(self)({(giver, to): self.rights.get((giver, to), 0) + count})
        return self.merge(delta), delta
