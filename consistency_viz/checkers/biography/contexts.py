"""What each update's author knew: the causal contexts of a history, by key and update."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from consistency_viz.checkers.operations import Operation
from consistency_viz.checkers.pasts import Pasts
from consistency_viz.checkers.run_set import INITIAL_SUFFIX, RunSet
from workers.model.observation import Applied, Observation

_NOTHING: Final = RunSet()


class Update(msgspec.Struct):
    """One update: the operation that made it, if a client did, and the first that is known of it at a replica."""

    operation: Operation | None = None
    first: Observation | None = None


class Contexts:
    """Everything is to be learnt before the first question."""

    def __init__(self, replicas: Iterable[str]) -> None:
        self.replicas = tuple(dict.fromkeys(replicas))
        self._updates: dict[tuple[str, str], Update] = {}
        self._beside: dict[tuple[str, str], RunSet] = {}
        """Of a service's update: what every replica kept beside it when it first applied it."""
        self._told: set[tuple[str, str, str]] = set()
        self._pasts = Pasts()

    def made(self, operation: Operation) -> None:
        """A client's operation made its update."""
        self._updates.setdefault((operation.key, operation.update), Update()).operation = operation

    def applied(self, node: str, body: Applied, observation: Observation) -> None:
        """A replica applied an update."""
        place = body.key, body.update
        update = self._updates.setdefault(place, Update())
        if update.first is None:
            update.first = observation
        if body.kept is None or (node, *place) in self._told:
            return
        self._told.add((node, *place))
        kept, before = RunSet(body.kept), self._beside.get(place)
        self._beside[place] = kept if before is None else before.minus(before.minus(kept))

    def close(self) -> None:
        """All is learnt: from now on it may be asked."""
        for (key, update), about in self._updates.items():
            operation = about.operation
            if operation is not None:
                known = operation.base if operation.base is not None else operation.after
                self._pasts.learn(key, update, known)
            elif (beside := self._beside.get((key, update))) is not None:
                self._pasts.learn(key, update, [one for one in beside if one != update])

    def about(self, key: str, update: str) -> Update:
        """What is known of an update."""
        return self._updates.get((key, update)) or Update()

    def known(self, key: str, update: str) -> RunSet | None:
        """What its author knew, closed; ``None`` if the history does not say."""
        about = self.about(key, update)
        operation = about.operation
        if operation is not None:
            is_told = operation.base is not None or operation.after is not None
        else:
            is_told = (key, update) in self._beside
        return self._pasts.past(key, update) if is_told else None

    def is_concurrent(self, key: str, update: str, other: str) -> bool:
        """Whether neither is known to know the other; an unknown context is taken to know all."""
        mine, its = self.known(key, update), self.known(key, other)
        return mine is not None and its is not None and other not in mine and update not in its

    @staticmethod
    def is_initial(update: str) -> bool:
        """Whether it is what a key begins with, and no update."""
        return update.endswith(INITIAL_SUFFIX)
