from tests.workers.strategies.seeds import differing_orders, rough_runs, share, valid_orders
from tests.workers.strategies.support import check_deliveries, check_wiring
from tests.workers.support import mails

DESIGN = "mail-without-key-broken"
SEEDS = range(50)


def test_every_topic_is_declared_and_read():
    check_wiring(DESIGN)


def test_every_subscription_is_served():
    check_deliveries(DESIGN)


def test_some_orders_are_mailed_twice_in_nearly_every_run_and_replicas_agree_all_the_same():
    runs = rough_runs(DESIGN, SEEDS)
    assert share(runs, lambda history: len(mails(history)) > len(set(mails(history)))) > 0.8
    for seed, history in zip(SEEDS, runs, strict=True):
        assert sorted(set(mails(history))) == valid_orders(history, seed)
        assert differing_orders(history, ("order", "view-1", "view-2")) == []


def test_with_the_key_the_same_runs_mail_each_order_once():
    for seed, history in zip(SEEDS, rough_runs("asynchronous-broadcast", SEEDS), strict=True):
        assert mails(history) == valid_orders(history, seed)
