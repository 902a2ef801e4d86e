from tests.workers.strategies.seeds import (
    SEEDS,
    differing_orders,
    ends_right,
    rough_runs,
    valid_orders,
    values_by_facts_differ,
)
from tests.workers.strategies.support import check_deliveries, check_wiring
from tests.workers.support import mails

DESIGN = "collisions-merged-by-hand"
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


def test_at_every_moment_equal_facts_are_equal_orders():
    for history in rough_runs(DESIGN):
        assert values_by_facts_differ(history) == []
