"""Counter that goes up and down: two grow-only totals for each replica (Shapiro et al. 2011, specification 7).

It may fall below any bound although each replica looked before it subtracted: ``bounded_counter`` does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from workers.crdts.canonical import amount
from workers.crdts.causal import CausalContext
from workers.crdts.operation import Operation, OperationBased
from workers.crdts.replicated import Replicated

Totals = tuple[int, int]
_NOTHING: Totals = (0, 0)


class PNCounter(Replicated, frozen=True, gc=False):
    """What each replica has added and subtracted in all."""

    totals: Mapping[str, Totals] = {}

    def increment(self, replica: str, by: int = 1) -> tuple[Self, Self]:
        """The counter after ``replica`` added ``by``, and the delta. ValueError below 0."""
        added, subtracted = self.totals.get(replica, _NOTHING)
        return self._with(replica, (added + amount(by), subtracted))

    def decrement(self, replica: str, by: int = 1) -> tuple[Self, Self]:
        """The counter after ``replica`` subtracted ``by``, and the delta. ValueError below 0."""
        added, subtracted = self.totals.get(replica, _NOTHING)
        return self._with(replica, (added, subtracted + amount(by)))

    def value(self) -> int:
        """All that was added less all that was subtracted."""
        return sum(added - subtracted for added, subtracted in self.totals.values())

    def merge(self, other: Self) -> Self:
        """The greater totals of each replica."""
        totals = dict(self.totals)
        for replica, (added, subtracted) in other.totals.items():
            mine = totals.get(replica)
            if mine is not None:
                added, subtracted = max(added, mine[0]), max(subtracted, mine[1])  # noqa: PLW2901 - the join of both
            totals[replica] = added, subtracted
        return type(self)(totals)

    def leq(self, other: Self) -> bool:
        """Whether ``other`` has at least every total of this counter."""
        for replica, (added, subtracted) in self.totals.items():
            theirs = other.totals.get(replica, _NOTHING)
            if added > theirs[0] or subtracted > theirs[1]:
                return False
        return True

    def encode(self) -> list[Any]:
        """Sorted ``[replica, added, subtracted]``."""
        return [[replica, *self.totals[replica]] for replica in sorted(self.totals)]

    @classmethod
    def decode(cls, raw: list[Any]) -> Self:
        """The counter of ``encode``."""
        return cls({replica: (added, subtracted) for replica, added, subtracted in raw})

    def _with(self, replica: str, totals: Totals) -> tuple[Self, Self]:
        if totals == self.totals.get(replica, _NOTHING):
            return self, type(self)()
        return type(self)({**self.totals, replica: totals}), type(self)({replica: totals})


class CounterOperations(OperationBased, frozen=True, gc=False):
    """Operation-based counter: one sum. Additions commute, so any order will do (Shapiro et al. 2011, spec. 5)."""

    total: int = 0

    def increment(self, replica: str, by: int = 1) -> Operation:
        """Adding ``by``; ValueError below 0."""
        return self._operation(replica, "add", amount(by))

    def decrement(self, replica: str, by: int = 1) -> Operation:
        """Subtracting ``by``; ValueError below 0."""
        return self._operation(replica, "add", -amount(by))

    def value(self) -> int:
        """The sum of what was applied."""
        return self.total

    def encode(self) -> list[Any]:
        """``[total, vector, cloud]``, the latter two of the operations applied."""
        return [self.total, *self.seen.encode()]

    @classmethod
    def decode(cls, raw: list[Any]) -> Self:
        """The counter of ``encode``."""
        return cls(CausalContext.decode(raw[1:]), raw[0])

    def _after(self, operation: Operation) -> Self:
        return type(self)(self.seen, self.total + operation.arguments[0])
