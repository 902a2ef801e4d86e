"""What each type means, by small examples; the laws and the schedules are tested for all of them together."""

import pytest

from workers.crdts.bounded_counter import BoundedCounter, QuotaSpentError
from workers.crdts.canonical import canonical, digest
from workers.crdts.dvv_set import DVVSet
from workers.crdts.g_counter import GCounter
from workers.crdts.lww import StampReusedError
from workers.crdts.lww_register import LWWRegister
from workers.crdts.lww_set import LWWSet
from workers.crdts.mv_register import MVRegister
from workers.crdts.or_map import ORMap
from workers.crdts.or_set import ORSet
from workers.crdts.pn_counter import PNCounter
from workers.crdts.rw_set import RWSet


def made(state, *updates):
    """The state after ``(name, *arguments)`` one after the other."""
    for name, *arguments in updates:
        state, _ = getattr(state, name)(*arguments)
    return state


def test_counters_add_up_what_replicas_did_apart():
    start = made(PNCounter(), ("increment", "r1", 10))
    left, right = made(start, ("increment", "r1", 2)), made(start, ("decrement", "r2", 5))
    assert left.merge(right).value() == 7
    assert made(GCounter(), ("increment", "r1"), ("increment", "r2", 3)).value() == 4


@pytest.mark.parametrize(("by", "error"), [(-1, ValueError), (1.0, TypeError), (True, TypeError)])
def test_a_counter_refuses_what_is_no_amount(by, error):
    with pytest.raises(error, match="amount"):
        GCounter().increment("r1", by)


def test_the_last_writer_wins_by_time_then_node_then_operation():
    register = made(LWWRegister(), ("assign", "r2", "x", 5, "o1"), ("assign", "r1", "y", 5, "o9"))
    assert register.value() == "x"
    assert made(register, ("assign", "r2", "z", 5, "o2")).value() == "z"
    assert made(register, ("assign", "r0", "w", 6, "o0")).value() == "w"
    with pytest.raises(StampReusedError, match=r"operation 'o1'.*'x' and 'other'"):
        register.assign("r2", "other", 5, "o1")


def test_floats_are_refused_and_objects_ordered():
    assert list(canonical({"b": [1, {"d": 1, "c": None}], "a": True})) == ["a", "b"]
    with pytest.raises(TypeError, match=r"0\.5 is a float; a replicated value counts in integers"):
        LWWRegister().assign("r1", {"price": 0.5}, 1, "o1")
    with pytest.raises(TypeError, match="integer"):
        LWWRegister().assign("r1", "x", 1.5, "o1")
    with pytest.raises(TypeError, match="is no JSON value"):
        MVRegister().assign("r1", {1, 2})
    with pytest.raises(TypeError, match="the key 1"):
        MVRegister().assign("r1", {1: 2})


def test_equal_values_have_equal_digests_however_they_were_made():
    assert digest(canonical({"a": 1, "b": 2})) == digest(canonical({"b": 2, "a": 1})) != digest(canonical({"a": 1}))


def test_concurrent_writes_stand_side_by_side_until_one_has_seen_them():
    left, right = made(MVRegister(), ("assign", "r1", "x")), made(MVRegister(), ("assign", "r2", "w"))
    both = left.merge(right)
    assert both.value() == ["w", "x"]
    assert made(both, ("assign", "r1", "y")).merge(right).value() == ["y"]


def test_equal_concurrent_writes_are_shown_once():
    left, right = made(MVRegister(), ("assign", "r1", "x")), made(MVRegister(), ("assign", "r2", "x"))
    assert left.merge(right).value() == ["x"]


@pytest.mark.parametrize(("kind", "shown"), [(ORSet, ["apple"]), (RWSet, [])])
def test_of_a_concurrent_addition_and_removal_the_type_decides(kind, shown):
    start = made(kind(), ("add", "r1", "apple"))
    added, removed = made(start, ("add", "r1", "apple")), made(start, ("remove", "r2", "apple"))
    assert removed.value() == []
    assert added.merge(removed).value() == removed.merge(added).value() == shown


def test_an_addition_after_the_removal_is_in_either_set():
    for kind in (ORSet, RWSet):
        assert made(kind(), ("add", "r1", "a"), ("remove", "r2", "a"), ("add", "r2", "a")).value() == ["a"]


def test_adding_an_element_again_and_again_keeps_one_dot():
    state = made(ORSet(), *[("add", "r1", "a")] * 9)
    assert len(state.entries["a"]) == 1
    assert state.encode() == [[("a", "r1", 9, 1)], [("r1", 9)], [], None]


def test_a_removed_element_leaves_nothing_in_an_or_set_but_its_dots_in_the_vector():
    state = made(ORSet(), ("add", "r1", "a"), ("add", "r1", "b"), ("remove", "r2", "a"), ("clear", "r2"))
    assert state.encode() == [[], [("r1", 2)], [], None]


def test_tombstones_of_a_remove_wins_set_go_when_all_others_have_settled_them():
    start = made(RWSet(), ("add", "r1", "a"))
    removed = made(start, ("remove", "r1", "a"))
    concurrent = made(start, ("add", "r2", "a"))
    assert removed.forget([start.context])[0] == removed, "r2 has not seen the removal"
    ahead = concurrent.merge(removed)
    assert removed.forget([ahead.context])[0] == removed, "r2 had added something that has not come here"
    settled = removed.merge(ahead)
    forgotten, delta = settled.forget([ahead.context])
    assert settled.value() == forgotten.value() == ahead.merge(delta).value() == []
    assert forgotten.entries == {}
    assert forgotten.merge(concurrent).value() == []
    assert made(ahead, ("add", "r2", "a")).merge(forgotten).value() == ["a"]


