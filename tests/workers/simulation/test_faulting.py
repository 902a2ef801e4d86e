"""Faults in virtual time, to the microsecond; what both drivers owe is in ``contracts/test_faults.py``."""

from __future__ import annotations

from tests.workers.support import (
    final_values,
    mails,
    of_kind,
    placed,
    scenario,
    simulate,
    simulate_turns,
    updates_by_replica,
)
from workers.cluster.faults import faults_of_history
from workers.model.history import line
from workers.model.observation import Changed, Delivered, Dropped, Faulted, Sent

FIXED = {"default": {"latency": {"kind": "constant", "ms": 5}}}
VARIED = {"default": {"latency": {"kind": "uniform", "low_ms": 1, "high_ms": 60}, "duplicate": 0.1}}
WORKLOAD = {"orders": 60, "orders_per_s": 60, "invalid_share": 0.0}
REPLICAS = ("order", "view-1", "view-2")
EVERYTHING = [
    {"kind": "partition", "between": [["email"], ["order", "tax"]], "at_s": 0.2, "for_s": 0.3, "mode": "hold"},
    {"kind": "partition", "between": [["order"], ["view-1"]], "at_s": 0.4, "for_s": 0.2, "one_way": True},
    {
        "kind": "link",
        "target": "view-2",
        "latency": {"kind": "exponential", "mean_ms": 80},
        "ordered": False,
        "for_s": 0.5,
    },
    {"kind": "link", "target": "tax", "loss": 1.0, "count": 2, "at_s": 0.1, "name": "two-lost"},
    {"kind": "pause", "node": "tax", "at_s": 0.3, "for_s": 0.2},
    {"kind": "crash", "node": "view-1", "disk": "lost", "at_s": 0.5, "for_s": 0.25},
    {"kind": "crash", "node": "order", "at_s": 0.6, "for_s": 0.1},
    {"kind": "slow", "node": "validation", "factor": 2.0, "plus_ms": 4.0, "at_s": 0.2, "for_s": 0.4},
    {"kind": "clock", "node": "order", "offset_ms": 60000.0, "drift_ppm": 200, "at_s": 0.25},
]


def play(faults, **fields):
    return simulate(scenario(**{"network": FIXED, "workload": WORKLOAD, "faults": faults, **fields}))


def without(history, *kinds):
    return [(o.at_us, o.node, o.body) for o in history if not isinstance(o.body, kinds)]


def times_of(history, node, kind=Delivered):
    return [o.at_us for o in history if o.node == node and isinstance(o.body, kind)]


def bytes_of(history):
    return b"\n".join(line(o) for o in history)


def test_a_schedule_of_faults_that_touch_nothing_changes_nothing_but_their_own_lines():
    late = [{**fault, "at_s": 3_000, "for_s": 1} for fault in EVERYTHING]
    fields = {"network": VARIED, "nodes": {"tax": {"service_ms": 3}}}
    assert bytes_of(play(late, **fields)) == bytes_of(play([], **fields))


def test_begin_and_end_are_recorded_with_targets_and_detail():
    history = play([{"kind": "pause", "node": "tax", "at_s": 0.25, "for_s": 0.5}])
    assert [(o.at_us, o.node, o.body) for o in history if isinstance(o.body, Faulted)] == [
        (250_000, "", Faulted("f1", "pause", "began", ["tax"], {"node": "tax"})),
        (750_000, "", Faulted("f1", "pause", "ended", ["tax"], None)),
    ]


def test_a_dropping_partition_loses_exactly_what_was_sent_across_it_while_it_lasted():
    history = play([{"kind": "partition", "between": [["order"], ["view-1"]], "at_s": 0.3, "for_s": 0.3}])
    sent = {o.body.message: (o.at_us, o.node, o.body.topic) for o in history if isinstance(o.body, Sent)}
    cut = {
        m
        for m, (at_us, node, topic) in sent.items()
        if node == "order" and topic == "placed" and 300_000 <= at_us < 600_000
    }
    assert {(o.node, o.body.message, o.body.reason) for o in history if isinstance(o.body, Dropped)} == {
        ("view-1", m, "f1") for m in cut
    }
    assert len(cut) > 10


def test_a_holding_partition_delays_to_the_heal_plus_the_latency_and_keeps_the_order():
    history = play(
        [{"kind": "partition", "between": [["order"], ["view-1"]], "at_s": 0.3, "for_s": 0.3, "mode": "hold"}]
    )
    held = [
        o
        for o in history
        if isinstance(o.body, Delivered)
        and (o.node, o.body.source) == ("view-1", "order")
        and 300_000 <= o.body.sent_us < 600_000
    ]
    assert len(held) > 10
    assert {o.at_us for o in held} == {605_000}
    assert of_kind(history, Dropped) == []
    by_partition_sorted = [o.body.sent_us for o in held]
    assert by_partition_sorted == sorted(by_partition_sorted)


def test_a_partition_that_never_ends_holds_to_the_limit():
    fields = scenario(
        network=FIXED,
        workload=WORKLOAD,
        duration_s=5,
        drain_s=2,
        faults=[{"kind": "partition", "between": [["order"], ["view-1"]], "mode": "hold"}],
    )
    turns, ended_us = simulate_turns(fields)
    assert ended_us == 7_000_000
    assert not [
        b for _, t in turns if t.node == "view-1" for b in t.bodies if isinstance(b, Delivered) and b.topic == "placed"
    ]


def test_a_paused_node_does_nothing_and_then_everything_with_its_state_kept():
    pause = {"kind": "pause", "node": "tax", "at_s": 0.3, "for_s": 0.4}
    history, calm = play([pause]), play([])
    assert not [t for t in times_of(history, "tax") if 300_000 <= t < 700_000]
    assert [t for t in times_of(history, "tax") if t == 700_000]
    assert sorted(updates_by_replica(history, REPLICAS)["view-1"]) == sorted(
        updates_by_replica(calm, REPLICAS)["view-1"]
    )
    assert mails(history) == placed(history)
    assert of_kind(history, Changed) == of_kind(calm, Changed)


