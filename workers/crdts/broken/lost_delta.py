"""Broken: an OR-set whose deltas say "everything up to" where they mean "just these".

The context of a delta is rounded up to a version vector. While every delta arrives in order, nobody notices. Lose one,
and the next claims to have seen the lost addition and not to show it: at the receiver, and at everybody whom it then
gossips with, the element is deleted. Right: ``or_set``, whose contexts keep gaps; ``delta_buffer`` leaves none.
"""

from __future__ import annotations

from typing import Self

from workers.crdts.causal import CausalContext
from workers.crdts.dot_store import Write
from workers.crdts.or_set import ORSet


class CompactedORSet(ORSet, frozen=True, gc=False):
    """An OR-set with rounded-up deltas."""

    def _written(self, replica: str, write: Write) -> tuple[Self, Self]:
        state, delta = super()._written(replica, write)
        vector = dict(delta.context.vector)
        for source, number in delta.context.cloud:
            vector[source] = max(number, vector.get(source, 0))
        return state, type(self)(delta.entries, CausalContext(vector, frozenset()), delta.emptied)
