"""The reconciler round by round, against the real server; instances are only counted here, not run."""

import time

import pytest
import redis

from tests.workers.support import scenario
from workers.runtime import control, reconciler
from workers.runtime.connection import connect
from workers.runtime.keys import RECONCILER, RunKeys
from workers.runtime.reconciler import Reconciler
from workers.runtime.scripts import Scripts, head_keys

pytestmark = pytest.mark.stack
KEYS = RunKeys("r1")
NODES = ["client.1", "email.1", "order.1", "tax.1", "validation.1", "view-1.1", "view-2.1"]


@pytest.fixture
def client(redis_client):
    yield redis_client
    redis_client.flushall()


class Dispatched(list):
    def __call__(self, run, instance):
        self.append((run, instance))


def made(server, dispatch):
    return Reconciler(connect(server.url), dispatch)


def state(client):
    status = control.run_status(client, "r1")
    return status.state, status.reason


def test_what_is_wanted_and_has_no_lease_is_dispatched_once_in_a_while(client, server, monkeypatch):
    monkeypatch.setattr(reconciler, "DISPATCH_MS", 50)
    control.create_run(client, "r1", scenario())
    dispatched = Dispatched()
    acting = made(server, dispatched)
    acting.round()
    acting.round()
    assert dispatched == [("r1", instance) for instance in NODES]
    Scripts(client).acquire(head_keys(KEYS), ["tax.1", 60_000_000, 4])
    time.sleep(0.06)
    acting.round()
    assert dispatched[7:] == [("r1", instance) for instance in NODES if instance != "tax.1"]


def test_one_of_many_acts_and_another_takes_over_when_it_signs_off_or_falls_silent(client, server, monkeypatch):
    monkeypatch.setattr(reconciler, "LOCK_MS", 150)
    control.create_run(client, "r1", scenario())
    first, second, third = (made(server, Dispatched()) for _ in range(3))
    first.round()
    second.round()
    assert (len(first._dispatch), len(second._dispatch)) == (7, 0)
    assert control.workers_alive(client) == 2
    first.sign_off()
    assert control.workers_alive(client) == 1
    client.delete(*client.keys("*dispatch*"))
    second.round()
    assert len(second._dispatch) == 7
    client.delete(*client.keys("*dispatch*"))
    third.round()
    assert third._dispatch == []
    time.sleep(0.2)
    third.round()
    assert len(third._dispatch) == 7


def test_a_reconciler_that_does_not_act_takes_no_lock_away_when_it_signs_off(client, server):
    first, second = made(server, Dispatched()), made(server, Dispatched())
    first.round()
    second.round()
    second.sign_off()
    assert client.get(RECONCILER) == first._name.encode()


def test_a_dispatch_that_fails_is_tried_again_and_ends_nothing(client, server, monkeypatch, caplog):
    monkeypatch.setattr(reconciler, "INTERVAL_S", 0.01)
    monkeypatch.setattr(reconciler, "DISPATCH_MS", 20)
    control.create_run(client, "r1", scenario())
    calls = []

    def dispatch(run, instance):
        calls.append(instance)
        raise OSError("the broker is away")

    running = made(server, dispatch)
    running.start()
    deadline_s = time.monotonic() + 5
    while len(calls) < 10 and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert running.is_alive()
    running.stop()
    running.join(5)
    assert len(calls) >= 10
    assert "reconciler: run r1; trying again" in caplog.text


def test_a_server_that_is_away_for_a_while_is_waited_for(client, server, monkeypatch):
    monkeypatch.setattr(reconciler, "INTERVAL_S", 0.01)
    dispatched = Dispatched()
    running = made(server, dispatched)
    away = [True] * 5
    rounds = running.round

    def sometimes():
        if away:
            away.pop()
            raise redis.ConnectionError("away")
        rounds()

    running.round = sometimes
    control.create_run(client, "r1", scenario())
    running.start()
    deadline_s = time.monotonic() + 5
    while len(dispatched) < 7 and time.monotonic() < deadline_s:
        time.sleep(0.01)
    running.stop()
    running.join(5)
    assert sorted(dispatched) == [("r1", instance) for instance in NODES]


def test_a_run_that_this_version_cannot_play_is_ended_with_the_reason(client, server):
    control.create_run(client, "r1", scenario())
    client.hset(KEYS.meta, "scenario", b'{"name":"r1","title":"T","design":"hope"}')
    control.create_run(client, "r2", scenario())
    dispatched = Dispatched()
    made(server, dispatched).round()
    ended, reason = state(client)
    assert ended == "failed"
    assert reason.startswith("this version cannot run its scenario: ")
    assert "there is no such design" in reason
    assert {run for run, _ in dispatched} == {"r2"}


