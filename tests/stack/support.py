"""What every crash test asks of a history when it is over."""

from __future__ import annotations

from collections import Counter
from typing import Any

import redis

from tests.workers.live import turns_of
from tests.workers.support import complete_updates, final_values, mails, of_kind, placed, scenario, updates_by_replica
from workers.model.history import expand
from workers.model.observation import Applied, Changed, Delivered, Observation
from workers.runtime import control

REPLICAS = ("order", "view-1", "view-2")


def orders_of(count: int, sessions: int) -> list[str]:
    """Every order of a workload, by the names of its sessions."""
    share, rest = divmod(count, sessions)
    return sorted(f"s{s + 1}-{n + 1}" for s in range(sessions) for n in range(share + (s < rest)))


def steady(count: int, per_s: float, **fields: Any) -> dict[str, Any]:
    """A workload of orders without reads over a short, lossless network."""
    workload = {"orders": count, "orders_per_s": per_s, "sessions": 20, "reads_per_order": 0, "invalid_share": 0.0}
    network = {"default": {"latency": {"kind": "uniform", "low_ms": 1, "high_ms": 20}}}
    return scenario(**{"duration_s": 300.0, "network": network, **fields, "workload": workload})


def impatient(count: int, per_s: float, **fields: Any) -> dict[str, Any]:
    """``steady`` with clients that do not wait long: a run ends when no time-out is pending any more."""
    given = steady(count, per_s, **fields)
    return {**given, "workload": {**given["workload"], "timeout_ms": 500}}


def check_every_order_once(
    history: list[Observation], expected: list[str], replicas: tuple[str, ...] = REPLICAS
) -> None:
    """Every order, acknowledged or not, is complete exactly once at every replica, and mailed once."""
    complete = complete_updates(expected)
    assert updates_by_replica(history, replicas) == dict.fromkeys(replicas, complete)
    shown = list(final_values(history, replicas).values())
    assert all(values == shown[0] for values in shown)
    assert mails(history) == expected
    assert set(placed(history)) <= set(expected)
    assert {b.version for b in of_kind(history, Applied)} == {1, 2, 3, 4}
    deliveries = Counter((o.node, o.body.message) for o in history if isinstance(o.body, Delivered))
    assert set(deliveries.values()) == {1}


def check_epochs_never_fall(client: redis.Redis, run: str) -> None:
    """What an instance did under an old epoch stands before all that was done under a newer one."""
    latest: dict[str, int] = {}
    for _, turn in turns_of(client, run):
        if not any(isinstance(body, Changed) for body in turn.bodies):
            assert turn.epoch >= latest.get(turn.instance, 0), turn
            latest[turn.instance] = turn.epoch


def history_since(client: redis.Redis, run: str) -> list[Observation]:
    return list(expand(turns_of(client, run)))


def all_alive(client: redis.Redis, run: str) -> bool:
    """Whether every wanted instance has a lease that has not run out."""
    status = control.run_status(client, run)
    return status is not None and bool(status.instances) and all(i.alive for i in status.instances)


def epochs(client: redis.Redis, run: str) -> dict[str, int]:
    status = control.run_status(client, run)
    assert status is not None
    return {i.id: i.epoch for i in status.instances}
