"""The server-side transactions one by one, against the real server."""

import time

import pytest

from tests.workers.support import ORDER, scenario
from workers.cluster.plan import owners
from workers.model.codec import pack, unpack_turn
from workers.model.observation import Changed, Turn
from workers.runtime import control
from workers.runtime.control import RunRefusedError
from workers.runtime.keys import RUNS, RunKeys
from workers.runtime.scripts import Scripts, head_keys

pytestmark = pytest.mark.stack
RUN = "r1"
KEYS = RunKeys(RUN)
HEAD = head_keys(KEYS)
LEASE_US = 60_000_000
PARTITIONS = 4


@pytest.fixture
def client(redis_client):
    control.create_run(redis_client, RUN, scenario(nodes={"tax": {"instances": 3}}))
    yield redis_client
    redis_client.flushall()


@pytest.fixture
def scripts(client):
    return Scripts(client)


def acquire(scripts, instance, lease_us=LEASE_US):
    reply = scripts.acquire(HEAD, [instance, lease_us, PARTITIONS])
    assert reply[0] == b"ok"
    return reply[1]


def beat(scripts, instance, epoch, lease_us=LEASE_US):
    return scripts.beat(HEAD, [instance, epoch, lease_us, PARTITIONS])


def commit(scripts, instance, epoch, *, partitions=(0,), messages=(), fields=(), deleted=(), limit=100, bodies=()):
    """A commit as ``storage`` lays it out, of one stream at most; fields and deletions are the first shard's."""
    node = instance.rpartition(".")[0]
    rows = [
        [f"{node}/{p}", len(fields) if n == 0 else 0, len(deleted) if n == 0 else 0] for n, p in enumerate(partitions)
    ]
    head = pack([instance, epoch, LEASE_US, limit, rows, [len(messages)] if messages else []])
    keys = [*HEAD, *(KEYS.shard(node, p) for p in partitions)]
    keys += [KEYS.topic("taxed", 0)] if messages else []
    turn = pack(Turn(node, instance, epoch, list(bodies))) if bodies else b""
    return scripts.commit(keys, [head, *fields, *deleted, *messages, turn])


def changes(client):
    turns = [unpack_turn(fields[b"b"]) for _, fields in client.xrange(KEYS.observations)]
    return [(turn.epoch, body) for turn in turns for body in turn.bodies]


def owned(client, node="tax"):
    found = client.hgetall(KEYS.owners)
    return tuple(
        found[f"{node}/{p}".encode()].decode().split()[0] for p in range(PARTITIONS) if f"{node}/{p}".encode() in found
    )


def test_a_lease_is_given_to_one_and_each_time_under_a_higher_epoch(client, scripts):
    first = acquire(scripts, "tax.1")
    assert scripts.acquire(HEAD, ["tax.1", LEASE_US, PARTITIONS]) == [b"held"]
    assert scripts.release(HEAD, ["tax.1", first, "done", PARTITIONS]) == [b"ok"]
    second = acquire(scripts, "tax.1")
    assert second > first
    assert changes(client) == [
        (first, Changed("tax.1", "up", first)),
        (first, Changed("tax.1", "down", first, "done")),
        (second, Changed("tax.1", "up", second)),
    ]


def test_a_lease_that_ran_out_is_noted_as_lost_by_whoever_takes_it_over(client, scripts):
    first = acquire(scripts, "tax.1", lease_us=0)
    second = acquire(scripts, "tax.1")
    assert changes(client)[1:] == [
        (first, Changed("tax.1", "lost", first, "its lease ran out")),
        (second, Changed("tax.1", "up", second)),
    ]


def test_nobody_becomes_an_instance_that_is_not_wanted(scripts):
    assert scripts.acquire(HEAD, ["tax.4", LEASE_US, PARTITIONS]) == [b"unwanted"]
    assert scripts.acquire(HEAD, ["order.2", LEASE_US, PARTITIONS]) == [b"unwanted"]


