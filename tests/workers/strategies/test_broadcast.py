from tests.workers.strategies.support import check_deliveries, check_wiring
from tests.workers.support import (
    complete_updates,
    final_values,
    mails,
    of_kind,
    placed,
    scenario,
    simulate,
    updates_by_replica,
)
from workers.model.observation import Applied, Completed

DESIGN = "asynchronous-broadcast"
REPLICAS = ("order", "view-1", "view-2")


def test_every_topic_is_declared_and_read():
    check_wiring(DESIGN)


def test_every_subscription_is_served():
    check_deliveries(DESIGN)


def test_an_order_goes_through_all_services_and_every_replica_ends_up_with_all_of_it():
    history = simulate(scenario(workload={"orders": 1, "invalid_share": 0.0}))
    [order] = placed(history)
    assert updates_by_replica(history, REPLICAS) == dict.fromkeys(REPLICAS, complete_updates([order]))
    assert mails(history) == [order]
    shown = final_values(history, REPLICAS)
    assert shown["order"] == shown["view-1"] == shown["view-2"]
    assert shown["order"][order]["status"] == "mailed"


def test_a_rejected_order_ends_everywhere_as_rejected_and_nobody_is_mailed():
    history = simulate(scenario(workload={"orders": 1, "invalid_share": 1.0}))
    [order] = placed(history)
    assert updates_by_replica(history, REPLICAS) == dict.fromkeys(REPLICAS, complete_updates([order], [order]))
    assert (mails(history), final_values(history, REPLICAS)["view-2"][order]["status"]) == ([], "rejected")


def test_checkout_is_answered_although_every_other_service_is_down():
    down = {node: {"instances": 0} for node in ("validation", "tax", "email")}
    history = simulate(scenario(nodes=down, workload={"orders": 5}))
    assert len(placed(history)) == 5
    assert {o.body.update.split(":")[1] for o in history if isinstance(o.body, Applied)} == {"OrderPlaced"}


def test_a_read_right_after_the_acknowledgement_may_find_nothing():
    links = [
        {"target": "view-1", "latency": {"kind": "constant", "ms": 100}},
        {"source": "client", "target": "view-1", "latency": {"kind": "constant", "ms": 0}},
    ]
    slow_view = {"default": {"latency": {"kind": "constant", "ms": 1}}, "links": links}
    history = simulate(scenario(network=slow_view, views=1, workload={"orders": 3, "read_after_ms": 0}))
    found = [b.value for b in of_kind(history, Completed) if b.f == "read"]
    assert found == [{"value": None, "version": 0, "seen": []}] * 3
