from tests.workers.strategies.seeds import (
    SEEDS,
    ends_right,
    links_followed,
    links_that_disappoint,
    rough_runs,
    valid_orders,
)
from tests.workers.strategies.support import check_deliveries, check_wiring
from tests.workers.support import mails, scenario, simulate

DESIGN = "timeliness-view-updated"
REPLICAS = ("order", "view-1", "view-2")


def test_every_topic_is_declared_and_read():
    check_wiring(DESIGN)


def test_every_subscription_is_served():
    check_deliveries(DESIGN)


def test_in_the_end_every_replica_shows_every_order_and_each_valid_one_is_mailed_once():
    for seed, history in zip(SEEDS, rough_runs(DESIGN), strict=True):
        assert ends_right(history, seed, REPLICAS, "taxed")
        assert mails(history) == valid_orders(history, seed)


def test_no_link_shows_less_than_its_mail_claims_in_any_run():
    for seed, history in zip(SEEDS, rough_runs(DESIGN), strict=True):
        assert links_that_disappoint(history) == []
        assert sorted(b.key for b in links_followed(history)) == valid_orders(history, seed)


def test_one_view_that_stands_still_holds_back_every_mail():
    history = simulate(scenario(design=DESIGN, nodes={"view-2": {"instances": 0}}))
    assert mails(history) == []
