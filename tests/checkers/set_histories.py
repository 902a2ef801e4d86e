"""Small histories with sets of updates: two replicas, two sessions, and everything that can go wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from tests.checkers.chance import Choose
from workers.model.observation import Applied, Body, Completed, Invoked, Observation
from workers.model.updates import runs

REPLICAS = ["r1", "r2"]


class Bias(NamedTuple):
    """What is likely: a list is chosen from, and holds twice what is to come twice as often."""

    kinds: Sequence[str] = ("read", "write", "write", "replicate", "end", "end")
    sizes: Sequence[int] = (12, 16, 20)
    keeps: Sequence[bool] = (False, True)
    tells: Sequence[str] = ("after", "after", "nothing", "anything")
    seen: Sequence[str] = ("all", "all", "anything", "some")
    kept: Sequence[str] = ("had", "had", "had", "made")


READS = Bias(
    kinds=("read", "read", "read", "write", "end", "end", "end"),
    sizes=(28, 36),
    keeps=(False, False, True),
    seen=("all", "some", "some", "some"),
)
BLIND = Bias(sizes=(20, 30), keeps=(True,), tells=("nothing",), kept=("none",))
FOLLOWS = Bias(
    kinds=("read", "read", "write", "write", "end", "end", "end", "replicate"),
    sizes=(54, 64),
    keeps=(False,),
)
WRITES = Bias(
    kinds=("write", "write", "write", "end", "end", "replicate", "replicate"),
    sizes=(20, 24, 28),
    keeps=(False, False, True),
)
USUAL = Bias()


class _Run:
    def __init__(self, choose: Choose, bias: Bias) -> None:
        self.bias = bias
        self.choose = choose
        self.found: list[Observation] = []
        self.at_us = 0
        self.keys = ["k", "l"][: choose([1, 1, 2])]
        self.applied: dict[tuple[str, str], list[str]] = {(r, k): [] for r in REPLICAS for k in self.keys}
        self.made: dict[str, list[str]] = {k: [] for k in self.keys}
        self.numbers: dict[tuple[str, str], int] = {}
        self.keeps = choose(list(bias.keeps))
        self.tells = choose(list(bias.tells))
        self.open: list[tuple[str, str, str, str, Any]] = []
        self.count = 0

    def tell(self, node: str, body: Body) -> None:
        self.found.append(Observation(len(self.found), self.at_us, node, body))
        self.at_us += self.choose([1000, 1000, 0, 2500])

    def some(self, ids: list[str]) -> list[str]:
        return [update for update in ids if self.choose([True, True, False])]

    def of(self, which: Sequence[str], had: list[str], key: str) -> list[str]:
        match self.choose(list(which)):
            case "none":
                return []
            case "some":
                return self.some(had)
            case "anything":
                return self.some(self.made[key])
            case "made":
                return self.made[key]
        return had

    def apply(self, replica: str, key: str, update: str) -> None:
        had = self.applied[replica, key]
        if update not in had:
            had.append(update)
        kept = None
        if self.keeps:
            kept = runs([*self.some(self.of(self.bias.kept, had, key)), *self.choose([[update], [update], []])])
        value = self.choose([sorted(had), sorted(had), len(had), had[-1]])
        self.tell(replica, Applied(key, value, update, len(had), kept))

    def begin(self, session: str, f: str) -> None:
        self.count += 1
        op, key, replica = f"o{self.count}", self.choose(self.keys), self.choose(REPLICAS)
        had = list(self.applied[replica, key])
        base = runs(self.some(had)) if f == "write" and self.choose([False, False, True]) else None
        self.tell("client", Invoked(op, session, f, key, {} if base is None else {"base": base}, self.at_us, replica))
        if f == "read":
            self.open.append((op, session, f, key, replica))
            return
        number = self.numbers[replica, key] = self.numbers.get((replica, key), 0) + 1
        update = f"{key}@{replica}.{number}"
        told = {"after": runs(had), "nothing": None, "anything": runs(self.some(self.made[key]))}[self.tells]
        self.made[key].append(update)
        if self.choose([True, True, True, False]):
            self.apply(replica, key, update)
        result = {"update": update} | ({} if told is None else {"after": told})
        self.open.append((op, session, f, key, result))

    def end(self) -> None:
        op, session, f, key, what = self.open.pop(self.choose(list(range(len(self.open)))))
        outcome = self.choose(["ok"] * 9 + ["info"])
        if f == "read":
            seen = self.of(self.bias.seen, self.applied[what, key], key)
            what = {"value": sorted(seen), "seen": runs(seen)}
        self.tell("client", Completed(op, session, f, key, outcome, what if outcome == "ok" else None))

    def replicate(self) -> None:
        lacking = [(r, k, u) for (r, k), had in self.applied.items() for u in self.made[k] if u not in had]
        if lacking:
            self.apply(*self.choose(lacking))


def history(choose: Choose, bias: Bias = USUAL) -> list[Observation]:
    """What happened, in order; a session may begin an operation before its last one has ended, now and then."""
    run = _Run(choose, bias)
    overlapping = choose([False, False, True])
    for _ in range(choose(list(bias.sizes))):
        busy = {session for _, session, *_ in run.open}
        free = [s for s in ("s1", "s2") if overlapping or s not in busy]
        kind = choose(list(bias.kinds))
        if kind in {"read", "write"} and free:
            run.begin(choose(free), kind)
        elif kind == "end" and run.open:
            run.end()
        else:
            run.replicate()
    while run.open and choose([True, True, False]):
        run.end()
    for _ in range(choose([0, 3, 8])):
        run.replicate()
    return run.found
