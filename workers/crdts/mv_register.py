"""Multi-value register: a write replaces the writes that its writer saw; concurrent ones stand side by side.

"Its writer" is the replica. A client may have read less than its replica has seen by the time that it writes: what
came in between is replaced unread. Where clients are the writers their context has to travel with the write: see
``dvv_set``.

Shapiro et al. 2011, specification 10, with dots as in Almeida, Shoker, Baquero 2018, section 7.4.
"""

from __future__ import annotations

from typing import Any, Self

from workers.crdts.canonical import canonical, distinct
from workers.crdts.dot_store import CausalOperations, CausalState, Entries, Write, dots_of
from workers.crdts.operation import Operation

_KEY = ""
"""A register is a store with one key."""


def _assign(entries: Entries, content: Any) -> Write:
    return Write(_KEY, True, canonical(content), dots_of(entries))


def _shown(entries: Entries) -> list[Any]:
    return distinct(list(entries.get(_KEY, {}).values()))


class MVRegister(CausalState, frozen=True, gc=False):
    """The writes that no other known write has seen."""

    def assign(self, replica: str, content: Any) -> tuple[Self, Self]:
        """The register with ``content`` in place of every write seen here, and the delta."""
        return self._written(replica, _assign(self.entries, content))

    def value(self) -> list[Any]:
        """The distinct contents in canonical order: none if never written, several if concurrent."""
        return _shown(self.entries)


class MVRegisterOperations(CausalOperations, frozen=True, gc=False):
    """Operation-based: needs causal order, else a write that was replaced comes back after its replacement."""

    def assign(self, replica: str, content: Any) -> Operation:
        """Writing ``content`` in place of every write seen here."""
        return self._prepared(replica, _assign(self.entries, content))

    def value(self) -> list[Any]:
        """The distinct contents in canonical order."""
        return _shown(self.entries)
