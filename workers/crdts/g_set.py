"""Grow-only set of strings: union (Shapiro et al. 2011, specification 11)."""

from __future__ import annotations

from typing import Any, Self

from workers.crdts.causal import CausalContext
from workers.crdts.operation import Operation, OperationBased
from workers.crdts.replicated import Replicated


class GSet(Replicated, frozen=True, gc=False):
    """The elements added so far; none is ever removed."""

    elements: frozenset[str] = frozenset()

    def add(self, replica: str, element: str) -> tuple[Self, Self]:
        """The set with ``element``, and the delta."""
        if element in self.elements:
            return self, type(self)()
        added = frozenset((element,))
        return type(self)(self.elements | added), type(self)(added)

    def value(self) -> list[str]:
        """The elements, sorted."""
        return sorted(self.elements)

    def merge(self, other: Self) -> Self:
        """The union."""
        return type(self)(self.elements | other.elements)

    def leq(self, other: Self) -> bool:
        """Whether ``other`` has every element of this set."""
        return self.elements <= other.elements

    def encode(self) -> list[Any]:
        """The elements, sorted."""
        return sorted(self.elements)

    @classmethod
    def decode(cls, raw: list[Any]) -> Self:
        """The set of ``encode``."""
        return cls(frozenset(raw))


class GSetOperations(OperationBased, frozen=True, gc=False):
    """Operation-based grow-only set: additions commute, so any order will do."""

    elements: frozenset[str] = frozenset()

    def add(self, replica: str, element: str) -> Operation:
        """Adding ``element``."""
        return self._operation(replica, "add", element)

    def value(self) -> list[str]:
        """The elements, sorted."""
        return sorted(self.elements)

    def encode(self) -> list[Any]:
        """``[elements, vector, cloud]``, sorted."""
        return [sorted(self.elements), *self.seen.encode()]

    @classmethod
    def decode(cls, raw: list[Any]) -> Self:
        """The set of ``encode``."""
        return cls(CausalContext.decode(raw[1:]), frozenset(raw[0]))

    def _after(self, operation: Operation) -> Self:
        return type(self)(self.seen, self.elements.union(operation.arguments))
