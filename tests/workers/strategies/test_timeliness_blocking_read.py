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

DESIGN = "timeliness-blocking-read"
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
        assert {b.outcome for b in links_followed(history)} == {"ok"}


def test_a_view_that_lags_longer_than_the_time_out_says_that_it_is_stale():
    for history in rough_runs(DESIGN, rpc_timeout_ms=10):
        assert links_that_disappoint(history) == []
        outcomes = {b.outcome: b.error.partition(":")[0] for b in links_followed(history)}
        assert outcomes.get("fail", "stale") == "stale"
    late = {"default": {"latency": {"kind": "constant", "ms": 5}}}
    links = [{"source": "validation", "target": view, "latency": {"kind": "constant", "ms": 500}} for view in REPLICAS]
    network = {**late, "links": links}
    history = simulate(scenario(design=DESIGN, network=network, rpc_timeout_ms=100, workload={"invalid_share": 0.0}))
    error = "stale: after 100 ms the view lacks {0}:OrderTaxed, {0}:OrderValidated"
    assert [(b.outcome, b.error) for b in links_followed(history)] == [
        ("fail", error.format(b.key)) for b in links_followed(history)
    ]
    assert len(links_followed(history)) == 20
