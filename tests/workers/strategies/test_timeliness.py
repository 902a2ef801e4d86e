from tests.workers.strategies.seeds import (
    SEEDS,
    ends_right,
    links_followed,
    links_that_disappoint,
    rough_runs,
    share,
    valid_orders,
)
from tests.workers.strategies.support import check_deliveries, check_wiring
from tests.workers.support import mails, scenario, simulate

DESIGN = "timeliness"
REPLICAS = ("order", "view-1", "view-2")


def test_every_topic_is_declared_and_read():
    check_wiring(DESIGN)


def test_every_subscription_is_served():
    check_deliveries(DESIGN)


def test_in_the_end_every_replica_shows_every_order_and_each_valid_one_is_mailed_once():
    for seed, history in zip(SEEDS, rough_runs(DESIGN), strict=True):
        assert ends_right(history, seed, REPLICAS, "taxed")
        assert mails(history) == valid_orders(history, seed)


def test_links_show_nothing_or_an_old_order_in_some_runs():
    histories = rough_runs(DESIGN)
    assert share(histories, lambda history: bool(links_that_disappoint(history))) > 0.5
    shown = [b.value for history in histories for b in links_that_disappoint(history)]
    assert {value["version"] for value in shown} == {0, 1}
    assert {value["value"] and value["value"]["status"] for value in shown} == {None, "placed"}


def test_anomalies_are_no_rule_most_links_are_good():
    histories = rough_runs(DESIGN)
    bad = sum(len(links_that_disappoint(history)) for history in histories)
    assert 0 < bad < 0.5 * sum(len(links_followed(history)) for history in histories)


def test_with_views_as_quick_as_the_mail_no_link_disappoints():
    even = {"default": {"latency": {"kind": "constant", "ms": 10}}}
    history = simulate(scenario(design=DESIGN, network=even, workload={"invalid_share": 0.0}))
    assert (len(links_followed(history)), links_that_disappoint(history)) == (20, [])
