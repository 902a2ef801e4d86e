"""Broken: a shopping cart merged by union, as in DeCandia et al., "Dynamo" (SOSP 2007), section 4.4.

A deleted item comes back with the next merge, for a union cannot tell "deleted" from "not heard of yet". Merge is even
commutative, associative and idempotent: deleting is what leaves the lattice. Right: ``or_set``.
"""

from __future__ import annotations

from typing import Self

from workers.crdts.g_set import GSet


class UnionCart(GSet, frozen=True, gc=False):
    """The items in the cart."""

    def remove(self, replica: str, element: str) -> tuple[Self, Self]:
        """The cart without ``element``, and a delta that says nothing."""
        return type(self)(self.elements - {element}), type(self)()
