"""Pauses and crashes of a node with several instances: all of them stop, all of them go on, in both drivers."""

from __future__ import annotations

import pytest

from tests.workers.contracts.test_faults import fates, fields, of_node, span
from tests.workers.support import mails, of_kind, placed
from workers.model.message import partition_of
from workers.model.observation import Applied, Changed, Delivered, Dropped

THREE = {"nodes": {"tax": {"instances": 3, "service_ms": 2}, "view-1": {"instances": 2}}, "partitions": 4}
FAULTS = [
    {"kind": "pause", "node": "tax", "at_s": 0.1, "for_s": 0.7},
    {"kind": "crash", "node": "view-1", "at_s": 0.15, "for_s": 0.6},
]


def during(history, fault, node):
    """Who of a node did something while the fault held."""
    began_us, ended_us = span(history, fault)
    return [o for o in of_node(history, node, (Applied, Delivered)) if began_us <= o.at_us < ended_us]


def partitions(observations):
    """Which partitions were worked for: the instances share them."""
    return {partition_of(o.body.key, 4) for o in observations}


def changes(history, node):
    """What its instances went through, each by itself; what a run's end does to them is left out."""
    told = [(o.body.instance, o.body.state) for o in of_node(history, node, Changed)]
    names = sorted({name for name, _ in told})
    return {name: [state for of, state in told if of == name and state != "down"] for name in names}


def test_no_instance_of_a_paused_or_crashed_node_does_anything_and_all_go_on_together(driver):
    history = driver.run(fields(FAULTS, **THREE))
    assert during(history, "f1", "tax") == []
    assert during(history, "f2", "view-1") == []
    _, resumed_us = span(history, "f1")
    assert partitions(o for o in of_node(history, "tax") if o.at_us >= resumed_us) == {0, 1, 2, 3}
    assert changes(history, "tax") == {f"tax.{n}": ["up"] for n in (1, 2, 3)}
    assert changes(history, "view-1") == {f"view-1.{n}": ["up", "lost", "up"] for n in (1, 2)}
    assert of_kind(history, Dropped) == []
    assert mails(history) == placed(history)
    assert len(placed(history)) == 20


def test_a_lost_disk_is_lost_in_every_shard_whoever_owned_it(driver):
    crash = {"kind": "crash", "node": "view-1", "disk": "lost", "at_s": 1.4, "for_s": 0.4}
    history = driver.run(fields([{"kind": "pause", "node": "email", "for_s": 2.4}, crash], **THREE))
    _, restarted_us = span(history, "f2")
    after = [o for o in of_node(history, "view-1", Applied) if o.at_us >= restarted_us]
    assert {o.body.update.partition(":")[2] for o in after} == {"OrderMailed"}
    assert {o.body.version for o in after} == {1}
    assert partitions(after) == {0, 1, 2, 3}
    assert len(after) == 20


def test_instances_that_come_and_go_while_their_node_is_stopped_stay_stopped_with_it(driver):
    """Scaled out in the middle of a pause, and in again in the middle of a crash."""
    scaled = [{"at_s": 0.3, "node": "tax", "instances": 4}, {"at_s": 0.4, "node": "view-1", "instances": 1}]
    history = driver.run(fields(FAULTS, **THREE, changes=scaled))
    assert during(history, "f1", "tax") == []
    assert during(history, "f2", "view-1") == []
    assert mails(history) == placed(history)
    assert len(placed(history)) == 20
    applied = sorted((o.body.key, o.body.update) for o in of_node(history, "view-1", Applied))
    assert applied == sorted((o.body.key, o.body.update) for o in of_node(history, "view-2", Applied))


@pytest.mark.stack
def test_several_instances_meet_the_same_fate_live_as_simulated(both):
    simulated, live = (driver.run(fields(FAULTS, **THREE)) for driver in both)
    assert fates(live) == fates(simulated)
