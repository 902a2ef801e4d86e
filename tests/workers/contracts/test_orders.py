"""What both drivers owe to every order."""

import pytest

from tests.workers.support import (
    complete_updates,
    final_values,
    mails,
    of_kind,
    placed,
    scenario,
    updates_by_replica,
)
from workers.model.observation import Applied, Completed, Dropped, Invoked

REPLICAS = ("order", "view-1", "view-2")
VARIED = {"kind": "uniform", "low_ms": 1, "high_ms": 40}
NETWORKS = {
    "at once": {"latency": {"kind": "constant", "ms": 0}},
    "in order": {"latency": VARIED},
    "overtaking": {"latency": VARIED, "ordered": False},
    "duplicates": {"latency": VARIED, "duplicate": 0.5, "ordered": False},
}


def rejected(history):
    return sorted({b.update.split(":")[0] for b in of_kind(history, Applied) if b.update.endswith("OrderRejected")})


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_every_order_is_complete_exactly_once_everywhere_and_mailed_once(driver, network):
    history = driver.run(scenario(network={"default": network}, workload={"invalid_share": 0.3}))
    orders, refused = placed(history), rejected(history)
    assert len(orders) == 20
    assert 0 < len(refused) < 20
    assert updates_by_replica(history, REPLICAS) == dict.fromkeys(REPLICAS, complete_updates(orders, refused))
    shown = final_values(history, REPLICAS)
    assert shown["order"] == shown["view-1"] == shown["view-2"]
    assert mails(history) == [order for order in orders if order not in refused]


@pytest.mark.parametrize("design", ["crdt-order-operations", "crdt-order-deltas"])
def test_an_order_that_is_a_replicated_type_is_the_same_everywhere_whatever_comes_twice_and_late(driver, design):
    fields = scenario(design=design, network={"default": NETWORKS["duplicates"]}, workload={"invalid_share": 0.3})
    history = driver.run(fields)
    orders, refused = placed(history), rejected(history)
    assert len(orders) == 20
    shown = final_values(history, REPLICAS)
    assert shown["order"] == shown["view-1"] == shown["view-2"]
    assert {key: len(value) for key, value in shown["order"].items()} == dict.fromkeys(orders, 5)
    assert updates_by_replica(history, REPLICAS)["order"] == updates_by_replica(history, REPLICAS)["view-1"]
    assert mails(history) == [order for order in orders if order not in refused]


def test_deltas_that_the_network_loses_are_made_up_for(driver):
    network = {
        "default": {"latency": VARIED, "loss": 0.2},
        "links": [{"source": "client", "loss": 0.0}, {"target": "client", "loss": 0.0}],
    }
    workload = {"orders": 8, "invalid_share": 0.0}
    history = driver.run(scenario(design="crdt-order-deltas", network=network, workload=workload, rpc_timeout_ms=50))
    assert len(of_kind(history, Dropped)) > 0
    orders = placed(history)
    assert len(orders) == 8
    assert updates_by_replica(history, REPLICAS) == dict.fromkeys(REPLICAS, complete_updates(orders))
    assert mails(history) == orders


@pytest.mark.stack
def test_a_seed_is_the_same_workload_with_the_same_outcome_in_both_drivers(both):
    fields = scenario(
        seed=11, network={"default": {"latency": VARIED, "duplicate": 0.2}}, workload={"invalid_share": 0.3}
    )
    simulated, live = (driver.run(fields) for driver in both)
    assert placed(simulated) == placed(live)
    assert rejected(simulated) == rejected(live)
    assert mails(simulated) == mails(live)
    assert final_values(simulated, REPLICAS) == final_values(live, REPLICAS)


def test_a_read_after_the_acknowledgement_sees_the_whole_order_where_there_is_one_state(driver):
    history = driver.run(
        scenario(design="synchronous", workload={"invalid_share": 0.0, "read_after_ms": 0, "reads_per_order": 2})
    )
    reads = [b for b in of_kind(history, Completed) if b.f == "read"]
    assert len(reads) == 40
    assert {(b.outcome, b.value["version"], b.value["value"]["status"]) for b in reads} == {("ok", 4, "mailed")}
    assert mails(history) == placed(history)


def test_a_checkout_fails_where_a_service_is_down_and_nothing_is_stored(driver):
    history = driver.run(
        scenario(
            design="synchronous",
            nodes={"tax": {"instances": 0}},
            rpc_timeout_ms=60,
            duration_s=0.9,
            drain_s=0.3,
            workload={"orders": 6, "orders_per_s": 40, "invalid_share": 0.0},
        )
    )
    ended = [b for b in of_kind(history, Completed) if b.f == "place"]
    assert {(b.outcome, b.error) for b in ended} == {("fail", "tax did not answer within 60 ms")}
    assert len(ended) == 6
    assert of_kind(history, Applied) == []
    assert mails(history) == []


def test_every_operation_that_began_ends_once_and_not_before(driver):
    network = {"default": {"latency": VARIED, "loss": 0.1}}
    history = driver.run(scenario(network=network, workload={"timeout_ms": 150, "reads_per_order": 2}))
    begun = {o.body.op: o for o in history if isinstance(o.body, Invoked)}
    ended = {o.body.op: o for o in history if isinstance(o.body, Completed)}
    assert len(of_kind(history, Invoked)) == len(begun)
    assert len(of_kind(history, Completed)) == len(ended)
    assert begun.keys() == ended.keys()
    assert {o.body.outcome for o in ended.values()} == {"ok", "info"}
    assert all(begun[op].body.intended_us <= begun[op].at_us <= o.at_us for op, o in ended.items())
