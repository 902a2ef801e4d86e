from tests.workers.strategies.seeds import (
    SEEDS,
    differing_orders,
    ends_right,
    orders_of,
    rough_runs,
    share,
    valid_orders,
)
from tests.workers.strategies.support import check_deliveries, check_wiring
from tests.workers.support import final_values, mails, scenario, simulate

DESIGN = "collisions"
REPLICAS = ("order", "view-1", "view-2")


def test_every_topic_is_declared_and_read():
    check_wiring(DESIGN)


def test_every_subscription_is_served():
    check_deliveries(DESIGN)


def test_every_replica_gets_every_message_and_additions_are_lost_all_the_same():
    histories = rough_runs(DESIGN)
    right = [ends_right(history, seed, REPLICAS) for seed, history in zip(SEEDS, histories, strict=True)]
    assert right.count(False) > 0.5 * len(right)


def test_some_orders_stay_without_tax_and_some_without_validity():
    lost = set()
    for history in rough_runs(DESIGN):
        for value in final_values(history, REPLICAS)["view-1"].values():
            lost |= {"tax"} if value["status"] == "validated" else set()
            lost |= {"validity"} if value["status"] == "taxed" and not value["valid"] else set()
    assert lost == {"tax", "validity"}


def test_replicas_may_differ_for_ever():
    assert share(rough_runs(DESIGN), lambda history: bool(differing_orders(history, REPLICAS))) > 0.5


def test_mails_are_missing_and_none_is_sent_twice():
    missing = 0
    for seed, history in zip(SEEDS, rough_runs(DESIGN), strict=True):
        assert len(set(mails(history))) == len(mails(history))
        assert set(mails(history)) <= set(valid_orders(history, seed))
        missing += len(valid_orders(history, seed)) - len(mails(history))
    assert missing > 0


def test_where_tax_comes_after_validation_nothing_is_lost():
    links = [{"source": "order", "target": "tax", "latency": {"kind": "constant", "ms": 50}}]
    network = {"default": {"latency": {"kind": "constant", "ms": 10}}, "links": links}
    history = simulate(scenario(design=DESIGN, network=network, workload={"orders": 10, "invalid_share": 0.2}))
    assert len(orders_of(history, 1)) == 10
    assert mails(history) == valid_orders(history, 1)
