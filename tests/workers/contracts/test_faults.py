"""Faults are the same in both drivers: the same messages are lost, held and delivered, and nobody works who cannot."""

from __future__ import annotations

import pytest

from tests.workers.live import LiveRun, history_of, until
from tests.workers.support import mails, of_kind, placed, scenario
from workers.cluster.faults import faults_of_history
from workers.model.observation import Applied, Changed, Delivered, Dropped, Faulted
from workers.runtime import control

NETWORK = {"default": {"latency": {"kind": "uniform", "low_ms": 1, "high_ms": 20}}}
WORKLOAD = {"orders": 20, "orders_per_s": 80, "invalid_share": 0.0, "reads_per_order": 0}
FAULTS = [
    {"kind": "partition", "between": [["order"], ["view-1"]], "one_way": True},
    {"kind": "partition", "between": [["tax"], ["view-1"]], "mode": "hold", "for_s": 1.2},
    {"kind": "pause", "node": "email", "for_s": 1.0},
    {"kind": "crash", "node": "tax", "disk": "kept", "for_s": 0.8},
    {"kind": "crash", "node": "view-2", "disk": "lost", "for_s": 0.7},
    {"kind": "clock", "node": "validation", "offset_ms": 3_600_000, "drift_ppm": 100},
    {"kind": "link", "target": "order", "topic": "mailed", "loss": 1.0, "count": 1},
    {"kind": "link", "source": "validation", "target": "order", "duplicate": 1.0},
    {"kind": "link", "target": "view-1", "topic": "validated", "loss": 0.5},
]


def fields(faults, **more):
    return scenario(**{"network": NETWORK, "workload": WORKLOAD, "partitions": 2, "faults": faults, **more})


def fates(history):
    """What became of each message at each node; both drivers give a message the same id."""
    delivered = [(o.node, o.body.message, o.body.copy) for o in history if isinstance(o.body, Delivered)]
    dropped = [(o.node, o.body.message, o.body.reason) for o in history if isinstance(o.body, Dropped)]
    return sorted(delivered), sorted(dropped)


def of_node(history, node, kind=Delivered):
    return [o for o in history if o.node == node and isinstance(o.body, kind)]


def span(history, fault):
    times = {o.body.state: o.at_us for o in history if isinstance(o.body, Faulted) and o.body.fault == fault}
    return times["began"], times["ended"]


@pytest.mark.stack
def test_both_drivers_give_each_message_the_same_fate_under_every_fault(both):
    """Only whether the one message that ``count`` takes of a partition is this or that order's depends on timing."""
    simulated, live = (driver.run(fields(FAULTS)) for driver in both)
    counted = "f7"

    def compared(history):
        delivered, dropped = fates(history)
        taken = {(node, message) for node, message, reason in dropped if reason == counted}
        rest = [row for row in dropped if row[2] != counted]
        return (
            [row for row in delivered if row[1:2] and not (row[0] == "order" and "email" in row[1].rpartition("/")[2])],
            rest,
            len(taken),
        )

    assert compared(live) == compared(simulated)
    reasons = {reason for _, _, reason in fates(live)[1]}
    assert reasons == {"f1", "f5", "f7", "f9"}
    assert [o.body.version for o in of_node(live, "view-2", Applied)][:1] == [1]


def test_nothing_is_done_by_a_node_that_is_paused_or_down_and_everything_after(driver):
    history = driver.run(
        fields(
            [
                {"kind": "pause", "node": "tax", "at_s": 0.1, "for_s": 0.5},
                {"kind": "crash", "node": "email", "at_s": 0.1, "for_s": 0.7},
            ]
        )
    )
    for fault, node in (("f1", "tax"), ("f2", "email")):
        began_us, ended_us = span(history, fault)
        times = [o.at_us for o in of_node(history, node)]
        assert not [t for t in times if began_us <= t < ended_us]
        assert max(times) >= ended_us
    assert mails(history) == placed(history)
    assert len(placed(history)) == 20
    assert [o.body.state for o in of_node(history, "tax", Changed)][:1] == ["up"]
    assert [o.body.state for o in of_node(history, "email", Changed)][:3] == ["up", "lost", "up"]
    assert of_kind(history, Dropped) == []


