"""Leaderless quorums under both drivers."""

import pytest

from tests.workers.support import final_values, of_kind, updates_by_replica
from workers.model.observation import Completed, Invoked
from workers.model.updates import expand

REGIONS = ("eu", "us", "ap")
VARIED = {"kind": "uniform", "low_ms": 1, "high_ms": 40}


def quorum(**fields):
    return {
        "name": "test",
        "title": "A test",
        "design": "quorum",
        "duration_s": 10.0,
        "drain_s": 5.0,
        "partitions": 2,
        "clients": {"operations": 60, "operations_per_s": 60, "sessions": 6, "timeout_ms": 4_000},
        "quorum": {"keys": 3, "read_share": 0.5, "timeout_ms": 3_000, "hint_after_ms": 150, **fields},
        "network": {
            "default": {"latency": VARIED, "ordered": False, "duplicate": 0.2},
            "links": [
                {"target": "ap", "topic": "writes", "loss": 0.5},
                {"source": "client", "latency": {"kind": "constant", "ms": 0}, "duplicate": 0.0},
                {"target": "client", "latency": {"kind": "constant", "ms": 0}, "duplicate": 0.0},
            ],
        },
    }


def operations(history):
    return sorted((b.op, b.key, b.f) for b in of_kind(history, Invoked))


@pytest.mark.parametrize("type", ["lww-register", "dvv-set"])
def test_every_operation_is_done_once_no_read_misses_a_write_and_all_replicas_agree_in_the_end(driver, type):
    history = driver.run(quorum(type=type))
    assert len(operations(history)) == 60
    assert {b.outcome for b in of_kind(history, Completed)} == {"ok"}
    known, begun = {}, {}
    for o in history:
        if isinstance(o.body, Invoked) and o.body.f == "read":
            begun[o.body.op] = set(known.get(o.body.key, ()))
        elif isinstance(o.body, Completed) and o.body.f == "write":
            known.setdefault(o.body.key, []).append(o.body.value["update"])
        elif isinstance(o.body, Completed):
            assert begun[o.body.op] <= set(expand(o.body.value["seen"]))
    shown, applied = final_values(history, REGIONS), updates_by_replica(history, REGIONS)
    assert shown["eu"] == shown["us"] == shown["ap"]
    assert all(updates == sorted(set(updates)) for updates in applied.values())
    if type == "lww-register":
        assert applied["eu"] == applied["us"] == applied["ap"] == sorted(u for us in known.values() for u in us)


@pytest.mark.stack
def test_a_seed_is_the_same_workload_in_both_drivers(both):
    simulated, live = (driver.run(quorum()) for driver in both)
    assert operations(simulated) == operations(live)


def test_a_probe_reads_each_fresh_key_after_its_commit_and_in_virtual_time_exactly_then(driver):
    """Live a turn is committed a little after the moment that its timers count from: there t is what was measured."""
    probe = {"writes": 12, "writes_per_s": 40, "read_after_ms": [0, 30]}
    history = driver.run(quorum(probe=probe, read_repair=False))
    ended = {o.body.key: o.at_us for o in history if isinstance(o.body, Completed) and o.body.f == "write"}
    waits_us = {}
    for o in history:
        if isinstance(o.body, Invoked) and o.body.f == "read":
            waits_us.setdefault(o.body.op.rpartition(":")[2], []).append(o.at_us - ended[o.body.key])
    assert {name: len(found) for name, found in waits_us.items()} == {"read0": 12, "read1": 12}
    assert min(waits_us["read0"] + waits_us["read1"]) >= 0
    if driver.name == "simulator":
        assert waits_us == {"read0": [0] * 12, "read1": [30_000] * 12}
