"""Each broken variant fails the test that the right type beside it passes."""

import pytest

from workers.crdts.broken.accumulating_map import AccumulatingMap
from workers.crdts.broken.false_dominance import FalseDominance
from workers.crdts.broken.lost_delta import CompactedORSet
from workers.crdts.broken.lww_by_arrival import LWWByArrival
from workers.crdts.broken.sibling_explosion import SiblingExplosion
from workers.crdts.broken.union_cart import UnionCart
from workers.crdts.broken.xor_digest import NOTHING, with_update
from workers.crdts.canonical import digest
from workers.crdts.dvv_set import DVVSet
from workers.crdts.lww_register import LWWRegister
from workers.crdts.or_map import ORMap
from workers.crdts.or_set import ORSet


def ties_are_decided_alike_everywhere(register):
    x, _ = register().assign("r1", "x", 5, "o1")
    y, _ = register().assign("r2", "y", 5, "o2")
    return x.merge(y) == y.merge(x)


def two_writers_of_one_server_become_siblings(versions):
    _, context = versions().read()
    state, _ = versions().put("s1", context, "x")
    state, _ = state.put("s1", context, "y")
    return state.value() == ["x", "y"]


def siblings_stay_as_many_as_clients(versions):
    state = versions()
    contexts = {"alice": {}, "bob": {}}
    for turn in range(20):
        client = ("alice", "bob")[turn % 2]
        state, _ = state.put("s1", contexts[client], f"v{turn}")
        _, contexts[client] = state.read()
    return state.sibling_count() <= 2


def a_lost_delta_deletes_nothing(kind):
    state, _lost = kind().add("r1", "apple")
    state, second = state.add("r1", "pear")
    receiver = kind().merge(second)
    return receiver.merge(state).value() == state.merge(receiver).value() == ["apple", "pear"]


def what_was_deleted_stays_deleted(cart):
    here, _ = cart().add("r1", "apple")
    there = here
    here, _ = here.remove("r1", "apple")
    return here.merge(there).value() == []


def a_removal_undoes_all_that_it_saw(kind):
    start, _ = kind().increment("r1", "apple", 10)
    added, _ = start.increment("r1", "apple", 5)
    removed, _ = start.remove("r2", "apple")
    return added.merge(removed).value() == {"apple": 5}


@pytest.mark.parametrize(
    ("promise", "right", "broken"),
    [
        (ties_are_decided_alike_everywhere, LWWRegister, LWWByArrival),
        (two_writers_of_one_server_become_siblings, DVVSet, FalseDominance),
        (siblings_stay_as_many_as_clients, DVVSet, SiblingExplosion),
        (a_lost_delta_deletes_nothing, ORSet, CompactedORSet),
        (what_was_deleted_stays_deleted, ORSet, UnionCart),
        (a_removal_undoes_all_that_it_saw, ORMap, AccumulatingMap),
    ],
)
def test_the_right_type_keeps_a_promise_that_the_broken_one_breaks(promise, right, broken):
    assert promise(right)
    assert not promise(broken)


def test_a_digest_by_xor_takes_a_duplicate_for_nothing():
    twice = with_update(with_update(NOTHING, "apple"), "apple")
    assert twice == NOTHING
    state, delta = ORSet().add("r1", "apple")
    assert digest(state.merge(delta).value()) != digest(ORSet().value())


def test_a_tie_by_arrival_diverges_for_ever():
    x, _ = LWWByArrival().assign("r1", "x", 5, "o1")
    y, _ = LWWByArrival().assign("r2", "y", 5, "o2")
    left, right = x.merge(y), y.merge(x)
    for _ in range(3):
        left, right = left.merge(right), right.merge(left)
    assert (left.value(), right.value()) == ("x", "y")


@pytest.mark.parametrize("kind", [LWWByArrival, FalseDominance, SiblingExplosion, CompactedORSet, UnionCart])
def test_a_broken_state_travels_like_a_right_one(kind):
    state = kind()
    updates = {
        LWWByArrival: ("assign", "r1", "x", 1, "o1"),
        FalseDominance: ("put", "s1", {}, "x"),
        SiblingExplosion: ("put", "s1", {}, "x"),
    }
    name, *arguments = updates.get(kind, ("add", "r1", "apple"))
    state, delta = getattr(state, name)(*arguments)
    assert kind.decode(state.encode()) == kind.from_bytes(state.to_bytes()) == state
    assert kind().leq(state)
    assert delta.leq(state)


def test_rounded_up_deltas_do_no_harm_while_all_arrive_in_order():
    source, elsewhere = CompactedORSet(), CompactedORSet()
    for name, *arguments in (("add", "apple"), ("add", "pear"), ("remove", "apple"), ("add", "plum")):
        source, delta = getattr(source, name)("r1", *arguments)
        elsewhere = elsewhere.merge(delta)
    assert elsewhere.value() == source.value() == ["pear", "plum"]
    assert elsewhere.merge(source) == source.merge(elsewhere) == source
