"""Observed-remove set, remove wins: an element is in the set if its latest updates are additions only.

Bieniusa et al., "Brief announcement: semantics of eventually consistent replicated sets" (2012); as a delta type:
Almeida, Shoker, Baquero 2018, figure 10. A removal is an update with a dot of its own, even of an element that is not
there, for it must win against an addition that is still under way. So a removed element leaves a tombstone; there is
one for each element and concurrent removal, and ``forget`` drops those that every replica has settled.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Self

from workers.crdts.causal import EMPTY, CausalContext, context_of_dots
from workers.crdts.dot_store import NO_KEYS, CausalOperations, CausalState, Cell, Entries, Write
from workers.crdts.operation import Operation


def _mark(entries: Entries, element: str, *, added: bool) -> Write:
    return Write(element, True, added, tuple(entries.get(element, ())))


def _shown(entries: Entries) -> list[str]:
    return sorted(element for element, cell in entries.items() if all(cell.values()))


class RWSet(CausalState, frozen=True, gc=False):
    """For each element the additions (True) and removals (False) that no known update of it has seen."""

    def __contains__(self, element: str) -> bool:
        cell = self.entries.get(element)
        return cell is not None and all(cell.values())

    def add(self, replica: str, element: str) -> tuple[Self, Self]:
        """The set with ``element``, and the delta; it replaces the removals seen here."""
        return self._written(replica, _mark(self.entries, element, added=True))

    def remove(self, replica: str, element: str) -> tuple[Self, Self]:
        """The set without ``element``, and the delta; it wins against concurrent additions."""
        return self._written(replica, _mark(self.entries, element, added=False))

    def forget(self, others: Collection[CausalContext]) -> tuple[Self, Self]:
        """The set without the tombstones that are settled, and the delta; ``others``: contexts heard of all others.

        A tombstone is settled when every other replica has seen it, and everything that they had seen by then is here:
        what they add from now on comes after the removal.
        """
        settled = {
            element: cell
            for element, cell in self.entries.items()
            if not all(cell.values()) and all(self._settles(cell, other) for other in others)
        }
        dots = [dot for cell in settled.values() for dot in cell]
        if not dots:
            return self, type(self)({}, EMPTY, NO_KEYS)
        delta = type(self)({}, context_of_dots(dots), frozenset(settled))
        return self.merge(delta), delta

    def value(self) -> list[str]:
        """The elements, sorted."""
        return _shown(self.entries)

    def _settles(self, cell: Cell, other: CausalContext) -> bool:
        return other.leq(self.context) and all(dot in other for dot in cell)


class RWSetOperations(CausalOperations, frozen=True, gc=False):
    """Operation-based: needs causal order, else an update that was replaced comes back after its replacement."""

    def add(self, replica: str, element: str) -> Operation:
        """Adding ``element``."""
        return self._prepared(replica, _mark(self.entries, element, added=True))

    def remove(self, replica: str, element: str) -> Operation:
        """Removing ``element``."""
        return self._prepared(replica, _mark(self.entries, element, added=False))

    def value(self) -> list[str]:
        """The elements, sorted."""
        return _shown(self.entries)
