"""What the tests of the workers share: small messages and contexts, and runs of a scenario in virtual time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workers.cluster.plan import Plan, build
from workers.cluster.scenario import Scenario
from workers.model.effects import Observe, Send, SetTimer
from workers.model.history import expand
from workers.model.message import TIMER_TOPIC, Message
from workers.model.node import Context, Step
from workers.model.observation import Applied, Completed, Effected, Observation, Turn
from workers.simulation.world import World

ORDER = {
    "lines": [{"sku": "kettle", "quantity": 2, "unit_cents": 5_995}],
    "country": "DE",
    "email": "s1-1@example.org",
    "net_cents": 11_990,
}
INVALID_ORDER = {**ORDER, "lines": [{"sku": "kettle", "quantity": 200, "unit_cents": 5_995}], "net_cents": 1_199_000}
ALL_FACTS = ("OrderPlaced", "OrderValidated", "OrderTaxed", "OrderMailed")


def context(node: str = "n", now_us: int = 0, sent_us: int = 0, cause_id: str = "m", **fields: int) -> Context:
    numbers = {"partition": 0, "partitions": 1, "seed": 1, **fields}
    return Context(node, numbers["partition"], numbers["partitions"], numbers["seed"], now_us, sent_us, cause_id)


def message(type: str, key: str = "o1", data: dict[str, Any] | None = None, **fields: Any) -> Message:
    given = {"id": "m1", "topic": "t", "source": "somebody", **fields}
    return Message(type=type, key=key, data={} if data is None else data, **given)


def timer(type: str, key: str = "o1", data: dict[str, Any] | None = None) -> Message:
    return message(type, key, data, topic=TIMER_TOPIC)


def after(state: dict[str, Any], step: Step) -> dict[str, Any]:
    """The state that a driver has after it committed ``step``."""
    merged = {**state, **step.writes}
    return {key: record for key, record in merged.items() if record is not None}


def sends(step: Step) -> list[Send]:
    return [effect for effect in step.effects if isinstance(effect, Send)]


def timers(step: Step) -> list[SetTimer]:
    return [effect for effect in step.effects if isinstance(effect, SetTimer)]


def observed(step: Step) -> list[Any]:
    return [effect.body for effect in step.effects if isinstance(effect, Observe)]


def scenario(**fields: Any) -> dict[str, Any]:
    """A small scenario as plain values; ``workload`` is laid over a small default workload."""
    workload = {"orders_per_s": 50.0, "orders": 20, "sessions": 4, "reads_per_order": 1, "read_after_ms": 5}
    given = {"name": "test", "title": "A test", "design": "asynchronous-broadcast", "duration_s": 30.0, **fields}
    return {**given, "workload": {**workload, **fields.get("workload", {})}}


def network(**default: Any) -> dict[str, Any]:
    return {"default": default}


def plan_of(fields: dict[str, Any]) -> Plan:
    return build(Scenario.model_validate(fields))


def simulate_turns(fields: dict[str, Any]) -> tuple[list[tuple[int, Turn]], int]:
    """The turns of a scenario in virtual time, and when it ended."""
    turns: list[tuple[int, Turn]] = []
    ended_us = World(plan_of(fields), lambda at_us, turn: turns.append((at_us, turn))).run()
    return turns, ended_us


def simulate(fields: dict[str, Any]) -> list[Observation]:
    return list(expand(simulate_turns(fields)[0]))


def of_kind(history: Iterable[Observation], kind: type) -> list[Any]:
    return [o.body for o in history if isinstance(o.body, kind)]


def updates_by_replica(history: Iterable[Observation], replicas: Iterable[str]) -> dict[str, list[str]]:
    """Every update that each replica applied, sorted: an update applied twice is there twice."""
    found: dict[str, list[str]] = {replica: [] for replica in replicas}
    for o in history:
        if isinstance(o.body, Applied):
            found[o.node].append(o.body.update)
    return {replica: sorted(updates) for replica, updates in found.items()}


def final_values(history: Iterable[Observation], replicas: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What each replica shows last, by key."""
    found: dict[str, dict[str, Any]] = {replica: {} for replica in replicas}
    for o in history:
        if isinstance(o.body, Applied):
            found[o.node][o.body.key] = o.body.value
    return found


def mails(history: Iterable[Observation]) -> list[str]:
    """The orders for which a mail went out, sorted, one entry a mail."""
    return sorted(body.key for body in of_kind(history, Effected) if body.effect == "email")


def placed(history: Iterable[Observation], outcome: str = "ok") -> list[str]:
    """The orders whose placing ended with ``outcome``, sorted."""
    return sorted(b.key for b in of_kind(history, Completed) if b.f == "place" and b.outcome == outcome)


def complete_updates(orders: Iterable[str], rejected: Iterable[str] = ()) -> list[str]:
    """Every update of complete orders, sorted, as ``updates_by_replica`` lists them for one replica."""
    refused = set(rejected)
    facts = {order: ("OrderPlaced", "OrderRejected") if order in refused else ALL_FACTS for order in orders}
    return sorted(f"{order}:{fact}" for order, found in facts.items() for fact in found)
