"""What replicas applied and who of them was live: with ties, duplicates, re-applies and membership changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from tests.checkers.chance import Choose
from workers.model.observation import Applied, Body, Changed, Observation, Sent

Case = tuple[list[str], list[Observation]]
"""The replicas, and what happened."""

NAMES = ["r1", "r2", "r3", "r4"]


class Scope(NamedTuple):
    """From what something is chosen, step by step; one of ``kinds`` is a string of letters (``_Story.step``)."""

    steps: Sequence[int]
    replicas: Sequence[int] = (3, 2, 4, 1)
    keys: Sequence[int] = (1, 2)
    kinds: Sequence[str] = ("aaauuc", "aaauus")
    pauses_us: Sequence[int] = (1, 0, 0, 2, 7)
    updates: Sequence[str] = ("u1", "u2", "u3")
    values: Sequence[Any] = (None, 1, True, "x", {"a": 1, "b": [2]}, {"b": [2], "a": 1}, {"a": True, "b": [2]})
    honest: Sequence[bool] = (True, False)
    """Whether what is shown follows from what was applied."""
    elsewhere: Sequence[str] = ("outsider",)
    states: Sequence[Any] = ("up", "up", "up", "down", "lost", "fenced")
    instances: Sequence[int] = (1, 2)
    epochs: Sequence[int] = (0, 0, 1)
    reasons: Sequence[str] = ("", "", "the run ended")


USUAL = Scope(range(25))
APPLIES = Scope([3], [2], [1], ["a"], [0, 1], ["u1", "u2"], [1, 2], [False], [])
"""Everything that two replicas may do to one key in three steps."""
MEMBERS = Scope([3], [2], [1], ["ac"], [1], ["u1"], [1, 2], [False], [], ["up", "lost"], [1, 2], [0, 1], [""])
"""The same with their instances."""


class _Story:
    def __init__(self, choose: Choose, scope: Scope) -> None:
        self.choose = choose
        self.scope = scope
        self.replicas = NAMES[: self.one(scope.replicas)]
        self.keys = ["k", "l"][: self.one(scope.keys)]
        self.had: dict[tuple[str, str], set[str]] = {}
        self.at_us = 0
        self.steps: list[tuple[int, str, Body]] = []

    def one(self, options: Sequence[Any]) -> Any:
        return self.choose(list(options))

    def step(self, kind: str) -> None:
        """a: somebody applies; u: all replicas catch up with each other; c: an instance changes; s: a message."""
        scope = self.scope
        self.at_us += self.one(scope.pauses_us)
        node = self.one([*self.replicas, *self.replicas, *scope.elsewhere] if scope.elsewhere else self.replicas)
        if kind == "a":
            key, update = self.one(self.keys), self.one(scope.updates)
            mine = self.had.setdefault((node, key), set())
            mine.add(update)
            value = sorted(mine) if self.one(scope.honest) else self.one(scope.values)
            self.tell(node, Applied(key, value, update))
        elif kind == "u":
            self.catch_up(self.one(self.keys))
        elif kind == "c":
            instance = f"{node}.{self.one(scope.instances)}"
            self.tell(node, Changed(instance, self.one(scope.states), self.one(scope.epochs), self.one(scope.reasons)))
        else:
            self.tell(node, Sent("m", "t", "T", "k", "c"))

    def catch_up(self, key: str) -> None:
        pause_us = self.one([1, 0])
        everything = sorted(set().union(*(self.had.get((r, key), set()) for r in self.replicas)))
        for replica in self.replicas:
            for update in everything:
                self.had.setdefault((replica, key), set()).add(update)
                self.tell(replica, Applied(key, sorted(self.had[replica, key]), update))
                self.at_us += pause_us

    def tell(self, node: str, body: Body) -> None:
        self.steps.append((self.at_us, node, body))


def case(choose: Choose, scope: Scope = USUAL) -> Case:
    """Some replicas, and what they and an outsider did."""
    story = _Story(choose, scope)
    kinds = story.one(scope.kinds)
    for _ in range(story.one(scope.steps)):
        story.step(story.one(kinds))
    return story.replicas, [Observation(index, *step) for index, step in enumerate(story.steps)]
