import itertools
from collections import Counter
from math import sqrt

import pytest

from tests.workers.support import (
    ALL_FACTS,
    complete_updates,
    final_values,
    mails,
    of_kind,
    placed,
    plan_of,
    scenario,
    simulate,
    simulate_turns,
    updates_by_replica,
)
from workers.cluster.shards import BLANK_DELIVERED, BLANK_SENT
from workers.model.observation import Applied, Changed, Completed, Delivered, Dropped, Invoked, Sent
from workers.simulation.world import SimulationTooLongError, World

REPLICAS = ("order", "view-1", "view-2")
FIXED = {"kind": "constant", "ms": 10}
VARIED = {"kind": "exponential", "mean_ms": 50}


def changes(*rows):
    return [{"at_s": at_s, "node": node, "instances": instances} for at_s, node, instances in rows]


def test_lost_facts_are_never_applied_and_the_replicas_stay_apart():
    history = simulate(scenario(network={"default": {"latency": FIXED}, "links": [{"target": "view-2", "loss": 0.2}]}))
    updates = updates_by_replica(history, REPLICAS)
    dropped = [b for b in of_kind(history, Dropped) if b.topic != "queries.view-2"]
    lost = sorted(f"{b.key}:{b.type}" for b in dropped)
    assert lost
    assert {b.reason for b in dropped} == {"loss"}
    assert Counter(updates["view-1"]) - Counter(updates["view-2"]) == Counter(lost)
    shown = final_values(history, REPLICAS)
    assert shown["order"] == shown["view-1"]
    assert shown["view-2"] != shown["view-1"]


def test_a_lost_message_is_noted_at_its_target_when_it_was_sent_and_never_delivered():
    history = simulate(scenario(network={"default": {"latency": VARIED, "loss": 0.3}}))
    sent_us = {o.body.message: o.at_us for o in history if isinstance(o.body, Sent)}
    dropped = {(o.node, o.body.message): o for o in history if isinstance(o.body, Dropped)}
    delivered = {(o.node, o.body.message) for o in history if isinstance(o.body, Delivered)}
    assert dropped
    assert not dropped.keys() & delivered
    assert all(o.at_us == o.body.sent_us == sent_us[o.body.message] for o in dropped.values())


def test_duplicates_are_delivered_as_copies_and_have_no_second_effect():
    history = simulate(
        scenario(network={"default": {"latency": VARIED, "duplicate": 0.5}}, workload={"invalid_share": 0.0})
    )
    orders = placed(history)
    assert len(orders) == 20
    assert updates_by_replica(history, REPLICAS) == dict.fromkeys(REPLICAS, complete_updates(orders))
    assert mails(history) == orders
    deliveries = Counter((o.node, o.body.message, o.body.copy) for o in history if isinstance(o.body, Delivered))
    assert set(deliveries.values()) == {1}
    copies = Counter(copy for _, _, copy in deliveries)
    assert sorted(copies) == [0, 1]
    # Half of all first copies have a second one, within four standard deviations.
    assert abs(copies[1] - copies[0] / 2) <= 4 * sqrt(copies[0] / 4)


def test_a_node_without_instances_holds_its_messages_and_takes_them_up_when_it_has_some():
    history = simulate(
        scenario(
            nodes={"tax": {"instances": 0}}, changes=changes((5.0, "tax", 2)), network={"default": {"latency": FIXED}}
        )
    )
    times_us = [o.at_us for o in history if isinstance(o.body, Delivered) and o.node == "tax"]
    assert set(times_us) == {5_000_000}
    rejected = [b.update.split(":")[0] for b in of_kind(history, Applied) if b.update.endswith("OrderRejected")]
    assert updates_by_replica(history, REPLICAS)["view-2"] == complete_updates(placed(history), rejected)


def test_held_messages_are_taken_up_in_the_order_in_which_they_came():
    history = simulate(
        scenario(
            nodes={"tax": {"instances": 0}}, changes=changes((5.0, "tax", 1)), network={"default": {"latency": FIXED}}
        )
    )
    sent_us = [o.body.sent_us for o in history if isinstance(o.body, Delivered) and o.node == "tax"]
    assert len(sent_us) > 10
    assert sent_us == sorted(sent_us)


def test_a_run_whose_messages_are_held_for_good_lasts_to_the_end_of_its_drain_time():
    turns, ended_us = simulate_turns(scenario(nodes={"tax": {"instances": 0}}, duration_s=4.0, drain_s=3.0))
    assert ended_us == 7_000_000
    assert turns[-1][0] < 7_000_000


def test_a_run_ends_when_nothing_is_on_its_way():
    """Not when the last cancelled time-out would have been due, five seconds later."""
    turns, ended_us = simulate_turns(scenario(changes=changes((20.0, "tax", 2))))
    assert ended_us == turns[-1][0] < 5_000_000


def test_what_would_arrive_after_the_drain_time_never_does():
    late = {
        "default": {"latency": FIXED},
        "links": [{"target": "view-2", "latency": {"kind": "constant", "ms": 6_000}}],
    }
    turns, ended_us = simulate_turns(scenario(network=late, duration_s=1.0, drain_s=2.0))
    assert ended_us == 3_000_000
    assert max(at_us for at_us, _ in turns) <= 3_000_000
    assert "view-2" not in {turn.node for _, turn in turns if any(isinstance(b, Applied) for b in turn.bodies)}