def test_partitions_are_dealt_out_as_the_simulator_deals_them(client, scripts):
    live = []
    for instance in ("tax.2", "tax.1", "tax.3"):
        acquire(scripts, instance)
        live.append(instance)
        assert owned(client) == owners(PARTITIONS, tuple(live))
    scripts.release(HEAD, ["tax.1", 2, "done", PARTITIONS])
    assert owned(client) == owners(PARTITIONS, ("tax.2", "tax.3"))


def test_the_sweep_takes_leases_that_ran_out_and_deals_their_partitions_to_the_living(client, scripts):
    dead, alive = acquire(scripts, "tax.1", lease_us=100_000), acquire(scripts, "tax.2")
    assert owned(client) == ("tax.1", "tax.2", "tax.1", "tax.2")
    time.sleep(0.11)
    assert scripts.sweep(HEAD, [PARTITIONS]) == 1
    assert owned(client) == ("tax.2",) * 4
    assert client.hkeys(KEYS.leases) == [b"tax.2"]
    assert changes(client)[-1] == (dead, Changed("tax.1", "lost", dead, "its lease ran out"))
    assert scripts.sweep(HEAD, [PARTITIONS]) == 0
    assert beat(scripts, "tax.2", alive)[0] == b"ok"


def test_who_beats_after_its_lease_ran_out_and_before_the_sweep_is_dealt_partitions_again(client, scripts):
    late = acquire(scripts, "tax.1", lease_us=0)
    acquire(scripts, "tax.2")
    assert owned(client) == ("tax.2",) * 4
    assert beat(scripts, "tax.1", late)[0] == b"ok"
    assert owned(client) == owners(PARTITIONS, ("tax.1", "tax.2"))


def test_a_commit_is_refused_for_an_old_epoch_and_that_is_noted(client, scripts):
    old = acquire(scripts, "tax.1", lease_us=0)
    new = acquire(scripts, "tax.1")
    assert commit(scripts, "tax.1", old, fields=(b"r:o1", b"x"), messages=(b"m",)) == [b"fenced"]
    assert client.exists(KEYS.shard("tax", 0), KEYS.topic("taxed", 0)) == 0
    assert changes(client)[-1] == (old, Changed("tax.1", "fenced", old, "its commit was refused"))
    assert commit(scripts, "tax.1", new, fields=(b"r:o1", b"x"))[0] == b"ok"
    assert beat(scripts, "tax.1", old) == [b"fenced"]


def test_a_commit_is_refused_for_a_shard_of_another_and_nothing_of_it_happens(client, scripts):
    epoch = acquire(scripts, "tax.1")
    acquire(scripts, "tax.2")
    assert owned(client) == ("tax.1", "tax.2", "tax.1", "tax.2")
    refused = commit(scripts, "tax.1", epoch, partitions=(0, 1), fields=(b"r:o1", b"x"), messages=(b"m",))
    assert refused == [b"moved"]
    assert client.exists(KEYS.shard("tax", 0), KEYS.topic("taxed", 0)) == 0
    assert commit(scripts, "tax.1", epoch, partitions=(0, 2), fields=(b"r:o1", b"x"))[0] == b"ok"


def test_a_commit_happens_whole_at_one_time(client, scripts):
    epoch = acquire(scripts, "tax.1")
    commit(scripts, "tax.1", epoch, fields=(b"r:o1", b"x", b"r:o2", b"y"))
    note = Changed("tax.1", "up", epoch)
    reply = commit(
        scripts, "tax.1", epoch, fields=(b"r:o3", b"z"), deleted=(b"r:o1",), messages=(b"m1", b"m2"), bodies=(note,)
    )
    assert reply[0] == b"ok"
    assert client.hgetall(KEYS.shard("tax", 0)) == {b"r:o2": b"y", b"r:o3": b"z"}
    sent = client.xrange(KEYS.topic("taxed", 0))
    assert sent == [(reply[2] + b"-0", {b"m": b"m1"}), (reply[2] + b"-1", {b"m": b"m2"})]
    entry, fields = client.xrevrange(KEYS.observations, count=1)[0]
    assert (entry, unpack_turn(fields[b"b"])) == (reply[2] + b"-0", Turn("tax", "tax.1", epoch, [note]))


