from tests.workers.strategies.seeds import SEEDS, differing_orders, ends_right, rough_runs, valid_orders
from tests.workers.strategies.support import check_deliveries, check_wiring
from tests.workers.support import mails, of_kind, placed, scenario, simulate
from workers.model.observation import Applied

DESIGN = "aggregator"
REPLICAS = ("order", "view-1", "view-2")


def test_every_topic_is_declared_and_read():
    check_wiring(DESIGN)


def test_every_subscription_is_served():
    check_deliveries(DESIGN)


def verdicts(history):
    """By order, which verdicts any replica has applied."""
    found = {}
    for body in of_kind(history, Applied):
        order, _, fact = body.update.partition(":")
        if fact in ("OrderValidated", "OrderRejected"):
            found.setdefault(order, set()).add(fact)
    return found


def test_in_every_run_each_order_has_one_verdict_and_it_is_the_right_one():
    for seed, history in zip(SEEDS, rough_runs(DESIGN), strict=True):
        assert {len(found) for found in verdicts(history).values()} == {1}
        assert ends_right(history, seed, REPLICAS, taxed_when_rejected=False)
        assert differing_orders(history, REPLICAS) == []
        assert mails(history) == valid_orders(history, seed)


def test_without_one_of_the_checks_no_order_is_valid():
    history = simulate(
        scenario(design=DESIGN, nodes={"check-country": {"instances": 0}}, workload={"invalid_share": 0})
    )
    assert len(placed(history)) == 20
    assert verdicts(history) == {}
