"""A replicated value together with which updates have been applied to it.

Which updates were applied is instrumentation: it goes into the history, and no protocol decides by it. It travels with
the value because it merges as the value does: the pair is a product of two lattices, so that whatever transports a
state or a delta transports what it is made of.

Updates of a key are dots (region, number), numbered by the region that took them, from 1.
"""

from __future__ import annotations

from typing import Any, Final, Self

import msgspec

from workers.crdts.causal import EMPTY, CausalContext
from workers.crdts.replicated import Replicated
from workers.model.updates import runs, update_of

INITIAL: Final = "initial"


class Tracked(msgspec.Struct, frozen=True, gc=False):
    """The content of one key, or a delta of it, and the updates that made it."""

    content: Replicated
    updates: CausalContext = EMPTY

    def merge(self, other: Self) -> Self:
        """The join of both contents and of both sets of updates."""
        return type(self)(self.content.merge(other.content), self.updates.join(other.updates))

    def leq(self, other: Self) -> bool:
        """Whether ``other`` has everything of this, the updates included."""
        return self.updates.leq(other.updates) and self.content.leq(other.content)


def count(updates: CausalContext) -> int:
    """How many updates these are."""
    return sum(updates.vector.values()) + len(updates.cloud)


def new_dots(before: CausalContext, after: CausalContext) -> list[tuple[str, int]]:
    """The updates of ``after`` that are not in ``before``, sorted."""
    if after is before:
        return []
    known = before.vector.get
    fresh = [
        (origin, number)
        for origin, last in after.vector.items()
        for number in range(known(origin, 0) + 1, last + 1)
        if (origin, number) not in before.cloud
    ]
    fresh.extend(dot for dot in after.cloud if dot not in before)
    fresh.sort()
    return fresh


def listed(key: str, updates: CausalContext) -> list[str]:
    """The ids of these updates of ``key``, as runs; every replica has the initial value too."""
    first = [f"{key}@{INITIAL}"]
    if updates.cloud:
        first += [update_of(key, origin, number) for origin, number in updates.cloud]
        return runs([*first, *(_run(key, origin, last) for origin, last in updates.vector.items())])
    return sorted([*first, *(_run(key, origin, last) for origin, last in updates.vector.items())])


def _run(key: str, origin: str, last: int) -> str:
    return f"{key}@{origin}.1" if last == 1 else f"{key}@{origin}.1-{last}"


def encoded(updates: CausalContext) -> list[Any]:
    """Builtins of a set of updates, for records and messages."""
    return updates.encode()


def decoded(raw: list[Any] | None) -> CausalContext:
    """The set of ``encoded``; none of them for ``None``."""
    return CausalContext.decode(raw) if raw else EMPTY