def test_a_commit_of_thousands_of_fields_happens_whole(client, scripts):
    epoch = acquire(scripts, "tax.1")
    fields = [part for n in range(3_001) for part in (f"r:{n}".encode(), b"x")]
    assert commit(scripts, "tax.1", epoch, fields=fields)[0] == b"ok"
    assert client.hlen(KEYS.shard("tax", 0)) == 3_001
    assert commit(scripts, "tax.1", epoch, deleted=fields[::2])[0] == b"ok"
    assert client.hlen(KEYS.shard("tax", 0)) == 0


def test_no_two_commits_share_a_time_and_time_never_turns_back(client, scripts):
    epoch = acquire(scripts, "tax.1")
    ahead_us = control.server_time_us(client) + 10**9
    client.set(KEYS.clock, ahead_us)
    assert [int(commit(scripts, "tax.1", epoch)[2]) for _ in range(3)] == [ahead_us + 1, ahead_us + 2, ahead_us + 3]


def test_a_commit_to_a_full_stream_is_refused_by_its_name_and_keeps_the_lease(client, scripts):
    epoch = acquire(scripts, "tax.1", lease_us=50_000)
    time.sleep(0.06)
    client.xadd(KEYS.topic("taxed", 0), {"m": "x"}, id="1-1")
    assert commit(scripts, "tax.1", epoch, messages=(b"m",), fields=(b"r:o1", b"x"), limit=1) == [
        b"full",
        KEYS.topic("taxed", 0).encode(),
    ]
    assert client.exists(KEYS.shard("tax", 0)) == 0
    assert scripts.sweep(HEAD, [PARTITIONS]) == 0
    assert commit(scripts, "tax.1", epoch, limit=1) == [b"full", KEYS.observations.encode()]


def test_scaling_down_takes_shards_away_at_once_and_says_so_at_the_next_beat(client, scripts):
    first, second = acquire(scripts, "tax.1"), acquire(scripts, "tax.2")
    control.scale(client, RUN, "tax", 1)
    assert owned(client) == ("tax.1",) * 4
    assert commit(scripts, "tax.2", second, partitions=(1,)) == [b"moved"]
    assert beat(scripts, "tax.2", second) == [b"unwanted"]
    assert beat(scripts, "tax.1", first)[0] == b"ok"


@pytest.mark.parametrize(
    ("node", "count", "complaint"),
    [
        ("till", 1, "there is no node 'till'; this run has client, order, validation, tax, email, view-1, view-2"),
        ("tax", 5, "5 instances of tax: this run has 4 partitions, so 0 to 4"),
        ("tax", -1, "-1 instances of tax: this run has 4 partitions, so 0 to 4"),
    ],
)
def test_what_cannot_be_scaled_is_refused(client, node, count, complaint):
    with pytest.raises(RunRefusedError) as caught:
        control.scale(client, RUN, node, count)
    assert str(caught.value) == complaint


def test_a_change_of_the_scenario_is_applied_once_however_often_it_is_asked_for(client, scripts):
    assert scripts.scale(HEAD, ["tax", 1, PARTITIONS, 1]) == [b"ok"]
    control.scale(client, RUN, "tax", 4)
    assert scripts.scale(HEAD, ["tax", 1, PARTITIONS, 1]) == [b"ok"]
    assert client.hget(KEYS.desired, "tax") == b"4"
    assert scripts.scale(HEAD, ["tax", 2, PARTITIONS, 2]) == [b"ok"]
    assert client.hget(KEYS.desired, "tax") == b"2"