def test_changes_apply_at_their_time_in_their_order_and_not_after_the_end():
    rows = ((1.0, "tax", 3), (1.0, "tax", 2), (2.0, "tax", 0), (2.5, "tax", 1), (50.0, "email", 0))
    history = simulate(
        scenario(changes=changes(*rows), duration_s=3.0, drain_s=1.0, workload={"orders": None, "orders_per_s": 20})
    )
    seen = [
        (o.at_us, o.body.instance, o.body.state)
        for o in history
        if isinstance(o.body, Changed) and o.node in ("tax", "email")
    ]
    assert seen == [
        (0, "tax.1", "up"),
        (0, "email.1", "up"),
        (1_000_000, "tax.2", "up"),
        (1_000_000, "tax.3", "up"),
        (1_000_000, "tax.3", "down"),
        (2_000_000, "tax.1", "down"),
        (2_000_000, "tax.2", "down"),
        (2_500_000, "tax.1", "up"),
    ]


def test_messages_queue_at_a_busy_instance_for_the_service_time_each():
    one_by_one = {"default": {"latency": {"kind": "constant", "ms": 0}}}
    fields = scenario(
        nodes={"tax": {"service_ms": 100}}, network=one_by_one, workload={"orders_per_s": 4_000, "invalid_share": 0.0}
    )
    times_us = [o.at_us for o in simulate(fields) if isinstance(o.body, Delivered) and o.node == "tax"]
    assert len(times_us) == 20
    assert [later - earlier for earlier, later in itertools.pairwise(times_us)] == [100_000] * 19


def test_more_instances_work_through_a_queue_side_by_side():
    def ended_us(instances):
        nodes = {"tax": {"service_ms": 100, "instances": instances}}
        return simulate_turns(scenario(nodes=nodes, workload={"orders": 40, "orders_per_s": 4_000}))[1]

    assert 1.6 < ended_us(1) / ended_us(2) <= 2.01


def test_a_cancelled_time_out_keeps_nobody_busy():
    fields = scenario(
        design="synchronous",
        nodes={"order": {"service_ms": 20}},
        workload={"orders": 3, "orders_per_s": 1, "timeout_ms": 9_000, "invalid_share": 0.0},
    )
    busy = simulate(fields)
    quick = simulate({**fields, "rpc_timeout_ms": 400})
    assert [(o.at_us, o.body) for o in busy] == [(o.at_us, o.body) for o in quick]


def test_a_simulation_without_an_end_is_refused_with_a_remedy():
    plan = plan_of(scenario(duration_s=None, workload={"orders": None}))
    with pytest.raises(SimulationTooLongError) as caught:
        World(plan, lambda at_us, turn: None, events_max=1_000).run()
    assert str(caught.value).startswith("scenario test: more than 1,000 events by ")
    assert str(caught.value).endswith("; lower workload.orders, orders_per_s or duration_s")


def test_the_time_of_a_history_never_falls_and_its_index_has_no_gap():
    history = simulate(scenario(network={"default": {"latency": VARIED}}))
    times_us = [o.at_us for o in history]
    assert times_us == sorted(times_us)
    assert [o.index for o in history] == list(range(len(history)))


@pytest.mark.parametrize("blanks", [False, True])
def test_without_messages_the_history_is_the_same_otherwise(blanks):
    fields = scenario(network={"default": {"latency": VARIED, "loss": 0.1, "duplicate": 0.1}})
    turns = []
    plan = plan_of(fields)
    World(plan, lambda at_us, turn: turns.append((at_us, turn)), messages_noted=False, blanks=blanks).run()
    without = [(at_us, body) for at_us, turn in turns for body in turn.bodies]
    history = [(o.at_us, o.body) for o in simulate(fields)]
    assert {Sent, Delivered, Dropped} <= {type(body) for _, body in history}
    if blanks:
        blank = {Sent: BLANK_SENT, Delivered: BLANK_DELIVERED}
        assert without == [(at_us, blank.get(type(body), body)) for at_us, body in history]
    else:
        assert without == [one for one in history if not isinstance(one[1], Sent | Delivered | Dropped)]


@pytest.mark.parametrize("faults", [[], [{"kind": "pause", "node": "tax", "at_s": 0.02, "for_s": 0.2}]])
def test_the_world_counts_the_messages_that_its_history_shows(faults):
    fields = scenario(network={"default": {"latency": VARIED, "loss": 0.1, "duplicate": 0.1}}, faults=faults)
    history = []
    world = World(plan_of(fields), lambda at_us, turn: history.extend(turn.bodies))
    world.run()
    shown = Counter(type(body) for body in history)
    assert world.messages == {"sent": shown[Sent], "delivered": shown[Delivered], "dropped": shown[Dropped]}
    assert all(world.messages.values())


def test_a_turn_names_the_instance_that_owns_the_partition():
    turns, _ = simulate_turns(scenario(nodes={"tax": {"instances": 3}}))
    instances = Counter(
        turn.instance for _, turn in turns if turn.node == "tax" and isinstance(turn.bodies[0], Delivered)
    )
    assert sorted(instances) == ["tax.1", "tax.2", "tax.3"]


def test_every_operation_that_began_ends_exactly_once():
    history = simulate(scenario(network={"default": {"latency": VARIED, "loss": 0.2}}, workload={"timeout_ms": 300}))
    begun = [b.op for b in of_kind(history, Invoked)]
    ended = [b.op for b in of_kind(history, Completed)]
    assert sorted(begun) == sorted(ended)
    assert len(set(begun)) == len(begun)
    assert {b.outcome for b in of_kind(history, Completed)} == {"ok", "info"}


def test_every_fact_goes_to_every_replica_once():
    history = simulate(scenario(workload={"orders": 5, "invalid_share": 0.0}))
    delivered = Counter(
        (o.node, o.body.key, o.body.type) for o in history if isinstance(o.body, Delivered) and o.body.type in ALL_FACTS
    )
    per_view = {(view, key, fact): 1 for view in ("view-1", "view-2") for key in placed(history) for fact in ALL_FACTS}
    assert {place: n for place, n in delivered.items() if place[0].startswith("view")} == per_view
