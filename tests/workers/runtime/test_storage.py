"""A shard as it is stored: what one instance committed another one loads."""

import threading

import pytest

from tests.workers.live import LiveRun, until
from tests.workers.support import ORDER, message, plan_of, scenario
from workers.cluster.shards import Outcome, Timer
from workers.model.codec import pack, unpack, unpack_message
from workers.model.effects import CancelTimer, Send, SetTimer
from workers.model.node import Step
from workers.runtime import control, instance
from workers.runtime.connection import connect
from workers.runtime.cursor import entry_number
from workers.runtime.instance import Instance
from workers.runtime.keys import RunKeys
from workers.runtime.scripts import Scripts, head_keys
from workers.runtime.storage import TurnLayout, load

pytestmark = pytest.mark.stack
KEYS = RunKeys("r1")


@pytest.fixture
def client(redis_client):
    control.create_run(redis_client, "r1", scenario(partitions=1))
    yield redis_client
    redis_client.flushall()


@pytest.fixture
def plan():
    return plan_of(scenario(partitions=1))


@pytest.fixture
def committed(client, plan):
    """A function that runs steps in one turn of tax, commits them, and returns the shard as loaded afterwards."""
    scripts = Scripts(client)
    epoch = scripts.acquire(head_keys(KEYS), ["tax.1", 60_000_000, 1])[1]

    def commit(*steps, done=()):
        stored = load(client, KEYS, plan, "tax", 0)
        outcome = Outcome()
        for n, step in enumerate(steps):
            stored.shard._perform(step, f"m{n}", "", 1_000, outcome)
        for number in done:
            stored.cursors["validated"].admit(number)
        for number in done[1:]:
            stored.cursors["validated"].done(number)
        if done:
            stored.touched.add("validated")
        names, arguments = TurnLayout(KEYS, "tax", "tax.1", epoch, 60_000_000).arguments([stored], outcome)
        assert scripts.commit(names, arguments)[0] == b"ok"
        return load(client, KEYS, plan, "tax", 0)

    return commit


def test_a_shard_that_never_committed_is_empty_and_not_started(client, plan):
    stored = load(client, KEYS, plan, "tax", 0)
    assert (stored.started, stored.shard.records, stored.shard.timers) == (False, {}, {})
    assert {topic: (c.low, c.high, c.beyond()) for topic, c in stored.cursors.items()} == {"validated": (0, 0, None)}


def test_records_come_back_in_the_order_of_their_birth(committed):
    committed(Step({"b": {"n": 1}, "a": {"n": 2}, "c": {}}))
    committed(Step({"a": {"n": 3}, "d": {}}))
    stored = committed(Step({"c": None}), Step({"e": {"list": [1, None, "x"]}}))
    assert stored.started
    assert list(stored.shard.records.items()) == [
        ("b", {"n": 1}),
        ("a", {"n": 3}),
        ("d", {}),
        ("e", {"list": [1, None, "x"]}),
    ]


def test_timers_come_back_until_they_are_cancelled(client, committed):
    timer = SetTimer("t", 50, "Wake", "o1", {"x": 1})
    stored = committed(Step({}, (timer, SetTimer("u", 1, "Wake", "o1", {}))))
    assert stored.shard.timers == {
        "t": Timer("t", 1_050, "Wake", "o1", {"x": 1}),
        "u": Timer("u", 1_001, "Wake", "o1", {}),
    }
    assert client.hget(KEYS.shard("tax", 0), "tn") == b"2"
    stored = committed(Step({}, (CancelTimer("u"), SetTimer("t", 70, "Wake", "o1", {}))))
    assert stored.shard.timers == {"t": Timer("t", 1_070, "Wake", "o1", {})}
    assert committed(Step({}, (CancelTimer("t"),))).shard.timers == {}
    assert client.hget(KEYS.shard("tax", 0), "tn") == b"0"


def test_what_is_done_beyond_the_mark_comes_back_until_the_mark_passes_it(client, committed):
    first, second, third = (entry_number(f"{n}-0".encode()) for n in (5, 6, 7))
    stored = committed(done=(first, second, third))
    assert (stored.cursors["validated"].low, stored.cursors["validated"].beyond()) == (0, ([second, third], {}))
    assert unpack(client.hget(KEYS.shard("tax", 0), "d:validated")) == [[second, third], {}]


def test_messages_go_to_the_streams_of_their_partition_in_order(client, committed):
    committed(Step({}, (Send("taxed", "T", "o1", {"n": 1}), Send("taxed", "T", "o2", {"n": 2}))))
    sent = [unpack_message(fields[b"m"]) for _, fields in client.xrange(KEYS.topic("taxed", 0))]
    assert [(m.id, m.data) for m in sent] == [("m0/tax.0", {"n": 1}), ("m0/tax.1", {"n": 2})]


def test_an_entry_done_before_the_shard_was_loaded_lifts_the_mark_that_is_stored(client, plan, monkeypatch):
    """Even where nothing else happens that would be committed; without that the run would never come to its end."""
    monkeypatch.setattr(instance, "READ_MAX", 1)
    monkeypatch.setattr(instance, "BEAT_US", 50_000)
    fact = message(
        "OrderValidated", "o1", {"net_cents": 1, "country": "DE", "email": "e"}, source="web", topic="validated"
    )
    topic, shard = KEYS.topic("validated", 0), KEYS.shard("tax", 0)
    for n in (5, 6):
        client.xadd(topic, {"m": pack(fact)}, id=f"{n}-0")
    client.hset(shard, mapping={"s": "1", "c:validated": "0-0", "d:validated": pack([[entry_number(b"6-0")], {}])})
    stopping = threading.Event()
    with connect(control_url(client)) as own:
        thread = threading.Thread(target=Instance(own, "r1", plan, "tax.1", stopping.is_set).run)
        thread.start()
        lifted = until(lambda: client.hget(shard, "c:validated") == b"6-0", 5)
        stopping.set()
        thread.join(5)
    assert lifted
    assert client.hget(shard, "d:validated") is None
    assert client.xlen(KEYS.topic("taxed", 0)) == 1


def control_url(client):
    kwargs = client.get_connection_kwargs()
    return f"redis://:{kwargs['password']}@{kwargs['host']}:{kwargs['port']}/0"


def test_a_shard_that_is_full_forgets_its_oldest_also_where_it_is_stored(server, monkeypatch):
    monkeypatch.setattr("workers.runtime.storage.RECORDS_MAX_PER_SHARD", 3)
    monkeypatch.setattr(instance, "BEAT_US", 50_000)
    fields = scenario(partitions=1, duration_s=None, workload={"orders": None, "orders_per_s": 0, "reads_per_order": 0})
    with LiveRun(server.url, fields) as live:
        keys = RunKeys(live.run)
        for n in range(6):
            control.inject(live.client, live.run, "commands", "PlaceOrder", f"o{n}", ORDER)

        def mailed():
            """However much of the stream was trimmed since."""
            name = keys.topic("mailed", 0)
            return live.client.exists(name) and live.client.xinfo_stream(name)["entries-added"]

        def records():
            return sorted(field for field in live.client.hkeys(keys.shard("view-1", 0)) if field.startswith(b"r:"))

        assert live.tick_until(lambda: mailed() == 6)

        assert live.tick_until(lambda: records() == [b"r:o3", b"r:o4", b"r:o5"], 5)
