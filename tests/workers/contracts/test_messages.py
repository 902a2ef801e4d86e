"""What both drivers owe to every message, and that they agree about each one's fate."""

from collections import Counter, defaultdict

import pytest

from tests.workers.support import of_kind, plan_of, scenario
from workers.cluster.network import arrivals
from workers.model.observation import Delivered, Dropped, Sent
from workers.model.randomness import Chance

VARIED = {"kind": "uniform", "low_ms": 1, "high_ms": 60}
NOISY = {"default": {"latency": VARIED, "loss": 0.1, "duplicate": 0.3, "ordered": False}}


def deliveries(history):
    return [(o.node, o.body.message, o.body.copy) for o in history if isinstance(o.body, Delivered)]


def drops(history):
    return [(o.node, o.body.message) for o in history if isinstance(o.body, Dropped)]


def test_each_message_reaches_each_subscriber_in_the_copies_that_the_network_makes_and_no_other(driver):
    fields = scenario(network=NOISY, workload={"timeout_ms": 250})
    plan = plan_of(fields)
    history = driver.run(fields)
    chance = Chance(plan.seed)
    expected, lost = [], []
    for o in history:
        if not isinstance(o.body, Sent):
            continue
        for target in plan.subscribers[o.body.topic]:
            copies = len(arrivals(chance, o.body.message, 0, plan.link(o.node, target, o.body.topic)))
            expected += [(target, o.body.message, copy) for copy in range(copies)]
            lost += [] if copies else [(target, o.body.message)]
    assert sorted(deliveries(history)) == sorted(expected)
    assert sorted(drops(history)) == sorted(lost)
    assert lost
    assert {reason.reason for reason in of_kind(history, Dropped)} == {"loss"}
    assert {copy for _, _, copy in expected} == {0, 1}


def test_no_message_is_delivered_before_its_latency_has_passed_and_each_says_when_it_was_sent(driver):
    fields = scenario(network=NOISY, workload={"timeout_ms": 250})
    plan = plan_of(fields)
    history = driver.run(fields)
    sent_us = {o.body.message: o.at_us for o in history if isinstance(o.body, Sent)}
    chance = Chance(plan.seed)
    for o in history:
        if isinstance(o.body, Delivered):
            assert o.body.sent_us == sent_us[o.body.message]
            due_us = arrivals(chance, o.body.message, o.body.sent_us, plan.link(o.body.source, o.node, o.body.topic))[
                o.body.copy
            ]
            assert o.at_us >= due_us, o


def test_an_ordered_link_delivers_in_the_order_of_sending(driver):
    history = driver.run(scenario(partitions=1, network={"default": {"latency": VARIED, "duplicate": 0.2}}))
    numbered = [o.body.message for o in history if isinstance(o.body, Sent)]
    place = {message: n for n, message in enumerate(numbered)}
    seen = defaultdict(list)
    for o in history:
        if isinstance(o.body, Delivered):
            seen[o.node, o.body.source, o.body.topic].append(place[o.body.message])
    assert len(seen) > 15
    assert all(order == sorted(order) for order in seen.values())


def test_an_unordered_link_lets_messages_overtake(driver):
    history = driver.run(scenario(partitions=1, network={"default": {"latency": VARIED, "ordered": False}}))
    place = {o.body.message: n for n, o in enumerate(o for o in history if isinstance(o.body, Sent))}
    placed = [
        place[o.body.message]
        for o in history
        if isinstance(o.body, Delivered) and (o.node, o.body.topic) == ("view-1", "placed")
    ]
    assert len(placed) == 20
    assert placed != sorted(placed)


def test_the_time_of_a_history_never_falls_and_its_index_has_no_gap(driver):
    played = driver.play(scenario(network={"default": {"latency": VARIED}}))
    times_us = [at_us for at_us, _ in played.turns]
    assert times_us == sorted(times_us)
    assert [o.index for o in played.history] == list(range(len(played.history)))
    assert len(played.history) == sum(len(turn.bodies) for _, turn in played.turns)


def test_every_message_has_one_id_and_names_a_cause_that_came_before(driver):
    history = driver.run(
        scenario(design="synchronous", network=NOISY, rpc_timeout_ms=100, workload={"timeout_ms": 700})
    )
    ids = Counter(o.body.message for o in history if isinstance(o.body, Sent))
    assert set(ids.values()) == {1}
    seen = set()
    for o in history:
        if isinstance(o.body, Delivered):
            seen.add((o.node, o.body.message))
        elif isinstance(o.body, Sent) and "~" not in o.body.cause.rpartition("/")[2]:
            assert (o.node, o.body.cause) in seen, o


@pytest.mark.stack
def test_both_drivers_lose_and_duplicate_the_same_messages(both):
    network = {"default": {"latency": {"kind": "uniform", "low_ms": 1, "high_ms": 20}, "loss": 0.15, "duplicate": 0.3}}
    fields = scenario(seed=5, network=network, workload={"orders": 30, "reads_per_order": 0, "timeout_ms": 400})
    simulated, live = (driver.run(fields) for driver in both)
    assert len(drops(live)) > 20
    assert sorted(drops(simulated)) == sorted(drops(live))
    assert sorted(deliveries(simulated)) == sorted(deliveries(live))
