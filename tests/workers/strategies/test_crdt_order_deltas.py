from tests.workers.strategies.seeds import (
    SEEDS,
    differing_orders,
    ends_right,
    rough_runs,
    valid_orders,
    values_by_facts_differ,
)
from tests.workers.strategies.support import check_deliveries, check_wiring
from tests.workers.support import mails, network, of_kind, placed, scenario, simulate, updates_by_replica
from workers.model.observation import Dropped, Sent

DESIGN = "crdt-order-deltas"
REPLICAS = ("order", "view-1", "view-2")
LOSSY = {
    **network(loss=0.25, ordered=False, duplicate=0.1, latency={"kind": "exponential", "mean_ms": 25}),
    "links": [{"source": "client", "loss": 0.0}, {"target": "client", "loss": 0.0}],
}


def test_every_topic_is_declared_and_read():
    check_wiring(DESIGN)


def test_every_subscription_is_served():
    check_deliveries(DESIGN)


def test_in_every_run_every_replica_ends_with_the_whole_order_and_each_valid_one_is_mailed_once():
    for seed, history in zip(SEEDS, rough_runs(DESIGN), strict=True):
        assert ends_right(history, seed, REPLICAS)
        assert differing_orders(history, REPLICAS) == []
        assert mails(history) == valid_orders(history, seed)


def test_where_one_message_in_four_is_lost_they_do_too_and_the_runs_come_to_rest():
    for seed, history in zip(SEEDS, rough_runs(DESIGN, network=LOSSY, rpc_timeout_ms=200), strict=True):
        assert any(b.type in ("OrderTaxed", "DeltaTaken") for b in of_kind(history, Dropped))
        assert ends_right(history, seed, REPLICAS)
        assert differing_orders(history, REPLICAS) == []
        assert values_by_facts_differ(history) == []
        assert mails(history) == valid_orders(history, seed)
        assert history[-1].at_us < 60_000_000


def test_without_loss_each_delta_is_sent_once_and_acknowledged_by_each_of_its_followers():
    history = simulate(scenario(design=DESIGN, workload={"invalid_share": 0.0}, rpc_timeout_ms=2_000))
    sent = [b.type for b in of_kind(history, Sent)]
    assert [sent.count(f"Order{fact}") for fact in ("Placed", "Validated", "Taxed", "Mailed")] == [20] * 4
    followers_of_placed, of_validated, of_taxed, of_mailed = 5, 4, 4, 3
    assert sent.count("DeltaTaken") == 20 * (followers_of_placed + of_validated + of_taxed + of_mailed)


def test_at_every_moment_equal_facts_are_equal_orders():
    for history in rough_runs(DESIGN):
        assert values_by_facts_differ(history) == []


def test_checkout_waits_for_nobody_and_what_is_missing_comes_when_the_service_comes():
    changes = [{"at_s": 5.0, "node": "tax", "instances": 1}]
    down = {"nodes": {"tax": {"instances": 0}}, "changes": changes}
    history = simulate(scenario(design=DESIGN, workload={"invalid_share": 0.2}, **down))
    assert len(placed(history)) == 20
    updates = updates_by_replica(history, REPLICAS)
    assert updates["order"] == updates["view-1"] == updates["view-2"]
    assert mails(history) == valid_orders(history, 1)
