"""Replicated regions on both drivers: they converge, answer for every operation, and come to rest by themselves."""

import pytest

from tests.workers.strategies.regions import REGIONS, acknowledged, applied_by, every_type, regions
from tests.workers.support import final_values, of_kind
from workers.model.history import expand
from workers.model.observation import Completed, Dropped, Invoked
from workers.services.regions.delta_gossip import DeltaGossip
from workers.services.regions.operation_broadcast import OperationBroadcast
from workers.services.regions.state_gossip import StateGossip

LOSSY = {
    "default": {"latency": {"kind": "uniform", "low_ms": 1, "high_ms": 20}, "duplicate": 0.2, "ordered": False},
    "links": [{"source": region, "loss": 0.15} for region in REGIONS],
}
DESIGNS = {"state-gossip": StateGossip, "delta-gossip": DeltaGossip, "operation-broadcast": OperationBroadcast}


@pytest.mark.parametrize(("design", "variant"), [("state-gossip", 0), ("delta-gossip", 1), ("operation-broadcast", 0)])
def test_all_regions_end_with_the_same_updates_and_values(driver, design, variant):
    entities = every_type(DESIGNS[design], variant)
    clients = {"operations": 40, "operations_per_s": 40.0, "timeout_ms": 600, "quiet_ms": 900}
    fields = regions(
        design,
        partitions=2,
        network=LOSSY,
        entities=entities,
        clients=clients,
        replication={"gossip_ms": 60},
        duration_s=8.0,
        drain_s=8.0,
    )
    turns, history = driver.play(fields)
    updates = applied_by(turns)
    assert updates["eu"] == updates["us"] == updates["ap"]
    assert acknowledged(turns) <= set(updates["eu"])
    assert len(acknowledged(turns)) > 5
    values = final_values(expand(turns), REGIONS)
    assert values["eu"] == values["us"] == values["ap"]
    assert of_kind(history, Dropped)
    assert len(of_kind(history, Invoked)) == len(of_kind(history, Completed))