def test_at_one_time_an_lww_set_prefers_the_addition_whatever_the_node():
    for adder, remover in (("r1", "r2"), ("r2", "r1")):
        added = made(LWWSet(), ("add", adder, "a", 5, "o1"))
        removed = made(LWWSet(), ("remove", remover, "a", 5, "o2"))
        assert added.merge(removed).value() == removed.merge(added).value() == ["a"]
    assert made(added, ("remove", "r1", "a", 6, "o3")).value() == []


def test_an_lww_set_forgets_old_tombstones_only():
    state = made(LWWSet(), ("remove", "r1", "a", 5, "o1"), ("remove", "r1", "b", 9, "o2"), ("add", "r1", "c", 1, "o3"))
    assert state.forget(before=9).encode() == [["b", 9, False, "r1", "o2"], ["c", 1, True, "r1", "o3"]]


def test_removing_a_name_undoes_what_the_remover_saw_and_nothing_else():
    start = made(ORMap(), ("increment", "r1", "apple", 10))
    added, removed = made(start, ("increment", "r1", "apple", 5)), made(start, ("remove", "r2", "apple"))
    assert removed.value() == {}
    assert added.merge(removed).value() == removed.merge(added).value() == {"apple": 5}


def test_a_map_holds_counters_registers_and_sets():
    state = made(
        ORMap(),
        ("increment", "r1", "quantity", 3),
        ("increment", "r1", "quantity", -1),
        ("assign", "r1", "note", {"b": 1, "a": 2}),
        ("write", "r1", "status", "placed", 5, "o1"),
        ("write", "r1", "status", "older", 4, "o2"),
        ("add", "r1", "tags", "x"),
        ("add", "r1", "tags", "y"),
        ("discard", "r1", "tags", "x"),
    )
    assert state.value() == {"note": [{"a": 2, "b": 1}], "quantity": 2, "status": "placed", "tags": ["y"]}
    assert made(state, ("discard", "r1", "tags", "y")).value().keys() == {"note", "quantity", "status"}


def test_a_name_with_two_kinds_shows_both():
    left, right = made(ORMap(), ("increment", "r1", "a", 1)), made(ORMap(), ("add", "r2", "a", "x"))
    both = left.merge(right)
    assert both.value() == {"a#counter": 1, "a#set": ["x"]}
    assert made(both, ("remove", "r1", "a")).value() == {}


def test_a_register_in_a_map_that_was_removed_takes_an_earlier_stamp():
    state = made(
        ORMap(), ("write", "r1", "a", "late", 9, "o1"), ("remove", "r1", "a"), ("write", "r2", "a", "new", 1, "o2")
    )
    assert state.value() == {"a": "new"}


def test_concurrent_writes_of_a_register_in_a_map_at_one_time_are_decided_by_node():
    left = made(ORMap(), ("write", "r1", "a", "x", 5, "o2"))
    right = made(ORMap(), ("write", "r2", "a", "y", 5, "o1"))
    assert left.merge(right).value() == right.merge(left).value() == {"a": "y"}


def test_a_bounded_counter_refuses_what_its_replica_does_not_own():
    start = BoundedCounter.of({"r1": 3, "r2": 1})
    assert start.value() == 4
    with pytest.raises(QuotaSpentError, match="r2 owns 1 of the 4 left and cannot give up 2") as refused:
        start.decrement("r2", 2)
    assert (refused.value.wanted, refused.value.available) == (2, 1)
    given = made(start, ("transfer", "r1", "r2", 2))
    assert (given.quota("r1"), given.quota("r2"), given.value()) == (1, 3, 4)
    assert made(given, ("decrement", "r2", 3)).value() == 1
    with pytest.raises(QuotaSpentError, match="r1 owns 1"):
        given.transfer("r1", "r2", 2)


def test_no_oversell_when_each_side_of_a_partition_sells_all_that_it_may():
    start = BoundedCounter.of({"r1": 3, "r2": 3})
    sides = {"r1": start, "r2": start}
    sold = 0
    for replica in ("r1", "r2"):
        while True:
            try:
                sides[replica], _ = sides[replica].decrement(replica)
            except QuotaSpentError:
                break
            sold += 1
    assert sold == 6
    assert sides["r1"].merge(sides["r2"]).value() == 0


def test_a_write_without_context_makes_a_sibling_and_one_with_context_replaces_what_it_read():
    state = made(DVVSet(), ("put", "s1", {}, "x"), ("put", "s1", {}, "y"))
    siblings, context = state.read()
    assert (siblings, context) == (["x", "y"], {"s1": 2})
    other = made(state, ("put", "s2", {}, "z"))
    assert made(other, ("put", "s1", context, "w")).read() == (["w", "z"], {"s1": 3, "s2": 1})


def test_a_write_replaces_what_its_client_read_elsewhere_even_before_that_comes_here():
    one = made(DVVSet(), ("put", "s1", {}, "x"))
    _, context = one.read()
    two = made(DVVSet(), ("put", "s2", context, "y"))
    assert two.merge(one).value() == one.merge(two).value() == ["y"]


def test_a_resolver_replaces_all_siblings_at_once():
    state = made(DVVSet(), ("put", "s1", {}, [1]), ("put", "s2", {}, [2]))
    resolved, delta = state.resolve("s1", lambda siblings: sorted(number for sibling in siblings for number in sibling))
    assert resolved.value() == state.merge(delta).value() == [[1, 2]]
    assert resolved.resolve("s1", len) == (resolved, DVVSet())