def test_after_its_end_a_run_accepts_nothing(client, scripts):
    epoch = acquire(scripts, "tax.1")
    assert control.end_run(client, RUN, "stopped", "enough")
    assert commit(scripts, "tax.1", epoch, fields=(b"r:o1", b"x")) == [b"ended", b"stopped"]
    assert beat(scripts, "tax.1", epoch) == [b"ended", b"stopped"]
    assert scripts.acquire(HEAD, ["tax.2", LEASE_US, PARTITIONS]) == [b"ended", b"stopped"]
    assert scripts.release(HEAD, ["tax.1", epoch, "late", PARTITIONS]) == [b"fenced"]
    assert not control.end_run(client, RUN, "failed", "again")
    status = control.run_status(client, RUN)
    assert (status.state, status.reason) == ("stopped", "enough")
    assert changes(client)[-1] == (epoch, Changed("tax.1", "down", epoch, "the run ended"))
    assert client.exists(KEYS.leases, KEYS.owners) == 0
    assert client.exists(KEYS.shard("tax", 0)) == 0


def test_a_run_without_keys_accepts_nothing_and_leaves_nothing(client, scripts):
    epoch = acquire(scripts, "tax.1")
    control.delete_run(client, RUN)
    assert commit(scripts, "tax.1", epoch, fields=(b"r:o1", b"x"), messages=(b"m",)) == [b"ended", b"gone"]
    assert beat(scripts, "tax.1", epoch) == [b"ended", b"gone"]
    assert scripts.release(HEAD, ["tax.1", epoch, "late", PARTITIONS]) == [b"ended", b"gone"]
    assert scripts.sweep(HEAD, [PARTITIONS]) == 0
    assert scripts.inject([*HEAD, KEYS.topic("by-hand", 0)], [b"m", 10]) == [b"ended", b"gone"]
    assert client.keys("*") == []


def test_who_is_alive_and_owns_what_is_told(client, scripts):
    acquire(scripts, "tax.2")
    acquire(scripts, "tax.1", lease_us=0)
    tax = {i.id: i for i in control.run_status(client, RUN).instances if i.node == "tax"}
    assert {name: (i.alive, i.partitions) for name, i in tax.items()} == {
        "tax.1": (False, []),
        "tax.2": (True, [0, 1, 2, 3]),
        "tax.3": (False, []),
    }
    assert (tax["tax.1"].epoch, tax["tax.2"].epoch, tax["tax.3"].age_ms) == (2, 1, -1)


def test_a_bad_scenario_leaves_nothing_half_created(redis_client):
    with pytest.raises(ValueError, match=r"nodes\.till"):
        control.create_run(redis_client, "bad", scenario(nodes={"till": {}}))
    assert redis_client.keys("*") == []


def test_a_run_is_known_until_it_is_deleted(client):
    assert control.active_runs(client) == [RUN]
    control.stop_run(client, RUN)
    assert control.active_runs(client) == [RUN]
    control.delete_run(client, RUN)
    assert (control.active_runs(client), control.run_status(client, RUN), control.plan_of(client, RUN)) == (
        [],
        None,
        None,
    )
    assert client.exists(RUNS) == 0


def test_what_a_full_stream_cannot_take_from_outside_is_refused_with_a_remedy(client, monkeypatch):
    monkeypatch.setattr(control, "STREAM_ENTRIES_MAX", 1)
    control.inject(client, RUN, "by-hand", "PlaceByHand", "ada", ORDER)
    with pytest.raises(RunRefusedError) as caught:
        control.inject(client, RUN, "by-hand", "PlaceByHand", "ada", ORDER)
    assert str(caught.value).startswith("run r1 cannot keep up: cv:{r1}:topic:by-hand:")
    assert str(caught.value).endswith(" is full; stop the run or add instances")


def test_deleting_one_run_leaves_others_alone(client):
    control.create_run(client, "r10", scenario())
    control.create_run(client, "[r1]", scenario())
    control.delete_run(client, RUN)
    assert control.active_runs(client) == ["[r1]", "r10"]
    control.delete_run(client, "[r1]")
    assert client.keys("cv:{[[]*") == []
    assert control.run_status(client, "r10").state == "running"
