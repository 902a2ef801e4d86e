"""Replicas that applied the same updates of a key must show the same value: looked at after every instant."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from consistency_viz.checkers.divergence.folded import is_settled
from consistency_viz.checkers.divergence.key import KeyState
from consistency_viz.checkers.verdict import WITNESSES_MAX
from workers.model.observation import Applied, Observation


class Disagreement(msgspec.Struct, frozen=True):
    """Two ``replicas`` showed what ``first`` and ``second`` say (``None``: nothing) after the same updates."""

    key: str
    at_us: int
    replicas: tuple[str, str]
    first: Observation | None
    second: Observation | None


class Agreement:
    """Follows what replicas show. ``count`` is how often a key began to disagree, ``found`` the first times."""

    def __init__(self, replicas: tuple[str, ...]) -> None:
        self.keys: dict[str, KeyState] = {}
        self.found: list[Disagreement] = []
        self.count = 0
        self.over = 0
        """How many keys were put away."""
        self._replicas = replicas
        self._number = {name: i for i, name in enumerate(replicas)}
        self._everybody = (1 << len(replicas)) - 1
        self._touched: dict[str, KeyState] = {}
        self._disagree: set[str] = set()
        self._now_us = -1

    def apply(self, observation: Observation, body: Applied) -> None:
        """A replica applied an update."""
        if observation.at_us != self._now_us:
            self.finish()
            self._now_us = observation.at_us
        key = self.keys.get(body.key)
        if key is None:
            key = self.keys[body.key] = KeyState(body.key, len(self._replicas))
        self._touched[body.key] = key
        key.apply(self._number[observation.node], self._everybody, observation, body)

    def finish(self) -> None:
        """The present instant is over."""
        for name, key in self._touched.items():
            pair = self._disagreeing(key)
            if pair is None:
                self._disagree.discard(name)
            elif name not in self._disagree:
                self._disagree.add(name)
                self.count += 1
                if len(self.found) < WITNESSES_MAX:
                    names = (self._replicas[pair[0]], self._replicas[pair[1]])
                    shown = (key.shown[pair[0]], key.shown[pair[1]])
                    self.found.append(Disagreement(name, self._now_us, names, *shown))
        self._touched.clear()

    def retire(self, name: str) -> bool:
        """Put a key away on which all replicas agree; false: they do not, or this instant is not over."""
        key = self.keys.get(name)
        if key is None:
            return True
        if name in self._touched or not is_settled(key) or key.values.count(key.values[0]) != len(key.values):
            return False
        del self.keys[name]
        self.over += 1
        return True

    def lagging(self) -> Iterator[tuple[str, list[str]]]:
        """The keys whose values differ now where updates differ too, with the replicas that lack an update."""
        for name, key in self.keys.items():
            if key.values.count(key.values[0]) != len(key.values) and key.partial:
                yield name, [self._replicas[r] for r in self.lacking(key)]

    def lacking(self, key: KeyState) -> list[int]:
        """The replicas that lack an update of ``key`` which another has."""
        return [r for r in range(len(self._replicas)) if any(not mask >> r & 1 for mask in key.masks())]

    def _disagreeing(self, key: KeyState) -> tuple[int, int] | None:
        if key.values.count(key.values[0]) == len(key.values):
            return None
        for group in key.groups(1, tuple(range(len(self._replicas)))):
            for replica in group[1:]:
                if key.values[replica] != key.values[group[0]]:
                    return group[0], replica
        return None
