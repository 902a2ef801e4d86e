"""Keys on which everybody agrees and that nobody has touched for long, put away small.

A key that has settled is one value and one set of updates, the same for all replicas: not a state for each. Put away it
is some hundred bytes. When it is touched again it comes back, and what is judged of it is exact. Only so many are kept;
the oldest are then forgotten, and counted: one that came back would look new. Their windows stay counted.
"""

from __future__ import annotations

from heapq import nlargest
from typing import Final, NamedTuple

import msgspec

from consistency_viz.checkers.divergence.canonical import canonical
from consistency_viz.checkers.divergence.key import SLOTS, KeyState
from consistency_viz.checkers.divergence.settled import SettledUpdates
from workers.model.observation import Applied, Observation

TOP_MAX: Final = 8
"""Forgotten keys that are still told by how long they were divergent, for each slot."""


class _Put(NamedTuple):
    """A key: the value as JSON, the apply that showed it last, its updates, and its windows by slot."""

    value: bytes
    place: int
    at_us: int
    node: str
    update: str
    version: int
    settled: SettledUpdates
    closed_us: tuple[int, ...]
    closed: tuple[int, ...]


class Folded:
    """The keys put away, oldest first, and what is left of those forgotten."""

    def __init__(self, folded_max: int) -> None:
        self.forgotten = 0
        self._folded_max = folded_max
        self._put: dict[str, _Put] = {}
        self._top: list[list[tuple[int, int, str]]] = [[] for _ in SLOTS]

    def __len__(self) -> int:
        return len(self._put)

    def put(self, state: KeyState) -> None:
        """Put a key away that is ``is_settled``."""
        shown = max((o for o in state.shown if o is not None), key=lambda o: o.index)
        body = shown.body
        if not isinstance(body, Applied):
            raise TypeError(f"{state.key} is shown by {type(body).__name__}")
        value = msgspec.json.encode(body.value)
        state.settled.shrink()
        told = (shown.index, shown.at_us, shown.node, body.update, body.version)
        self._put[state.key] = _Put(value, *told, state.settled, tuple(state.closed_us), tuple(state.closed))
        if len(self._put) > self._folded_max:
            self._forget(next(iter(self._put)))

    def take(self, key: str, replicas: int) -> KeyState | None:
        """The key as it was, if it was put away. All replicas count as having shown it since the last of them did."""
        put = self._put.pop(key, None)
        if put is None:
            return None
        state = KeyState(key, replicas)
        value = msgspec.json.decode(put.value)
        shown = Observation(put.place, put.at_us, put.node, Applied(key, value, put.update, put.version))
        state.shown = [shown] * replicas
        state.values = [canonical(value)] * replicas
        state.settled = put.settled
        state.closed_us, state.closed = list(put.closed_us), list(put.closed)
        return state

    def longest(self, slot: int, count: int) -> list[tuple[int, int, str]]:
        """(microseconds divergent, windows, key) of those that were divergent longest in a slot."""
        kept = ((put.closed_us[slot], put.closed[slot], key) for key, put in self._put.items() if put.closed[slot])
        return nlargest(count, [*kept, *self._top[slot]])

    def _forget(self, key: str) -> None:
        put = self._put.pop(key)
        self.forgotten += 1
        for slot, top in enumerate(self._top):
            if put.closed[slot]:
                self._top[slot] = nlargest(TOP_MAX, [*top, (put.closed_us[slot], put.closed[slot], key)])


def is_settled(state: KeyState) -> bool:
    """Whether all replicas have applied the key, and the same updates of it, and show the same."""
    return not state.diverged and not state.partial and all(shown is not None for shown in state.shown)
