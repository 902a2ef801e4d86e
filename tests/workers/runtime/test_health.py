"""What `run_status` says of an instance: whether its lease holds, and whether a fault stops its node meanwhile."""

from __future__ import annotations

import json

import pytest

from consistency_viz.live.about import instance_views
from tests.workers.live import LiveRun, until
from tests.workers.support import scenario
from workers.runtime import control, instance

pytestmark = pytest.mark.stack
IDLE = {"orders": None, "orders_per_s": 0}


def states(live):
    return {i.id: i.state for i in live.status.instances if i.state != "alive"}


def inject(live, **fault):
    return control.inject_fault(live.client, live.run, json.dumps({"for_s": None, **fault}))


def test_an_instance_is_paused_or_down_while_a_fault_of_its_node_holds_and_its_lease_goes_on(server, monkeypatch):
    monkeypatch.setattr(instance, "BEAT_US", 100_000)
    with LiveRun(server.url, scenario(workload=IDLE, duration_s=None)) as live:
        assert live.tick_until(lambda: all(i.alive for i in live.status.instances))
        assert states(live) == {}
        pause = inject(live, kind="pause", node="tax")
        crash = inject(live, kind="crash", node="view-1", disk="kept")
        both = [inject(live, kind="pause", node="email"), inject(live, kind="crash", node="email", disk="kept")]
        live.tick_until(lambda: False, 0.3)
        assert states(live) == {"tax.1": "paused", "view-1.1": "down", "email.1": "down"}
        assert all(i.alive for i in live.status.instances)
        shown = {view.id: view.state for view in instance_views(live.status)}
        assert {i: state for i, state in shown.items() if state != "alive"} == states(live)
        control.heal(live.client, live.run, both[1])
        assert states(live)["email.1"] == "paused"
        for fault in (pause, crash, both[0]):
            control.heal(live.client, live.run, fault)
        assert states(live) == {}


def test_an_instance_without_a_lease_that_holds_is_dead_whatever_a_fault_says(server, monkeypatch):
    monkeypatch.setattr(instance, "LEASE_US", 300_000)
    monkeypatch.setattr(instance, "BEAT_US", 100_000)
    with LiveRun(server.url, scenario(workload=IDLE, duration_s=None)) as live:
        assert live.tick_until(lambda: all(i.alive for i in live.status.instances))
        epochs = {i.id: i.epoch for i in live.status.instances}
        inject(live, kind="pause", node="tax")
        live.stopping.set()  # every instance leaves; nobody dispatches them again
        assert until(lambda: not any(i.alive for i in live.status.instances), 5)
        assert {i.state for i in live.status.instances} == {"dead"}
        assert all(epoch > 0 for epoch in epochs.values())
