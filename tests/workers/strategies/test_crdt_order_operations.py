from tests.workers.strategies.seeds import (
    SEEDS,
    differing_orders,
    ends_right,
    rough_runs,
    valid_orders,
    values_by_facts_differ,
)
from tests.workers.strategies.support import check_deliveries, check_wiring
from tests.workers.support import mails, network, placed, scenario, simulate, updates_by_replica
from workers.model.observation import Delivered, Dropped

DESIGN = "crdt-order-operations"
REPLICAS = ("order", "view-1", "view-2")


def test_every_topic_is_declared_and_read():
    check_wiring(DESIGN)


def test_every_subscription_is_served():
    check_deliveries(DESIGN)


def test_in_every_run_every_replica_ends_with_the_whole_order_and_each_valid_one_is_mailed_once():
    for seed, history in zip(SEEDS, rough_runs(DESIGN), strict=True):
        assert ends_right(history, seed, REPLICAS)
        assert differing_orders(history, REPLICAS) == []
        assert mails(history) == valid_orders(history, seed)


def test_at_every_moment_equal_operations_are_equal_orders():
    for history in rough_runs(DESIGN):
        assert values_by_facts_differ(history) == []


def test_operations_come_twice_and_before_their_causes_and_each_is_applied_once():
    for history in rough_runs(DESIGN, range(4)):
        copies = [o for o in history if isinstance(o.body, Delivered) and o.body.copy and o.body.type == "OrderTaxed"]
        assert copies != []
        for updates in updates_by_replica(history, REPLICAS).values():
            assert len(updates) == len(set(updates))
        order = updates_in_order(history, "view-1")
        assert any(order.index(u) < order.index(u.replace("Taxed", "Placed")) for u in order if u.endswith("Taxed"))


def updates_in_order(history, replica):
    return [o.body.update for o in history if o.node == replica and type(o.body).__name__ == "Applied"]


def test_what_the_network_loses_is_missing_for_ever_as_the_design_says():
    history = simulate(scenario(design=DESIGN, seed=3, network=network(loss=0.1), workload={"timeout_ms": 400}))
    assert any(isinstance(o.body, Dropped) and o.body.type == "OrderTaxed" for o in history)
    assert differing_orders(history, REPLICAS) != []


def test_checkout_waits_for_nobody_and_what_is_missing_comes_when_the_service_comes():
    changes = [{"at_s": 5.0, "node": "tax", "instances": 1}]
    down = {"nodes": {"tax": {"instances": 0}}, "changes": changes}
    history = simulate(scenario(design=DESIGN, workload={"invalid_share": 0.2}, **down))
    assert len(placed(history)) == 20
    updates = updates_by_replica(history, REPLICAS)
    assert updates["order"] == updates["view-1"] == updates["view-2"]
    assert mails(history) == valid_orders(history, 1)
