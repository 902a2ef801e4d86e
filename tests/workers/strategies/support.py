"""What every design must do, for the test module of each design."""

from __future__ import annotations

from typing import Any

from tests.workers.support import plan_of, scenario, simulate
from workers.cluster.plan import OUTSIDE_TOPICS
from workers.model.observation import Delivered, Sent

NOISY = {"default": {"duplicate": 0.3, "loss": 0.05, "latency": {"kind": "exponential", "mean_ms": 20}}}


def full_run(design: str, **fields: Any) -> tuple[Any, list[Any]]:
    """A plan and its history, with everything in it: rejected orders, time-outs, duplicates, reads."""
    workload = {"orders": 60, "invalid_share": 0.2, "reads_per_order": 2, "timeout_ms": 400}
    given = scenario(
        design=design, workload=workload, **{"network": NOISY, "views": 3, "rpc_timeout_ms": 150, **fields}
    )
    return plan_of(given), simulate(given)


def check_wiring(design: str) -> None:
    """Every message goes on a topic that its sender declared and somebody reads; every declared topic is read."""
    plan, history = full_run(design)
    sent = {(o.node, o.body.topic) for o in history if isinstance(o.body, Sent)}
    declared = {(node.id, topic) for node in plan.nodes.values() for topic in node.publishes}
    assert sent == declared
    assert {topic for _, topic in declared} | set(OUTSIDE_TOPICS) == set(plan.subscribers)


def check_deliveries(design: str) -> None:
    """What a node gets it subscribed to, and all of what it subscribed to but the outside topics it gets."""
    plan, history = full_run(design)
    got = {(o.node, o.body.topic) for o in history if isinstance(o.body, Delivered)}
    subscribed = {(n.id, topic) for n in plan.nodes.values() for topic in n.subscribes if topic not in OUTSIDE_TOPICS}
    assert got == subscribed
