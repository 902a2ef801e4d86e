from tests.workers.strategies.seeds import SEEDS, ends_right, rough_runs, share, valid_orders
from tests.workers.strategies.support import check_deliveries, check_wiring
from tests.workers.support import mails, of_kind, scenario, simulate
from workers.model.observation import Applied

DESIGN = "aggregator-broken"
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


def both(history):
    return [order for order, found in verdicts(history).items() if len(found) == 2]


def test_duplicates_make_one_order_both_rejected_and_validated_in_some_runs():
    assert share(rough_runs(DESIGN), lambda history: bool(both(history))) > 0


def test_rejected_orders_are_mailed_in_some_runs():
    phantoms = []
    for seed, history in zip(SEEDS, rough_runs(DESIGN), strict=True):
        phantoms += set(mails(history)) - set(valid_orders(history, seed))
        assert set(valid_orders(history, seed)) <= set(mails(history))
    assert phantoms != []


def test_without_duplicates_the_verdicts_are_right():
    once = {"default": {"latency": {"kind": "exponential", "mean_ms": 25}, "ordered": False}}
    for seed in SEEDS:
        history = simulate(scenario(design=DESIGN, seed=seed, network=once, workload={"invalid_share": 0.2}))
        assert both(history) == []
        assert ends_right(history, seed, REPLICAS, taxed_when_rejected=False)
