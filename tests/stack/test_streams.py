"""Streams are bounded from both ends: trimmed behind the slowest reader, and refused where nobody reads any more."""

from __future__ import annotations

import pytest

from tests.stack.support import check_every_order_once, impatient, orders_of, steady
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
    redis_client.hset(RunKeys("t").meta, "state", "running")
    return redis_client


def mark(client, keys, reader, entry, seen):
    """As a commit leaves it: all up to ``entry`` is done, and that was so many entries."""
    client.hset(keys.shard(reader, 0), mapping={"c:taxed": entry, "e:taxed": seen})


def left(client, keys, topic="taxed", partition=0):
    return [entry.decode() for entry, _ in client.xrange(keys.topic(topic, partition))]


def test_a_stream_is_cut_behind_its_slowest_reader_and_not_while_one_has_not_begun(client):
    plan, keys = plan_of(scenario(partitions=1)), RunKeys("t")
    for n in range(1, 9):
        client.xadd(keys.topic("taxed", 0), {"m": "x"}, id=f"{n}-0")
    everything = left(client, keys)
    readers = plan.subscribers["taxed"]
    assert readers == ("order", "email", "view-1", "view-2")
    for reader, seen in zip(readers[:-1], (6, 3, 7), strict=True):
        mark(client, keys, reader, f"{seen}-0", seen)
        assert trim(client, plan, keys) == ""
        assert left(client, keys) == everything
    mark(client, keys, "view-2", "8-0", 8)
    assert trim(client, plan, keys) == ""
    assert left(client, keys) == [f"{n}-0" for n in range(3, 9)]
    mark(client, keys, "email", "8-0", 8)
    assert trim(client, plan, keys) == ""
    assert left(client, keys) == ["6-0", "7-0", "8-0"]
    assert trim(client, plan, keys) == ""


def test_marks_are_compared_as_numbers(client):
    plan, keys = plan_of(scenario(partitions=1)), RunKeys("t")
    for n in (9, 10, 11):
        client.xadd(keys.topic("taxed", 0), {"m": "x"}, id=f"{n}-0")
    for reader, seen in zip(plan.subscribers["taxed"], (1, 2, 2, 3), strict=True):
        mark(client, keys, reader, f"{8 + seen}-0", seen)
    assert trim(client, plan, keys) == ""
    assert left(client, keys) == ["9-0", "10-0", "11-0"]


LOST = {
    "the oldest": (lambda client, stream: client.xtrim(stream, maxlen=3, approximate=False), "2 messages were"),
    "all": (lambda client, stream: client.xtrim(stream, maxlen=0, approximate=False), "5 messages were"),
    "one in between": (lambda client, stream: client.xdel(stream, "7-0"), "1 message was"),
}


@pytest.mark.parametrize("cut", LOST)
@pytest.mark.parametrize("later", [0, 4])
def test_what_somebody_removes_before_it_was_processed_is_found_also_when_its_reader_has_passed(client, cut, later):
    """``later`` entries come after the cut and are processed: the count still tells."""
    plan, keys = plan_of(scenario(partitions=1)), RunKeys("t")
    stream = keys.topic("taxed", 0)
    for n in range(1, 9):
        client.xadd(stream, {"m": "x"}, id=f"{n}-0")
    for reader in plan.subscribers["taxed"]:
        mark(client, keys, reader, "8-0" if reader != "view-1" else "3-0", 8 if reader != "view-1" else 3)
    assert trim(client, plan, keys) == ""
    assert left(client, keys) == [f"{n}-0" for n in range(3, 9)]
    remove, how_many = LOST[cut]
    remove(client, stream)
    for n in range(9, 9 + later):
        client.xadd(stream, {"m": "x"}, id=f"{n}-0")
    if later:
        pending = [entry for entry in left(client, keys) if int(entry[:-2]) > 3]
        mark(client, keys, "view-1", pending[-1], 3 + len(pending))
        for reader in set(plan.subscribers["taxed"]) - {"view-1"}:
            mark(client, keys, reader, pending[-1], 8 + later)
    assert trim(client, plan, keys) == f"{how_many} removed from {stream} by somebody before view-1 had processed them"


def test_what_was_processed_may_be_removed_by_anybody(client):
    plan, keys = plan_of(scenario(partitions=1)), RunKeys("t")
    stream = keys.topic("taxed", 0)
    for n in range(1, 9):
        client.xadd(stream, {"m": "x"}, id=f"{n}-0")
    for reader in plan.subscribers["taxed"]:
        mark(client, keys, reader, "6-0", 6)
    client.xtrim(stream, minid="7-0", approximate=False)
    assert trim(client, plan, keys) == ""
    client.delete(stream)
    assert trim(client, plan, keys) == (
        f"{stream} was deleted by somebody during the run: what was not read of it is lost"
    )


@pytest.mark.parametrize("remove", ["trim", "delete"])
def test_a_run_whose_pending_messages_are_removed_by_hand_fails_and_says_so(client, server, remove):
    """Nobody reads while it happens, and everybody reads on afterwards: without the count it would end as finished."""
    fields = impatient(60, 60.0, partitions=1, changes=[{"at_s": 1.0, "node": "tax", "instances": 1}])
    with LiveRun(server.url, {**fields, "nodes": {"tax": {"instances": 0}}}) as live:
        stream = RunKeys(live.run).topic("validated", 0)
        assert live.tick_until(lambda: client.xlen(stream) > 10)
        client.delete(stream) if remove == "delete" else client.xtrim(stream, maxlen=5, approximate=False)
        assert live.tick_until(lambda: live.status.ended_us is not None)
        assert live.status.state == "failed"
        assert ("deleted by somebody" if remove == "delete" else f"removed from {stream} by somebody") in (
            live.status.reason
        )


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
