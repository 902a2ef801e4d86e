from hypothesis import given
from hypothesis import strategies as st

from tests.workers.support import after, context, message, observed, sends
from workers.model.updates import expand, runs
from workers.services.quorum.replica import Replica
from workers.services.quorum.versions import VERSIONS

LWW, DVV = VERSIONS["lww-register"], VERSIONS["dvv-set"]


def stored(states, type, reply_topic="acks.eu"):
    """A replica that was sent these states of key k: its record, what it observed, and how many acknowledgements."""
    replica, state, found, acks = Replica(type), {}, [], 0
    for given_state in states:
        store = message("Store", "k", {"op": "o", "state": given_state}, reply_topic=reply_topic)
        step = replica.step(state, store, context())
        state, acks = after(state, step), acks + len(sends(step))
        found += [(body.update, body.value, body.version, body.kept) for body in observed(step)]
    return state.get("k"), found, acks


def test_the_greater_stamp_wins_and_every_write_counts_once():
    early, late = (LWW.put(None, "k", node, time, {}, node).state for node, time in (("b", 10), ("a", 20)))
    record, found, acks = stored([late, early, late], "lww-register")
    assert found == [("k@a.1", "a", 1, ["k@a.1"]), ("k@b.1", "a", 2, ["k@a.1"])]
    assert (record["state"], acks) == (late, 3)
    assert LWW.seen("k", [record]) == ["k@a.1", "k@b.1"]
    assert stored([early, late], "lww-register")[0]["state"] == late


def test_equal_times_are_settled_by_the_coordinators_name_whatever_the_order_of_arrival():
    states = [LWW.put(None, "k", node, 10, {}, node).state for node in ("a", "b", "c")]
    assert LWW.value(stored(states, "lww-register")[0]["state"]) == "c"
    assert LWW.value(stored(states[::-1], "lww-register")[0]["state"]) == "c"


def test_a_past_is_the_write_and_what_its_client_had_read_not_what_the_replica_overwrote():
    first = LWW.put(None, "k", "a", 10, {}, 1).state
    other = LWW.put(None, "k", "b", 11, {}, 2).state
    third = LWW.put(1, "k", "a", 12, LWW.context("k", first), 3).state
    _, found, _ = stored([first, other, third], "lww-register")
    assert found[-1] == ("k@a.2", 3, 3, ["k@a.1-2"])


def test_siblings_live_until_a_write_that_has_read_them():
    left, right = DVV.put(None, "k", "a", 0, {}, "x"), DVV.put(None, "k", "b", 0, {}, "y")
    record, found, _ = stored([left.state, right.state], "dvv-set")
    assert [(update, value) for update, value, _, _ in found] == [("k@a.1", ["x"]), ("k@b.1", ["x", "y"])]
    both = DVV.put(left.own, "k", "a", 0, DVV.context("k", record["state"]), "z")
    assert both.update == "k@a.2"
    record, found, _ = stored([left.state, right.state, both.state, right.state], "dvv-set")
    assert (DVV.value(record["state"]), found[-1]) == (["z"], ("k@a.2", ["z"], 3, ["k@a.1-2", "k@b.1"]))


def test_a_replica_that_was_away_applies_what_lives_and_counts_what_that_replaced_as_seen():
    first = DVV.put(None, "k", "a", 0, {}, "x")
    second = DVV.put(first.own, "k", "a", 0, {"vector": {"a": 1}}, "y")
    third = DVV.put(second.own, "k", "a", 0, {"vector": {"a": 1}}, "z")
    record, found, _ = stored([third.state], "dvv-set")
    assert [update for update, *_ in found] == ["k@a.2", "k@a.3"]
    assert DVV.seen("k", [record]) == ["k@a.1-3"]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.booleans()), max_size=8), st.randoms())
def test_replicas_that_got_the_same_in_whatever_order_and_number_hold_the_same(writes, random):
    for name, versions in VERSIONS.items():
        own, states, read = {}, [], {}
        for node, time, follows in writes:
            written = versions.put(own.get(node), "k", node, time, read if follows else {}, f"{node}{len(states)}")
            own[node] = written.own
            states.append(written.state)
            read = versions.context("k", written.state) if name == "lww-register" else read
        shuffled = states + random.sample(states, len(states))
        random.shuffle(shuffled)
        one, other = stored(states, name)[0], stored(shuffled, name)[0]
        assert (one and one["state"]) == (other and other["state"])
        if one:
            assert versions.seen("k", [one]) == versions.seen("k", [other]) == runs(expand(versions.seen("k", [one])))
            assert set(expand(versions.past("k", one["state"]))) <= set(expand(versions.seen("k", [one])))


def test_a_repair_that_brings_nothing_is_nothing_and_asks_for_no_answer():
    state = LWW.put(None, "k", "a", 1, {}, 1).state
    assert stored([state, state], "lww-register", reply_topic="")[1:] == ([("k@a.1", 1, 1, ["k@a.1"])], 0)
    assert stored([[]], "lww-register") == (None, [], 1)


def test_a_fetch_answers_with_the_record_as_it_is():
    state = LWW.put(None, "k", "a", 1, {}, 1).state
    record, _, _ = stored([state], "lww-register")
    fetch = message("Fetch", "k", {"op": "r"}, reply_topic="responses.eu", reply_key="k")
    [found] = sends(Replica("lww-register").step({"k": record}, fetch, context()))
    assert (found.topic, found.type, found.data) == ("responses.eu", "Fetched", {"op": "r", "record": record})
    [nothing] = sends(Replica("lww-register").step({}, fetch, context()))
    assert nothing.data == {"op": "r", "record": None}
