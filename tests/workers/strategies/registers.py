"""Runs of the designs whose clients read, write and compare-and-set registers, and what is found in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.workers.support import final_values, of_kind, plan_of, simulate
from workers.cluster.plan import OUTSIDE_TOPICS
from workers.model.observation import Applied, Completed, Delivered, Effected, Invoked, Observation, Sent
from workers.model.updates import expand

SEEDS = range(50)
JITTER = {"default": {"latency": {"kind": "exponential", "mean_ms": 8, "floor_ms": 1}}}
ROUGH = {"default": {**JITTER["default"], "duplicate": 0.1, "ordered": False}}
History = list[Observation]


def registers(design: str, seed: int = 1, **fields: Any) -> dict[str, Any]:
    """A small scenario; ``clients`` is laid over small clients."""
    clients = {
        "operations_per_s": 80,
        "operations": 240,
        "sessions": 10,
        "timeout_ms": 800,
        **fields.pop("clients", {}),
    }
    given = {"name": "test", "title": "A test", "design": design, "seed": seed, "network": JITTER, "partitions": 2}
    return {**given, "duration_s": 5.0, "drain_s": 1.5, "rpc_timeout_ms": 3_000, "clients": clients, **fields}


def away(node: str, from_s: float, to_s: float) -> list[dict[str, Any]]:
    """Changes that take the node's one instance away and give it back: what comes meanwhile waits, timers too."""
    return [{"at_s": from_s, "node": node, "instances": 0}, {"at_s": to_s, "node": node, "instances": 1}]


def check_topics(design: str, **fields: Any) -> None:
    """What is declared is sent and read, and what is subscribed to is delivered."""
    given = registers(design, **fields)
    plan, history = plan_of(given), simulate(given)
    declared = {(node.id, topic) for node in plan.nodes.values() for topic in node.publishes}
    assert {(o.node, o.body.topic) for o in history if isinstance(o.body, Sent)} == declared
    subscribed = {(n, topic) for topic, nodes in plan.subscribers.items() for n in nodes if topic not in OUTSIDE_TOPICS}
    assert {(o.node, o.body.topic) for o in history if isinstance(o.body, Delivered)} == subscribed


def ended(history: History, *fs: str) -> list[Completed]:
    """The operations of these kinds that ended."""
    return [b for b in of_kind(history, Completed) if b.f in fs]


def acknowledged(history: History) -> dict[str, set[str]]:
    """By key, the updates that were acknowledged to a client."""
    found: dict[str, set[str]] = {}
    for body in ended(history, "write", "cas", "increment"):
        if body.outcome == "ok":
            found.setdefault(body.key, set()).add(body.value["update"])
    return found


def carried(history: History, replica: str) -> dict[str, set[str]]:
    """By key, the updates that the value which the replica shows last carries or descends from."""
    applied: dict[str, set[str]] = {}
    found: dict[str, set[str]] = {}
    for o in history:
        if isinstance(o.body, Applied) and o.node == replica:
            applied.setdefault(o.body.key, set()).add(o.body.update)
            found[o.body.key] = set(applied[o.body.key]) if o.body.kept is None else set(expand(o.body.kept))
    return found


def lost(history: History, replica: str) -> set[str]:
    """Acknowledged updates that the value which the replica shows last knows nothing of."""
    has = carried(history, replica)
    return {update for key, updates in acknowledged(history).items() for update in updates - has.get(key, set())}


def steps_without_reason(history: History, storage: str) -> list[str]:
    """Compare-and-sets that the storage took although another value was there than the one that they name."""
    invoked = {b.op: b for b in of_kind(history, Invoked)}
    there: dict[str, Any] = {}
    found = []
    for o in history:
        if isinstance(o.body, Applied) and o.node == storage:
            operation = invoked[o.body.value]
            if operation.f == "cas" and operation.value["value"][0] != there.get(o.body.key):
                found.append(o.body.value)
            there[o.body.key] = o.body.value
    return found


def differing(history: History, replicas: Iterable[str]) -> list[str]:
    """The keys that in the end not every replica shows with the same value."""
    shown = list(final_values(history, replicas).values())
    return sorted(key for key in set().union(*shown) if any(values.get(key) != shown[0].get(key) for values in shown))


def effects(history: History, effect: str) -> list[Effected]:
    return [b for b in of_kind(history, Effected) if b.effect == effect]


def stale_reads(history: History) -> list[str]:
    """Reads that lack an update which was acknowledged before they began."""
    done: dict[str, set[str]] = {}
    wanted: dict[str, set[str]] = {}
    found = []
    for o in history:
        body = o.body
        if isinstance(body, Invoked) and body.f == "read":
            wanted[body.op] = set(done.get(body.key, ()))
        elif isinstance(body, Completed) and body.outcome == "ok":
            if body.f != "read":
                done.setdefault(body.key, set()).add(body.value["update"])
            elif not wanted[body.op] <= set(expand(body.value["seen"])):
                found.append(body.op)
    return found


def cut(*, mode: str = "drop", **fields: Any) -> list[dict[str, Any]]:
    """The fault that cuts region eu off from the others and from their monitor."""
    both = [["eu"], ["us", "ap", "monitor"]]
    return [{"kind": "partition", "between": both, "at_s": 1.2, "for_s": 1.6, "mode": mode, **fields}]


def takers(history: History) -> list[tuple[int, str]]:
    """Who took each update first and when: where its id says that it was made."""
    applied = [o for o in history if isinstance(o.body, Applied)]
    return [(o.at_us, o.node) for o in applied if o.body.update.startswith(f"{o.body.key}@{o.node}.")]