def test_a_lost_disk_starts_from_nothing_in_the_middle_of_a_run(driver):
    """All orders are placed and validated before the crash; only their mails come after it."""
    history = driver.run(
        fields(
            [
                {"kind": "pause", "node": "email", "for_s": 2.4},
                {"kind": "crash", "node": "view-2", "disk": "lost", "at_s": 1.4, "for_s": 0.4},
            ]
        )
    )
    _, restarted_us = span(history, "f2")
    after = [o.body for o in of_node(history, "view-2", Applied) if o.at_us >= restarted_us]
    assert len(after) == 20
    assert {body.version for body in after} == {1}
    assert {body.update.partition(":")[2] for body in after} == {"OrderMailed"}
    assert of_kind(history, Dropped) == []


def test_held_messages_come_after_the_heal_in_their_order(driver):
    history = driver.run(
        fields([{"kind": "partition", "between": [["order"], ["view-1"]], "mode": "hold", "for_s": 0.8}], partitions=1)
    )
    _, healed_us = span(history, "f1")
    held = [o for o in of_node(history, "view-1") if o.body.source == "order" and o.body.topic == "placed"]
    assert len(held) == 20
    assert min(o.at_us for o in held) >= healed_us
    assert [o.body.sent_us for o in held] == sorted(o.body.sent_us for o in held)


@pytest.mark.stack
def test_a_fault_injected_and_healed_by_hand_is_recorded_and_can_be_played_again(server):
    with LiveRun(server.url, fields([], workload={**WORKLOAD, "orders": 60, "orders_per_s": 40})) as live:
        assert live.tick_until(lambda: len(of_node(history_of(live.client, live.run), "view-1")) > 10)
        cut = control.inject_fault(
            live.client, live.run, '{"kind": "partition", "between": [["order"], ["view-1"]], "mode": "hold"}'
        )
        lossy = control.inject_fault(
            live.client, live.run, '{"kind": "link", "target": "view-2", "loss": 1.0, "name": "deaf", "for_s": 0.3}'
        )
        assert (cut, lossy) == ("f1", "deaf")
        assert not until(lambda: False, 0.4)
        control.heal(live.client, live.run, cut)
        for call, why in (
            (lambda: control.heal(live.client, live.run, cut), "has ended already"),
            (lambda: control.heal(live.client, live.run, "f9"), "these have begun: f1, deaf"),
            (
                lambda: control.inject_fault(live.client, live.run, '{"kind": "pause", "node": "till"}'),
                "fault.node: 'till'",
            ),
            (lambda: control.inject_fault(live.client, live.run, '{"kind": "nap"}'), "does not match any"),
            (
                lambda: control.inject_fault(live.client, live.run, '{"kind": "pause", "node": "tax", "name": "deaf"}'),
                "take another",
            ),
        ):
            with pytest.raises(control.RunRefusedError, match=why):
                call()
        history = live.finish(30)
        started_us = live.status.started_us
    began_us, healed_us = span(history, "f1")
    held = [o for o in of_node(history, "view-1") if o.body.source == "order" and began_us < o.body.sent_us < healed_us]
    assert held
    assert min(o.at_us for o in held) >= healed_us
    deaf = span(history, "deaf")
    assert {o.body.reason for o in history if isinstance(o.body, Dropped)} == {"deaf"}
    assert all(deaf[0] < o.body.sent_us < deaf[1] for o in history if isinstance(o.body, Dropped))
    schedule = faults_of_history(history, started_us)
    assert [(entry["name"], entry["kind"], round(entry["for_s"] * 1e6)) for entry in schedule] == [
        ("f1", "partition", healed_us - began_us),
        ("deaf", "link", deaf[1] - deaf[0]),
    ]