def test_a_paused_client_fires_its_timers_when_it_goes_on():
    history = play([{"kind": "pause", "node": "client", "at_s": 0.3, "for_s": 0.4}])
    own = [o.at_us for o in history if o.node == "client"]
    assert not [t for t in own if 300_000 <= t < 700_000]
    assert len([t for t in own if t == 700_000]) > 10
    assert len(placed(history)) == 60


def test_a_crash_with_its_disk_kept_loses_nothing_and_is_seen_in_the_instances():
    history = play([{"kind": "crash", "node": "tax", "at_s": 0.3, "for_s": 0.4}], nodes={"tax": {"service_ms": 20}})
    assert not [t for t in times_of(history, "tax") if 300_000 <= t < 720_000]
    assert mails(history) == placed(history)
    changed = [(o.at_us, o.body) for o in history if o.node == "tax" and isinstance(o.body, Changed)]
    assert changed[1:] == [
        (300_000, Changed("tax.1", "lost", 0, "crashed (f1)")),
        (700_000, Changed("tax.1", "up", 0, "restarted (f1)")),
    ]


def test_a_crash_that_loses_the_disk_loses_what_had_arrived_and_starts_from_nothing():
    history = play([{"kind": "crash", "node": "view-1", "at_s": 0.3, "for_s": 0.4, "disk": "lost"}])
    lost = [o for o in history if isinstance(o.body, Dropped)]
    assert {(o.node, o.at_us, o.body.reason) for o in lost} == {("view-1", 700_000, "f1")}
    assert all(295_000 <= o.body.sent_us < 695_000 for o in lost)
    sent = len(
        [o for o in history if isinstance(o.body, Sent) and o.body.topic == "placed" and 295_000 <= o.at_us < 695_000]
    )
    assert len([o for o in lost if o.body.topic == "placed"]) == sent
    after = {
        o.body.key: o.body for o in history if o.node == "view-1" and o.at_us >= 700_000 and hasattr(o.body, "version")
    }
    first_lost = next(o.body.key for o in lost if o.body.topic == "placed")
    assert after == {} or all(body.version <= 4 for body in after.values())
    assert (
        final_values(history, REPLICAS)["view-1"].get(first_lost)
        != final_values(history, REPLICAS)["view-2"][first_lost]
    )


def test_what_waited_comes_in_the_order_of_its_arrival():
    history = play([{"kind": "pause", "node": "tax", "at_s": 0.3, "for_s": 0.4}], partitions=1)
    waited = [
        o.body.sent_us for o in history if o.node == "tax" and isinstance(o.body, Delivered) and o.at_us == 700_000
    ]
    assert len(waited) > 10
    assert waited == sorted(waited)


def test_what_an_instance_was_busy_with_in_a_crash_begins_anew_at_the_restart():
    fields = {"workload": {**WORKLOAD, "orders": 1}, "nodes": {"tax": {"service_ms": 200}}}
    (done_us,) = times_of(play([], **fields), "tax")
    crash = {"kind": "crash", "node": "tax", "at_s": (done_us - 150_000) / 1e6, "for_s": 0.05}
    assert times_of(play([crash], **fields), "tax") == [done_us + 100_000]


def test_every_message_has_an_id_of_its_own_after_a_disk_was_lost():
    history = play(
        [
            {"kind": "crash", "node": node, "at_s": at_s, "for_s": 0.1, "disk": "lost"}
            for node in ("order", "tax", "view-1")
            for at_s in (0.2, 0.5)
        ]
    )
    ids = [body.message for body in of_kind(history, Sent)]
    assert len(ids) == len(set(ids))


def test_a_slow_node_takes_longer_only_while_it_is_slow():
    slow = [{"kind": "slow", "node": "tax", "plus_ms": 40, "at_s": 0.3, "for_s": 0.3}]
    history = play(slow, partitions=1, workload={"orders": 30, "orders_per_s": 20, "invalid_share": 0.0})
    taken = [
        (o.body.sent_us + 5_000, o.at_us - o.body.sent_us - 5_000)
        for o in history
        if o.node == "tax" and isinstance(o.body, Delivered)
    ]
    assert {late for arrived, late in taken if arrived < 300_000} == {0}
    during = [late for arrived, late in taken if 300_000 <= arrived < 560_000]
    assert during
    assert min(during) >= 40_000
    assert taken[-1][1] == 0


def test_a_wrong_clock_changes_no_recorded_time():
    skew = [
        {"kind": "clock", "node": node, "offset_ms": 90_000, "drift_ppm": 500} for node in ("order", "tax", "view-1")
    ]
    assert without(play(skew), Faulted) == without(play([]), Faulted)


def test_a_count_touches_the_first_of_each_stream():
    history = play([{"kind": "link", "target": "tax", "loss": 1.0, "count": 1}], partitions=1)
    first = next(o.body.message for o in history if isinstance(o.body, Sent) and o.body.topic == "validated")
    assert [(o.node, o.body.message, o.body.reason) for o in history if isinstance(o.body, Dropped)] == [
        ("tax", first, "f1")
    ]


def test_the_schedule_that_a_history_gives_back_gives_the_same_bytes():
    fields = {"network": VARIED, "nodes": {"tax": {"service_ms": 3, "instances": 2}}, "duration_s": 20.0}
    history = play(EVERYTHING, **fields)
    assert len(of_kind(history, Faulted)) > 12
    assert bytes_of(play(faults_of_history(history), **fields)) == bytes_of(history)
