import pytest

from tests.workers.strategies.support import check_deliveries, check_wiring
from tests.workers.support import mails, of_kind, placed, scenario, simulate, updates_by_replica
from workers.model.observation import Applied, Completed, Invoked

DESIGN = "synchronous"
HOP = {"default": {"latency": {"kind": "constant", "ms": 10}}}


def run(**fields):
    workload = {"orders": 5, "invalid_share": 0.0, **fields.pop("workload", {})}
    return simulate(scenario(design=DESIGN, network=HOP, workload=workload, **fields))


def latencies_ms(history, f):
    intended = {o.body.op: o.body.intended_us for o in history if isinstance(o.body, Invoked)}
    return {(o.at_us - intended[o.body.op]) / 1_000 for o in history if isinstance(o.body, Completed) and o.body.f == f}


def test_every_topic_is_declared_and_read():
    check_wiring(DESIGN)


def test_every_subscription_is_served():
    check_deliveries(DESIGN)


def test_the_latency_of_an_order_is_the_sum_of_all_its_hops():
    assert latencies_ms(run(), "place") == {120.0}


def test_the_latency_of_a_rejected_order_is_shorter_by_tax_and_mail():
    assert latencies_ms(run(workload={"invalid_share": 1.0}), "place") == {60.0}


def test_a_read_asks_the_store_and_sees_the_whole_order():
    history = run()
    reads = [b.value for b in of_kind(history, Completed) if b.f == "read"]
    assert [(r["value"]["status"], r["version"]) for r in reads] == [("mailed", 4)] * 5
    assert latencies_ms(history, "read") == {40.0}


def test_the_one_state_takes_each_order_in_two_transactions():
    history = run()
    order = placed(history)[0]
    applied = [o.body for o in history if isinstance(o.body, Applied) and o.body.key == order]
    assert [(body.update, body.version, body.value["status"]) for body in applied] == [
        (f"{order}:OrderPlaced", 1, "placed"),
        (f"{order}:OrderValidated", 2, "validated"),
        (f"{order}:OrderTaxed", 3, "taxed"),
        (f"{order}:OrderMailed", 4, "mailed"),
    ]
    assert {o.node for o in history if isinstance(o.body, Applied)} == {"store"}
    assert mails(history) == placed(history)


@pytest.mark.parametrize("service", ["validation", "tax"])
def test_a_service_that_is_down_before_the_commit_means_failure_and_nothing_stored(service):
    history = run(nodes={service: {"instances": 0}}, rpc_timeout_ms=70)
    failed = [b for b in of_kind(history, Completed) if b.f == "place"]
    assert {(b.outcome, b.error) for b in failed} == {("fail", f"{service} did not answer within 70 ms")}
    assert len(failed) == 5
    assert updates_by_replica(history, ["store"]) == {"store": []}
    assert mails(history) == []


@pytest.mark.parametrize(("service", "stored"), [("store", 0), ("email", 15)])
def test_a_service_that_is_down_at_or_after_the_commit_leaves_the_outcome_unknown(service, stored):
    history = run(nodes={service: {"instances": 0}}, rpc_timeout_ms=70)
    ended = [b for b in of_kind(history, Completed) if b.f == "place"]
    assert {(b.outcome, b.error) for b in ended} == {("info", f"{service} did not answer within 70 ms")}
    assert len(updates_by_replica(history, ["store"])["store"]) == stored
