"""Runs of replicated regions for the tests of their designs: networks, stories, and what has to hold in all of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.workers.support import final_values, plan_of, simulate_turns
from workers.cluster.plan import OUTSIDE_TOPICS
from workers.model.history import expand
from workers.model.observation import Applied, Completed, Delivered, Observation, Sent, Turn
from workers.model.updates import expand as expand_updates
from workers.services.regions.checks import types_for
from workers.services.regions.kinds import KINDS
from workers.services.regions.replication import Replication

REGIONS = ("eu", "us", "ap")
ROUGH = {
    "default": {
        "latency": {"kind": "exponential", "mean_ms": 40, "floor_ms": 2},
        "loss": 0.1,
        "duplicate": 0.2,
        "ordered": False,
    }
}
CUT = [{"kind": "partition", "at_s": 1.0, "for_s": 1.5, "between": [["eu"], ["us", "ap"]]}]
Turns = list[tuple[int, Turn]]


def regions(design: str, **fields: Any) -> dict[str, Any]:
    """A small scenario of regions as plain values."""
    clients = {"operations": 60, "operations_per_s": 20.0, "sessions": 5, **fields.pop("clients", {})}
    given = {"name": "test", "title": "A test", "design": design, "duration_s": 30.0, "clients": clients}
    return {**given, "entities": {"cart": {"type": "or-set"}}, **fields}


def told(design: str, story: Iterable[tuple[Any, ...]], **fields: Any) -> list[Observation]:
    """The history of a story: (at_s, session, region, do, key, value)."""
    names = ("at_s", "session", "region", "do", "key", "value", "to")
    script = [dict(zip(names, line, strict=False)) for line in story]
    return list(expand(simulate_turns(regions(design, **{"clients": {"script": script}, **fields}))[0]))


def shown(history: Iterable[Observation], key: str) -> list[Any]:
    """What each region shows of ``key`` in the end."""
    values = final_values(history, REGIONS)
    return [values[region].get(key) for region in REGIONS]


def every_type(protocol: type[Replication], seed: int) -> dict[str, Any]:
    """Each kind of entity with one of its sound types under ``protocol``, which one depends on the seed."""
    entities = {}
    for kind in KINDS:
        sound = [name for name in types_for(kind, protocol) if not name.endswith("-broken")]
        entities[kind] = {"type": sound[seed % len(sound)], "initial": 12 if KINDS[kind].counts else 0}
    return entities


def unlike_with_equal_updates(turns: Turns) -> list[tuple[str, Any, Any]]:
    """(key, value, value) where two regions had applied the same updates of a key and showed different values.

    The state at a moment is that after all of a turn: several updates may come in one join.
    """
    applied: dict[tuple[str, str], frozenset[str]] = {}
    values: dict[tuple[str, frozenset[str]], Any] = {}
    found = []
    for _, turn in turns:
        latest = {}
        for body in turn.bodies:
            if isinstance(body, Applied):
                place = (turn.node, body.key)
                applied[place] = applied.get(place, frozenset()) | {body.update}
                latest[body.key] = body.value
        for key, value in latest.items():
            other = values.setdefault((key, applied[turn.node, key]), value)
            if other != value:
                found.append((key, other, value))
    return found


def applied_by(turns: Turns) -> dict[str, list[str]]:
    """The updates that each region applied, sorted: one that it applied twice is there twice."""
    found: dict[str, list[str]] = {region: [] for region in REGIONS}
    for _, turn in turns:
        found.get(turn.node, []).extend(b.update for b in turn.bodies if isinstance(b, Applied))
    return {region: sorted(updates) for region, updates in found.items()}


def acknowledged(turns: Turns) -> set[str]:
    """The updates that clients know to have been made."""
    bodies = [b for _, turn in turns for b in turn.bodies if isinstance(b, Completed) and b.outcome == "ok"]
    return {b.value["update"] for b in bodies if "update" in b.value}


def check_strong_eventual_consistency(design: str, protocol: type[Replication], seeds: Iterable[int]) -> None:
    """Loss, duplication, reordering and a partition: equal updates, equal values, at once; and all come everywhere."""
    for seed in seeds:
        fields = regions(design, seed=seed, network=ROUGH, faults=CUT, entities=every_type(protocol, seed))
        turns, ended_us = simulate_turns(fields)
        updates = applied_by(turns)
        assert updates["eu"] == updates["us"] == updates["ap"], seed
        assert len(set(updates["eu"])) == len(updates["eu"]), seed
        assert acknowledged(turns) <= set(updates["eu"])
        assert len(acknowledged(turns)) > 10
        assert unlike_with_equal_updates(turns) == [], seed
        values = final_values(expand(turns), REGIONS)
        assert values["eu"] == values["us"] == values["ap"], seed
        assert ended_us < 30e6  # it came to rest by itself


def check_sets_of_updates(history: Iterable[Observation]) -> None:
    """What answers say of updates is what the region had applied by then."""
    applied: dict[tuple[str, str], set[str]] = {}
    kept: dict[str, set[str]] = {}
    answers = 0
    for o in history:
        if isinstance(o.body, Applied):
            applied.setdefault((o.node, o.body.key), set()).add(o.body.update)
            if o.body.kept is not None:
                kept.setdefault(o.body.key, set()).update(expand_updates(o.body.kept))
        if isinstance(o.body, Completed) and o.body.outcome == "ok":
            value = o.body.value
            listed = set(expand_updates(value.get("seen", value.get("after"))))
            assert any(listed <= updates for (_, key), updates in applied.items() if key == o.body.key)
            assert f"{o.body.key}@initial" in listed
            answers += 1
    assert answers > 20
    everything = {key: set().union(*(u for (_, k), u in applied.items() if k == key)) for _, key in applied}
    assert all(updates <= everything[key] for key, updates in kept.items())
    assert kept


def check_wired(design: str) -> None:
    """Every message goes on a topic that its sender declared and a node reads, and every topic is used."""
    fields = regions(design, network=ROUGH)
    plan, history = plan_of(fields), list(expand(simulate_turns(fields)[0]))
    sent = {(o.node, o.body.topic) for o in history if isinstance(o.body, Sent)}
    assert sent == {(node.id, topic) for node in plan.nodes.values() for topic in node.publishes}
    got = {(o.node, o.body.topic) for o in history if isinstance(o.body, Delivered)}
    assert got == {
        (node.id, topic) for node in plan.nodes.values() for topic in node.subscribes if topic not in OUTSIDE_TOPICS
    }
