"""Every guarantee on histories with sets of updates, against brute force from the definitions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings

from consistency_viz.checkers.operations import Operation, all_operations, updates_of
from consistency_viz.checkers.registry import check, create
from consistency_viz.checkers.verdict import Result
from tests.checkers.chance import Choose, drawn, how_many, seeded
from tests.checkers.histories import header
from tests.checkers.set_histories import BLIND, FOLLOWS, READS, REPLICAS, WRITES, Bias, history
from workers.model.observation import Applied, Observation

NEVER = 10**18
Counts = dict[str, int]


class Told:
    """What a history says, as plain sets and dictionaries."""

    def __init__(self, observations: list[Observation]) -> None:
        self.observations = observations
        operations = all_operations(observations)
        self.updates = [op for op in operations if op.acknowledged and op.update]
        self.reads = [op for op in operations if op.f == "read" and op.acknowledged]
        self.applies = [(o, o.body) for o in observations if isinstance(o.body, Applied)]
        self.parents: dict[tuple[str, str], set[str]] = {}
        for op in self.updates:
            after, base = updates_of(op.after), updates_of(op.base)
            self.parents.setdefault((op.key, op.update), set()).update(after | base)
        had: dict[tuple[str, str], set[str]] = {}
        for o, body in self.applies:
            mine = had.setdefault((o.node, body.key), set())
            mine.add(body.update)
            if body.kept is not None:
                self.parents.setdefault((body.key, body.update), set()).update(updates_of(body.kept) - mine)
        self.applied = had

    def close(self, key: str, updates: Any) -> set[str]:
        found: set[str] = set()
        todo = list(updates)
        while todo:
            update = todo.pop()
            if update not in found:
                found.add(update)
                todo += self.parents.get((key, update), set())
        return found

    def past(self, key: str, update: str) -> set[str]:
        return self.close(key, self.parents.get((key, update), set()))

    def had(self, replica: str, key: str, update: str) -> int:
        """When a replica first had an update: applied, or kept by the value of another."""
        for o, body in self.applies:
            if o.node == replica and body.key == key and update in {body.update} | updates_of(body.kept):
                return o.at_us
        return NEVER


def before(op: Operation, other: Operation) -> bool:
    return 0 <= op.completed_index < other.invoked_index


def verdict(judged: int, broken: int) -> str:
    return "failed" if broken else "passed" if judged else "unknown"


def read_your_writes(observations: list[Observation]) -> tuple[int, int]:
    told = Told(observations)
    judged = broken = 0
    for read in told.reads:
        own = {u.update for u in told.updates if (u.session, u.key) == (read.session, read.key) and before(u, read)}
        judged += bool(own)
        broken += not own <= told.close(read.key, updates_of(read.seen))
    return judged, broken


def monotonic_reads(observations: list[Observation]) -> tuple[int, int]:
    told = Told(observations)
    judged = broken = 0
    for read in told.reads:
        earlier = [r for r in told.reads if (r.session, r.key) == (read.session, read.key) and before(r, read)]
        judged += bool(earlier)
        expected = {u for r in earlier for u in updates_of(r.seen)}
        broken += not expected <= told.close(read.key, updates_of(read.seen))
    return judged, broken


def staleness(observations: list[Observation]) -> tuple[int, int]:
    told = Told(observations)
    judged = broken = 0
    for read in told.reads:
        seen = updates_of(read.seen)
        closed = told.close(read.key, seen)
        committed = [u for u in told.updates if u.key == read.key and before(u, read)]
        judged += bool(committed)
        newer = []
        for u in committed:
            if u.after is None and u.base is None:
                older = {v.update for v in told.updates if v.key == read.key and before(v, u)}
            else:
                older = told.past(read.key, u.update)
            if u.update not in closed and seen <= older:
                newer.append(u)
        broken += bool(newer)
    return judged, broken


def lost_updates(observations: list[Observation]) -> tuple[int, int]:
    told = Told(observations)
    judged = broken = 0
    everything = {(u.key, u.update) for u in told.updates} | {(body.key, body.update) for _, body in told.applies}
    for key, update in everything:
        finals = []
        for replica in REPLICAS:
            last = [body for o, body in told.applies if o.node == replica and body.key == key][-1:]
            had = told.applied.get((replica, key), set())
            finals.append(updates_of(last[0].kept) if last and last[0].kept is not None else had)
        everywhere = all(
            update in told.applied.get((r, key), set()) or update in final
            for r, final in zip(REPLICAS, finals, strict=True)
        )
        judged += everywhere
        broken += everywhere and not any(update in final for final in finals)
    return judged, broken


def ordered(
    observations: list[Observation], needed: Callable[[Told, Operation], set[tuple[str, str]]]
) -> tuple[int, int]:
    told = Told(observations)
    judged = broken = 0
    for update in told.updates:
        had = [told.had(replica, update.key, update.update) for replica in REPLICAS]
        first = needed(told, update)
        if not first or min(had) == NEVER:
            continue
        judged += 1
        broken += any(
            told.had(r, k, u) > at for r, at in zip(REPLICAS, had, strict=True) if at < NEVER for k, u in first
        )
    return judged, broken


def own_earlier(told: Told, update: Operation) -> set[tuple[str, str]]:
    return {(u.key, u.update) for u in told.updates if u.session == update.session and before(u, update)}


def seen_earlier(told: Told, update: Operation) -> set[tuple[str, str]]:
    reads = [r for r in told.reads if r.session == update.session and before(r, update)]
    return {(r.key, u) for r in reads for u in updates_of(r.seen)}


def depends(told: Told, update: Operation) -> set[tuple[str, str]]:
    after = {(update.key, u) for u in updates_of(update.after)}
    return own_earlier(told, update) | seen_earlier(told, update) | after


def same_key(told: Told, update: Operation) -> set[tuple[str, str]]:
    return {(k, u) for k, u in own_earlier(told, update) if k == update.key}


def convergence(observations: list[Observation]) -> tuple[int, int]:
    """(updates that everybody had, instants at which a key began to disagree with the same updates)."""
    told = Told(observations)
    reached = began = 0
    for u in told.updates:
        late = []
        for replica in REPLICAS:
            successors = {v for (k, v) in told.parents if k == u.key and u.update in told.past(k, v)} | {u.update}
            late.append(min(told.had(replica, u.key, v) for v in successors))
        reached += max(late) < NEVER
    for key in ("k", "l"):
        disagreed = False
        for at_us in sorted({o.at_us for o, body in told.applies if body.key == key}):
            past = [(o, b) for o, b in told.applies if b.key == key and o.at_us <= at_us]
            shown = [[b for o, b in past if o.node == r] for r in REPLICAS]
            same = {b.update for b in shown[0]} == {b.update for b in shown[1]}
            values = [bodies[-1].value if bodies else None for bodies in shown]
            disagrees = same and values[0] != values[1]
            began += disagrees and not disagreed
            disagreed = disagrees
    return reached, began


REFERENCES: dict[str, Callable[[list[Observation]], tuple[int, int]]] = {
    "read-your-writes": read_your_writes,
    "monotonic-reads": monotonic_reads,
    "staleness": staleness,
    "lost-updates": lost_updates,
    "monotonic-writes": lambda observations: ordered(observations, same_key),
    "writes-follow-reads": lambda observations: ordered(observations, seen_earlier),
    "causal": lambda observations: ordered(observations, depends),
    "convergence": convergence,
}


BIAS = {
    "read-your-writes": READS,
    "monotonic-reads": READS,
    "staleness": READS,
    "lost-updates": BLIND,
    "monotonic-writes": WRITES,
    "writes-follow-reads": FOLLOWS,
    "causal": WRITES,
}
"""What histories are like such that a third of those that can break the guarantee do."""


def made_for(name: str) -> Callable[[Choose], list[Observation]]:
    return partial(history, bias=BIAS.get(name, Bias()))


def counts(result: Result) -> tuple[int, int]:
    metrics = result.metrics
    if result.checker == "lost-updates":
        return metrics["judged"], metrics["lost"]["count"]
    if result.checker == "convergence":
        return metrics["converged"] + metrics["superseded"], metrics["same_updates_different_values"]
    if "updates" in metrics:
        return metrics["updates"], metrics["updates_broken"]["count"]
    return metrics["reads"], metrics["violations"]["count"]


def agrees(name: str, observations: list[Observation]) -> tuple[int, int]:
    expected = REFERENCES[name](observations)
    (result,) = check(create(header(*REPLICAS), [name]), observations)
    assert counts(result) == expected, observations
    if name == "convergence":
        assert (result.verdict.value == "failed") == bool(expected[1])
    else:
        assert result.verdict.value == verdict(*expected)
    assert bool(result.witnesses) == (result.verdict.value == "failed")
    return expected


@pytest.mark.parametrize("name", REFERENCES)
def test_random_histories_by_seed(name: str) -> None:
    found = [agrees(name, observations) for observations in seeded(made_for(name), how_many(5_000))]
    assert sum(judged > 0 for judged, _ in found) > sum(broken > 0 for _, broken in found) >= len(found) / 3
    for observations in seeded(history, how_many(500)):
        agrees(name, observations)


@pytest.mark.parametrize("name", REFERENCES)
@given(observations=drawn(history))
@settings(max_examples=25, deadline=None)
def test_random_histories(name: str, observations: list[Observation]) -> None:
    agrees(name, observations)
