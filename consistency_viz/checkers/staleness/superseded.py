"""Which acknowledged updates of a key supersede what a read saw."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from consistency_viz.checkers.operations import Operation
from consistency_viz.checkers.pasts import Pasts
from consistency_viz.checkers.run_set import RunSet


class Acknowledged(msgspec.Struct):
    """The acknowledged updates of one key in the order of their acknowledgement, and as a set."""

    updates: list[Operation] = []
    ids: RunSet = msgspec.field(default_factory=RunSet)
    unnamed: int = 0
    """Acknowledged updates that do not say their id."""
    acknowledged_at: dict[str, int] = {}
    """The position in the history of each update's acknowledgement."""
    place: dict[str, int] = {}

    def add(self, operation: Operation) -> None:
        self.place.setdefault(operation.update, len(self.updates))
        self.updates.append(operation)
        self.ids.add(operation.update)
        self.acknowledged_at.setdefault(operation.update, operation.completed_index)


class Superseders(msgspec.Struct):
    """The places in ``Acknowledged.updates``, as far as ``upto``, of what supersedes a set of updates."""

    closed: RunSet
    upto: int = 0
    places: list[int] = []

    def look(self, key: Acknowledged, places: Iterable[int], seen: RunSet, pasts: Pasts, name: str) -> None:
        """Look at more places, rising."""
        for place in places:
            update = key.updates[place]
            if update.update not in self.closed and (not seen or _comes_after(update, seen, key, pasts, name)):
                self.places.append(place)


def _comes_after(update: Operation, seen: RunSet, key: Acknowledged, pasts: Pasts, name: str) -> bool:
    if update.after is not None or update.base is not None:
        return pasts.past(name, update.update).issuperset(seen)
    known = key.acknowledged_at
    return all(known.get(other, update.invoked_index) < update.invoked_index for other in seen)