def test_a_run_ends_when_its_drain_time_is_over(client, server):
    control.create_run(client, "r1", scenario(duration_s=0.05, drain_s=0.05, workload={"orders": 1}))
    acting = made(server, Dispatched())
    acting.round()
    assert state(client) == ("running", "")
    time.sleep(0.12)
    acting.round()
    assert state(client) == ("finished", "the drain time of 0.05 s is over")


def test_a_run_of_which_a_node_never_comes_up_is_failed_after_a_while(client, server, monkeypatch):
    control.create_run(client, "r1", scenario())
    acting = made(server, Dispatched())
    acting.round()
    monkeypatch.setattr(reconciler, "UNMANNED_AFTER_S", 0.05)
    time.sleep(0.1)
    for instance in NODES:
        Scripts(client).acquire(head_keys(KEYS), [instance, 60_000_000, 4])
    acting.round()
    assert state(client) == ("running", "")
    client.hdel(KEYS.leases, "tax.1")
    acting.round()
    assert state(client) == ("running", "")
    time.sleep(0.1)
    acting.round()
    ended, reason = state(client)
    assert ended == "failed"
    assert reason.startswith("no instance of tax has come up for 0 s: the workers have no thread left for it, or ")
    assert reason.endswith("; 1 of them live")


def test_a_run_without_an_end_goes_on(client, server):
    control.create_run(client, "r1", scenario(duration_s=None, workload={"orders": None}))
    client.hset(KEYS.meta, "started_us", 1)
    made(server, Dispatched()).round()
    assert state(client) == ("running", "")


def test_a_run_is_not_over_before_its_shards_have_started(client, server):
    control.create_run(client, "r1", scenario(workload={"orders": 0}))
    acting = made(server, Dispatched())
    shards = [KEYS.shard(node.rpartition(".")[0], p) for node in NODES for p in range(4)]
    for shard in shards[:-1]:
        client.hset(shard, "s", "1")
    acting.round()
    assert state(client) == ("running", "")
    client.hset(shards[-1], "s", "1")
    acting.round()
    assert state(client) == ("finished", "every message was processed")


@pytest.mark.parametrize(
    ("field", "value"),
    [("tn", "1"), ("d:taxed", "x"), ("c:taxed", "1-0"), ("c:taxed", ""), ("e:taxed", "0")],
    ids=["timer", "beyond", "behind", "none", "fewer"],
)
def test_a_run_is_not_over_while_something_is_pending(client, server, field, value):
    control.create_run(client, "r1", scenario(workload={"orders": 0}))
    for node in NODES:
        for p in range(4):
            client.hset(KEYS.shard(node.rpartition(".")[0], p), "s", "1")
    client.xadd(KEYS.topic("taxed", 2), {"m": "x"}, id="2-0")
    for node in ("order", "email", "view-1", "view-2"):
        client.hset(KEYS.shard(node, 2), mapping={"c:taxed": "2-0", "e:taxed": 1})
    before = client.hget(KEYS.shard("view-1", 2), field)
    client.hset(KEYS.shard("view-1", 2), field, value) if value else client.hdel(KEYS.shard("view-1", 2), field)
    acting = made(server, Dispatched())
    acting.round()
    assert state(client) == ("running", "")
    client.hset(KEYS.shard("view-1", 2), field, before) if before else client.hdel(KEYS.shard("view-1", 2), field)
    acting.round()
    assert state(client) == ("finished", "every message was processed")


def test_changes_of_the_scenario_are_applied_when_they_are_due_and_each_once(client, server):
    changes = [{"at_s": 0.0, "node": "tax", "instances": 2}, {"at_s": 9_000.0, "node": "tax", "instances": 4}]
    control.create_run(client, "r1", scenario(duration_s=80_000, changes=changes))
    dispatched = Dispatched()
    acting = made(server, dispatched)
    acting.round()
    assert client.hget(KEYS.desired, "tax") == b"2"
    assert ("r1", "tax.2") in dispatched
    control.scale(client, "r1", "tax", 3)
    acting.round()
    assert client.hget(KEYS.desired, "tax") == b"3"
    acting.sign_off()
    after_a_restart = made(server, dispatched)
    after_a_restart.round()
    assert client.hget(KEYS.desired, "tax") == b"3"
    client.hincrby(KEYS.meta, "started_us", -9_000_000_000)
    after_a_restart.round()
    assert client.hget(KEYS.desired, "tax") == b"4"
