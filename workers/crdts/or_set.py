"""Observed-remove set, add wins: a removal takes away the additions that it saw, so a concurrent addition stays.

Shapiro et al. 2011, specification 15; optimised without tombstones: Bieniusa et al., "An optimized conflict-free
replicated set" (2012); as a delta type: Almeida, Shoker, Baquero 2018, figure 9.
"""

from __future__ import annotations

from typing import Any, Self

from workers.crdts.dot_store import CausalOperations, CausalState, Entries, Write, dots_of
from workers.crdts.operation import Operation


def _add(entries: Entries, element: str) -> Write:
    return Write(element, True, 1, tuple(entries.get(element, ())))


def _remove(entries: Entries, element: str) -> Write:
    return Write(element, False, None, tuple(entries.get(element, ())))


def _clear(entries: Entries) -> Write:
    first, *also = entries or ("",)
    return Write(first, False, None, dots_of(entries), tuple(also))


class ORSet(CausalState, frozen=True, gc=False):
    """The additions that no known removal has seen."""

    def __contains__(self, element: str) -> bool:
        return element in self.entries

    def add(self, replica: str, element: str) -> tuple[Self, Self]:
        """The set with ``element``, and the delta. The new dot replaces those seen, so that dots do not pile up."""
        return self._written(replica, _add(self.entries, element))

    def remove(self, replica: str, element: str) -> tuple[Self, Self]:
        """The set without ``element``, and the delta; both as before if it is not in the set."""
        return self._written(replica, _remove(self.entries, element))

    def clear(self, replica: str) -> tuple[Self, Self]:
        """The set without all elements seen here, and the delta."""
        return self._written(replica, _clear(self.entries))

    def value(self) -> list[str]:
        """The elements, sorted."""
        return sorted(self.entries)


class ORSetOperations(CausalOperations, frozen=True, gc=False):
    """Operation-based: a removal must come after the additions that it saw, else the element stays here for ever."""

    def add(self, replica: str, element: str) -> Operation:
        """Adding ``element``."""
        return self._prepared(replica, _add(self.entries, element))

    def remove(self, replica: str, element: str) -> Operation:
        """Removing the additions of ``element`` seen here."""
        return self._prepared(replica, _remove(self.entries, element))

    def clear(self, replica: str) -> Operation:
        """Removing all additions seen here."""
        return self._prepared(replica, _clear(self.entries))

    def value(self) -> list[Any]:
        """The elements, sorted."""
        return sorted(self.entries)
