"""Leaderless quorums as a whole: quorums that meet are never stale, and what a replica missed is mended."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workers.support import final_values, of_kind, plan_of, simulate, updates_by_replica
from workers.cluster.scenario_text import ScenarioError, check
from workers.model.observation import Applied, Completed, Delivered, Invoked, Sent
from workers.model.updates import expand

REGIONS = ("eu", "us", "ap")
VARIED = {"kind": "exponential", "mean_ms": 30}
AT_ONCE = {"latency": {"kind": "constant", "ms": 0}, "loss": 0, "duplicate": 0}


def quorum(network=None, links=(), clients=None, regions=REGIONS, **fields):
    """A scenario of few keys and many sessions, whose clients are next to their coordinators."""
    return {
        "name": "test",
        "title": "A test",
        "design": "quorum",
        "duration_s": 20.0,
        "drain_s": 5.0,
        "partitions": 2,
        "regions": list(regions),
        "clients": {"operations": 120, "operations_per_s": 60, "sessions": 6, **(clients or {})},
        "quorum": {"keys": 2, "read_share": 0.5, "timeout_ms": 600, "hint_after_ms": 200, **fields},
        "network": {
            "default": {"latency": VARIED, "ordered": False, **(network or {})},
            "links": [{"source": "client", **AT_ONCE}, {"target": "client", **AT_ONCE}, *links],
        },
    }


def missed(history):
    """Reads answered ok that had not seen a write acknowledged before they began: (read, update)."""
    known, begun, found = {}, {}, []
    for o in history:
        body = o.body
        if isinstance(body, Invoked) and body.f == "read":
            begun[body.op] = set(known.get(body.key, ()))
        elif isinstance(body, Completed) and body.outcome == "ok":
            if body.f == "write":
                known.setdefault(body.key, []).append(body.value["update"])
            else:
                seen = set(expand(body.value["seen"]))
                found += [(body.op, update) for update in sorted(begun[body.op] - seen)]
    return found


def outcomes(history, f):
    return sorted({b.outcome for b in of_kind(history, Completed) if b.f == f})


@st.composite
def intersecting(draw):
    n = draw(st.integers(1, 5))
    write = draw(st.integers(1, n))
    read = draw(st.integers(n - write + 1, n))
    return n, read, write


@pytest.mark.parametrize("type", ["lww-register", "dvv-set"])
@settings(max_examples=12, deadline=None)
@given(
    sizes=intersecting(),
    seed=st.integers(0, 2**32),
    ordered=st.booleans(),
    loss=st.sampled_from([0, 0.15]),
    duplicate=st.sampled_from([0, 0.4]),
    mean_ms=st.sampled_from([1, 30, 300]),
)
def test_a_read_misses_no_acknowledged_write_where_quorums_intersect(
    type, sizes, seed, ordered, loss, duplicate, mean_ms
):
    n, read, write = sizes
    network = {"latency": {"kind": "exponential", "mean_ms": mean_ms}, "ordered": ordered}
    scenario = quorum(
        {**network, "loss": loss, "duplicate": duplicate},
        regions=("eu", "us", "ap", "sa", "af")[:n],
        type=type,
        read=read,
        write=write,
        read_repair=False,
        hinted_handoff=False,
    )
    assert missed(simulate({**scenario, "seed": seed})) == []


@pytest.mark.parametrize("type", ["lww-register", "dvv-set"])
def test_where_they_do_not_intersect_some_reads_are_stale(type):
    assert missed(simulate(quorum(type=type, read=1, write=1, read_repair=False))) != []


@pytest.mark.parametrize("type", ["lww-register", "dvv-set"])
@pytest.mark.parametrize("repair", [True, False])
def test_reads_repair_a_replica_that_no_write_reaches(type, repair):
    cut = {"target": "ap", "topic": "writes", "loss": 1.0}
    history = simulate(quorum(links=[cut], type=type, read_repair=repair, hinted_handoff=False))
    shown = final_values(history, REGIONS)
    assert outcomes(history, "write") == outcomes(history, "read") == ["ok"]
    assert set(shown["eu"]) == {"k1", "k2"}
    assert set(shown["ap"]) == (set(shown["eu"]) if repair else set())


@pytest.mark.parametrize("type", ["lww-register", "dvv-set"])
@pytest.mark.parametrize("hints", [True, False])
def test_hints_bring_a_replica_every_write_that_did_not_reach_it(type, hints):
    cut = {"target": "ap", "topic": "writes", "loss": 1.0}
    history = simulate(quorum(links=[cut], type=type, read_repair=False, hinted_handoff=hints))
    shown, applied = final_values(history, REGIONS), updates_by_replica(history, REGIONS)
    assert applied["eu"] == sorted(set(applied["eu"]))
    if not hints:
        assert applied["ap"] == []
    elif type == "lww-register":
        assert applied["ap"] == applied["eu"]
    assert (shown["ap"] == shown["eu"]) is hints


def test_hints_are_sent_until_a_lossy_link_lets_them_through_and_the_run_ends_by_itself():
    history = simulate(quorum({"loss": 0.3, "duplicate": 0.3}, read_repair=False, read=1, write=1))
    applied = updates_by_replica(history, REGIONS)
    acknowledged = sorted(b.value["update"] for b in of_kind(history, Completed) if b.f == "write" and b.value)
    assert applied["eu"] == applied["us"] == applied["ap"] == acknowledged
    assert history[-1].at_us < 20_000_000


def test_without_a_quorum_in_time_a_read_fails_and_a_write_may_have_happened():
    dead = [{"source": region, "loss": 1.0} for region in ("us", "ap")]
    history = simulate(quorum(links=dead, hinted_handoff=False))
    assert (outcomes(history, "read"), outcomes(history, "write")) == (["fail"], ["info"])
    errors = {b.error for b in of_kind(history, Completed)}
    assert errors == {"1 of 2 responses within 600 ms", "1 of 2 acknowledgements within 600 ms"}
    assert len(of_kind(history, Completed)) == 120


@pytest.mark.parametrize("clock", ["wall", "hlc"])
def test_replicas_that_have_every_write_show_the_same_and_it_is_the_last_by_the_total_order(clock):
    history = simulate(quorum(clock=clock))
    shown, applied = final_values(history, REGIONS), updates_by_replica(history, REGIONS)
    assert applied["eu"] == applied["us"] == applied["ap"]
    assert shown["eu"] == shown["us"] == shown["ap"]


def test_what_a_replica_shows_descends_from_its_write_and_from_what_that_writes_client_had_read():
    history = simulate(quorum())
    bases = {b.op: b.value.get("base", []) for b in of_kind(history, Invoked) if b.f == "write"}
    writes = {b.value["update"]: b for b in of_kind(history, Completed) if b.f == "write"}
    assert {op: base for op, base in bases.items() if base} != {}
    assert all(b.value["after"] == bases[b.op] for b in writes.values())
    for body in of_kind(history, Applied):
        last = next(u for u, b in writes.items() if f"{b.op.rpartition(':')[0]}" == body.value)
        assert set(expand(body.kept)) == {last, *expand(bases[writes[last].op])}


def test_siblings_are_kept_until_a_write_has_seen_them():
    history = simulate(quorum(type="dvv-set", keys=1))
    shown = [b.value for b in of_kind(history, Applied)]
    assert max(len(value) for value in shown) > 1
    assert all(len(value) == len(set(value)) for value in shown)
    assert final_values(history, REGIONS)["eu"] == final_values(history, REGIONS)["ap"]


def test_a_seed_is_one_history_and_another_seed_is_another():
    fields = quorum({"loss": 0.1, "duplicate": 0.2})
    assert simulate(fields) == simulate(fields)
    assert simulate(fields) != simulate({**fields, "seed": 9})


def test_every_topic_is_declared_and_read_and_every_subscription_is_served():
    fields = quorum({"loss": 0.2, "duplicate": 0.3}, read=1, write=1)
    plan, history = plan_of(fields), simulate(fields)
    declared = {(node.id, topic) for node in plan.nodes.values() for topic in node.publishes}
    subscribed = {(node.id, topic) for node in plan.nodes.values() for topic in node.subscribes}
    assert {(o.node, o.body.topic) for o in history if isinstance(o.body, Sent)} == declared
    assert {(o.node, o.body.topic) for o in history if isinstance(o.body, Delivered)} == subscribed
    assert {topic for _, topic in declared} == {topic for _, topic in subscribed}


@pytest.mark.parametrize("name", ["read", "write"])
def test_a_quorum_larger_than_the_number_of_regions_is_refused_where_it_stands(name):
    with pytest.raises(ScenarioError) as caught:
        check(quorum(**{name: 4}), "mine.yaml")
    [problem] = caught.value.problems
    assert (problem.field, problem.value) == (f"quorum.{name}", "4")
    assert problem.remedy == "there are 3 regions, so use at most 3"


def test_without_sizes_a_quorum_is_a_majority():
    node = plan_of(quorum(regions=("eu", "us", "ap", "sa"))).nodes["coord-eu"].service
    assert (node.quorum.read, node.quorum.write) == (3, 3)
