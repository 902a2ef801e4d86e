"""Instances come and go during a run: no message is lost, partitions move, and every order is complete once."""

import itertools
from collections import defaultdict

from tests.workers.support import complete_updates, mails, placed, scenario, updates_by_replica
from workers.model.message import partition_of
from workers.model.observation import Changed, Delivered

REPLICAS = ("order", "view-1", "view-2")
WORKLOAD = {"orders": 120, "orders_per_s": 60, "invalid_share": 0.0, "sessions": 12}
NETWORK = {"default": {"latency": {"kind": "uniform", "low_ms": 1, "high_ms": 40}, "duplicate": 0.1}}


def test_scaling_up_and_down_during_a_run_loses_nothing_and_moves_partitions(driver):
    changes = [
        (0.4, "tax", 4),
        (0.4, "view-1", 3),
        (0.8, "order", 2),
        (1.2, "tax", 1),
        (1.2, "view-1", 1),
        (1.6, "order", 4),
    ]
    played = driver.play(
        scenario(
            workload=WORKLOAD,
            network=NETWORK,
            changes=[{"at_s": at_s, "node": node, "instances": count} for at_s, node, count in changes],
        )
    )
    orders = placed(played.history)
    assert len(orders) == 120
    assert updates_by_replica(played.history, REPLICAS) == dict.fromkeys(REPLICAS, complete_updates(orders))
    assert mails(played.history) == orders
    owners = defaultdict(set)
    for _, turn in played.turns:
        for body in turn.bodies:
            if isinstance(body, Delivered) and turn.node == "tax":
                owners[partition_of(body.key, 4)].add(turn.instance)
    assert set.union(*owners.values()) == {"tax.1", "tax.2", "tax.3", "tax.4"}
    # Live, four instances come up one after the other, and a partition may be dealt out to another one in between.
    assert all(instances >= {"tax.1", f"tax.{p + 1}"} for p, instances in owners.items())


def test_messages_wait_for_a_node_without_instances_and_are_taken_up_once(driver):
    changes = [{"at_s": 0.3, "node": "tax", "instances": 0}, {"at_s": 1.0, "node": "tax", "instances": 2}]
    history = driver.run(scenario(workload=WORKLOAD, network=NETWORK, changes=changes))
    assert updates_by_replica(history, REPLICAS) == dict.fromkeys(REPLICAS, complete_updates(placed(history)))
    ups_and_downs = [
        (o.body.instance, o.body.state) for o in history if isinstance(o.body, Changed) and o.node == "tax"
    ]
    assert ups_and_downs[:2] == [("tax.1", "up"), ("tax.1", "down")]
    assert sorted(ups_and_downs[2:4]) == [("tax.1", "up"), ("tax.2", "up")]
    times_us = [o.at_us for o in history if isinstance(o.body, Delivered) and o.node == "tax"]
    assert max(b - a for a, b in itertools.pairwise(times_us)) > 300_000
