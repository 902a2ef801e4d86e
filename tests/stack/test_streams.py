"""Streams are bounded from both ends: trimmed behind the slowest reader, and refused where nobody reads any more."""

from __future__ import annotations

import pytest

from tests.stack.support import check_every_order_once, orders_of, steady
from tests.workers.live import LiveRun
from tests.workers.support import plan_of, scenario
from workers.model.codec import unpack_turn
from workers.model.history import expand
from workers.runtime import instance, storage
from workers.runtime.keys import RunKeys
from workers.runtime.reconciler import trim

pytestmark = pytest.mark.stack


@pytest.fixture
def client(redis_client):
    """A server that trims to the entry: its approximation is whole nodes, here of one entry."""
    before = redis_client.config_get("stream-node-max-entries")
    redis_client.config_set("stream-node-max-entries", 1)
    yield redis_client
    redis_client.config_set("stream-node-max-entries", before["stream-node-max-entries"])


def left(client, keys, topic="taxed", partition=0):
    return [entry.decode() for entry, _ in client.xrange(keys.topic(topic, partition))]


def test_a_stream_is_cut_behind_its_slowest_reader_and_not_while_one_has_not_begun(client):
    plan, keys = plan_of(scenario(partitions=1)), RunKeys("t")
    for n in range(1, 9):
        client.xadd(keys.topic("taxed", 0), {"m": "x"}, id=f"{n}-0")
    everything = left(client, keys)
    readers = plan.subscribers["taxed"]
    assert readers == ("order", "email", "view-1", "view-2")
    for reader, mark in zip(readers[:-1], ("6-0", "3-0", "7-0"), strict=True):
        client.hset(keys.shard(reader, 0), "c:taxed", mark)
        trim(client, plan, keys)
        assert left(client, keys) == everything
    client.hset(keys.shard("view-2", 0), "c:taxed", "10-0")
    trim(client, plan, keys)
    assert left(client, keys) == [f"{n}-0" for n in range(3, 9)]
    client.hset(keys.shard("email", 0), "c:taxed", "8-0")
    trim(client, plan, keys)
    assert left(client, keys) == ["6-0", "7-0", "8-0"]


def test_marks_are_compared_as_numbers(client):
    plan, keys = plan_of(scenario(partitions=1)), RunKeys("t")
    for n in (9, 10, 11):
        client.xadd(keys.topic("taxed", 0), {"m": "x"}, id=f"{n}-0")
    for reader, mark in zip(plan.subscribers["taxed"], ("9-0", "10-0", "10-0", "11-0"), strict=True):
        client.hset(keys.shard(reader, 0), "c:taxed", mark)
    trim(client, plan, keys)
    assert left(client, keys) == ["9-0", "10-0", "11-0"]


def test_trimming_all_the_time_cuts_nothing_that_is_still_on_its_way(client, server):
    """Delayed messages are read and wait in memory; instances that come and go read them again from the stream."""
    slow = {"target": "view-2", "latency": {"kind": "uniform", "low_ms": 50, "high_ms": 600}, "ordered": False}
    fields = steady(120, 100.0)
    fields["network"] = {**fields["network"], "links": [slow]}
    fields["changes"] = [{"at_s": 0.25 * n, "node": "view-2", "instances": 1 + n % 3} for n in range(1, 8)]
    with LiveRun(server.url, fields) as live:
        lengths = []
        plan, keys = plan_of(fields), RunKeys(live.run)

        def trimmed_and_ended():
            trim(client, plan, keys)
            lengths.append(sum(client.xlen(keys.topic(topic, p)) for topic in plan.subscribers for p in range(4)))
            return live.status.ended_us is not None

        assert live.tick_until(trimmed_and_ended)
        check_every_order_once(live.finish(), orders_of(120, 20))
    assert lengths[-1] < max(lengths) / 2


def quick(monkeypatch):
    """A lease shorter than the patience, as in earnest."""
    monkeypatch.setattr(instance, "BEAT_US", 100_000)
    monkeypatch.setattr(instance, "LEASE_US", 500_000)
    monkeypatch.setattr(instance, "FULL_PATIENCE_S", 1.2)


def test_a_run_whose_stream_is_full_because_nobody_reads_it_fails_by_its_name(client, server, monkeypatch):
    quick(monkeypatch)
    monkeypatch.setattr(storage, "STREAM_ENTRIES_MAX", 20)
    with LiveRun(server.url, steady(100, 100.0, nodes={"tax": {"instances": 0}}, partitions=1)) as live:
        keys = RunKeys(live.run)

        def recorded_and_ended():
            client.xtrim(keys.observations, maxlen=0)  # as the recorder does behind what it has on disk
            trim(client, plan_of(steady(1, 1.0, partitions=1)), keys)
            return live.status.ended_us is not None

        assert live.tick_until(recorded_and_ended)
        topic = keys.topic("validated", 0)
        assert (live.status.state, live.status.reason) == ("failed", f"{topic} is full: nobody reads it any more")
        assert 20 <= client.xlen(topic) < 40


def test_a_run_that_nobody_records_fails_by_the_name_of_its_observations(server, monkeypatch):
    quick(monkeypatch)
    monkeypatch.setattr(storage, "STREAM_ENTRIES_MAX", 30)
    with LiveRun(server.url, steady(100, 100.0)) as live:
        assert live.tick_until(lambda: live.status.ended_us is not None)
        name = RunKeys(live.run).observations
        assert (live.status.state, live.status.reason) == ("failed", f"{name} is full: nobody reads it any more")


def test_a_run_whose_stream_is_full_for_a_moment_goes_on_and_loses_nothing(server, monkeypatch):
    quick(monkeypatch)
    monkeypatch.setattr(storage, "STREAM_ENTRIES_MAX", 60)
    with LiveRun(server.url, steady(60, 100.0)) as live:
        observations, taken = RunKeys(live.run).observations, []
        assert live.tick_until(lambda: live.client.xlen(observations) >= 60)

        def recorded_and_ended():
            if entries := live.client.xrange(observations):
                taken.extend(entries)
                live.client.xdel(observations, *(entry for entry, _ in entries))
            return live.status.ended_us is not None and not entries

        assert live.tick_until(recorded_and_ended)
        assert live.status.state == "finished"
        history = list(expand((int(entry.partition(b"-")[0]), unpack_turn(fields[b"b"])) for entry, fields in taken))
        check_every_order_once(history, orders_of(60, 20))
