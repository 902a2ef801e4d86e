"""Every bench and every variant of it runs; how fast is not asked here."""

from __future__ import annotations

import pytest

from consistency_viz.benches import refusals, simulate
from consistency_viz.benches.measure import child
from consistency_viz.benches.orders_to_place import orders
from consistency_viz.benches.registry import BENCHES
from consistency_viz.lab.server import EmbeddedServer
from workers.services.checks import rejection

VARIANT = "consistency_viz.benches.pipeline_{}"


def test_the_orders_are_valid_distinct_and_always_the_same() -> None:
    placed = dict(orders(50))
    assert len(placed) == 50
    assert placed == dict(orders(50))
    assert not any(rejection(order) for order in placed.values())


def test_the_simulators_bench_measures_and_finds_the_same_bytes_for_the_same_seed() -> None:
    figures, notes = simulate.run(rounds=1, count=100)
    assert {figure.unit for figure in figures} == {"events/CPU s"}
    assert all(figure.ratio > 0 for figure in figures)
    assert notes["same seed, same bytes"] is True


def test_every_wrong_scenario_of_the_bench_is_refused_with_a_remedy_and_the_large_ones_for_their_size() -> None:
    figures, notes = refusals.run(rounds=1, busy=0)
    assert [figure.name for figure in figures] == list(refusals.INPUTS)
    said = {name.partition(":")[0]: str(text) for name, text in notes.items()}
    assert "there is no such field here" in said["fix that does not apply"]
    assert said["10 MB of YAML"].endswith("a scenario has at most 65,536 bytes; shorten it")
    assert said["alias bomb"].endswith("anchors and aliases are not read; write it out")
    assert said["20,000 values"].endswith("use at most 500 entries in one list")
    assert said["a file of zeros"] != ""


def test_every_bench_has_a_name() -> None:
    assert set(BENCHES) == {"checkers", "crdt", "experiment", "feed", "matrix", "pipeline", "refusals", "simulate"}


@pytest.mark.stack
@pytest.mark.parametrize("variant", ["ours", "floor"])
@pytest.mark.parametrize("per_s", ["0", "100"])
def test_a_variant_of_the_pipeline_finishes_every_order_and_leaves_the_server_empty(
    server: EmbeddedServer, redis_client, variant: str, per_s: str
) -> None:
    found = child(VARIANT.format(variant), server.url, "30", per_s)
    assert found["orders"] == 30
    assert 0 < found["latency_ms_p50"] <= found["latency_ms_p99"]
    assert found["cpu_us_per_order"] > 0
    assert redis_client.keys("*") == []


@pytest.mark.stack
def test_the_variant_with_a_task_for_each_delivery_finishes_every_order_and_leaves_the_server_empty(
    server: EmbeddedServer, redis_client
) -> None:
    found = child(VARIANT.format("tasks"), server.url, "5")
    assert (found["orders"], found["cpu_us_per_order"] > 0) == (5, True)
    assert redis_client.keys("*") == []
