from tests.workers.support import of_kind, plan_of, simulate
from workers.model.observation import Completed, Invoked
from workers.model.updates import expand

FIELDS = {"name": "test", "title": "A test", "design": "quorum", "duration_s": 30.0, "drain_s": 5.0, "partitions": 2}
INSTANT = [{"source": "client", "latency": {"kind": "constant", "ms": 0}}]
INSTANT.append({"target": "client", "latency": {"kind": "constant", "ms": 0}})


def run(quorum=None, clients=None, latency=None, links=(), **fields):
    """A history; links between coordinators and replicas take 5 ms."""
    network = {"default": {"latency": latency or {"kind": "constant", "ms": 5}}, "links": [*INSTANT, *links]}
    return simulate({**FIELDS, "quorum": quorum or {}, "clients": clients or {}, "network": network, **fields})


def begun(history):
    return [o for o in history if isinstance(o.body, Invoked)]


def test_the_operations_of_a_session_follow_one_another_and_count_from_when_they_were_due():
    history = run(clients={"operations": 90, "operations_per_s": 300, "sessions": 3})
    open_now, waited = {}, 0
    for o in history:
        if isinstance(o.body, Invoked):
            assert o.body.session not in open_now
            open_now[o.body.session] = o.body.op
            assert o.body.intended_us <= o.at_us
            waited += o.body.intended_us < o.at_us
        elif isinstance(o.body, Completed):
            assert open_now.pop(o.body.session) == o.body.op
    assert (len(begun(history)), open_now) == (90, {})
    assert waited > 10


def test_a_session_keeps_to_its_home_region_and_to_the_keys_that_there_are():
    history = run({"keys": 2}, {"operations": 60, "sessions": 4})
    assert {(o.body.session, o.body.target) for o in begun(history)} == {
        *(("s1", "coord-eu"), ("s2", "coord-us"), ("s3", "coord-ap"), ("s4", "coord-eu")),
    }
    assert {o.body.key for o in begun(history)} == {"k1", "k2"}
    assert {o.body.f for o in begun(history)} == {"read", "write"}


def test_a_write_names_what_its_session_had_read_last():
    """A session alone with its key: the last write that it read is in the base, and nothing that it had not read."""
    seen, checked = set(), 0
    for o in run({"keys": 1}, {"operations": 60, "sessions": 1}):
        if isinstance(o.body, Completed) and o.body.f == "read":
            seen = set(expand(o.body.value["seen"]))
        elif isinstance(o.body, Invoked) and o.body.f == "write":
            base = set(expand(o.body.value.get("base", [])))
            assert base <= seen
            if seen:
                assert max(seen, key=lambda update: int(update.rpartition(".")[2])) in base
                checked += 1
    assert checked > 5


def test_nothing_begins_after_the_runs_duration():
    traffic = run(clients={"operations": 500, "operations_per_s": 50}, duration_s=2.0)
    probe = run({"probe": {"writes": 500, "writes_per_s": 50}}, duration_s=2.0)
    assert 60 < len(begun(traffic)) < 140
    assert max(o.body.intended_us for o in begun(traffic)) <= 2_000_000
    assert [o.body.intended_us for o in begun(probe) if o.body.f == "write"] == [n * 20_000 for n in range(1, 101)]


def test_an_operation_that_nobody_answers_ends_unknown():
    history = run(clients={"operations": 10, "timeout_ms": 80}, nodes={"coord-eu": {"instances": 0}}, drain_s=0)
    ended = {(o.body.session in {"s1", "s4"}, o.body.outcome) for o in history if isinstance(o.body, Completed)}
    assert ended == {(True, "info"), (False, "ok")}
    assert {b.error for b in of_kind(history, Completed)} == {"", "no answer within 80 ms"}


def test_a_probe_deals_reads_and_writes_to_regions_independently():
    history = run({"read": 1, "write": 1, "probe": {"writes": 900, "writes_per_s": 500, "read_after_ms": [0, 3]}})
    target = {o.body.op: o.body.target for o in begun(history)}
    pairs = [(target[f"{o.body.key}:write"], target[o.body.op]) for o in begun(history) if o.body.f == "read"]
    counts = {pair: pairs.count(pair) for pair in pairs}
    assert len(pairs) == 1_800
    assert len(counts) == 9
    assert all(150 < count < 250 for count in counts.values())
    assert len({o.body.session for o in begun(history)}) == 2_700
    assert {o.body.intended_us - o.at_us for o in begun(history)} == {0}


def test_writes_that_were_not_acknowledged_are_not_read():
    dead = [{"source": region, "loss": 1.0} for region in ("eu", "us", "ap")]
    probe = {"writes": 5, "read_after_ms": [0]}
    history = run({"probe": probe, "timeout_ms": 50, "hinted_handoff": False}, links=dead)
    assert [(b.f, b.outcome) for b in of_kind(history, Completed)] == [("write", "info")] * 5


def test_at_rate_zero_clients_do_nothing():
    assert begun(run(clients={"operations_per_s": 0})) == []
    assert begun(run({"probe": {"writes_per_s": 0}})) == []
    assert set(plan_of({**FIELDS, "regions": ["eu"]}).nodes) == {"client", "coord-eu", "eu"}
