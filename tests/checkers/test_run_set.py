"""Sets of updates as runs: against plain sets of ids."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from consistency_viz.checkers.pasts import Pasts
from consistency_viz.checkers.run_set import RunSet
from workers.model.updates import expand, runs

IDS = [f"k@{origin}.{number}" for origin in ("eu", "us") for number in (1, 2, 3, 4, 5, 9, 10)] + [
    "k:placed",
    "u1",
    "k@eu",
]
sets = st.sets(st.sampled_from(IDS))


@given(sets, sets)
@settings(max_examples=300, deadline=None)
def test_it_is_the_set_that_the_list_stands_for(a: set[str], b: set[str]) -> None:
    first, second = RunSet(runs(a)), RunSet(runs(b))
    assert set(first) == a == set(expand(runs(a)))
    assert (len(first), bool(first)) == (len(a), bool(a))
    assert set(first.minus(second)) == a - b
    assert set(first.union(second)) == a | b
    assert first.issuperset(second) == (a >= b)
    assert (first == second, first.content() == second.content()) == (a == b, a == b)
    assert [update in first for update in IDS] == [update in a for update in IDS]
    assert not a or first.newest() in a


@given(st.lists(st.sampled_from(IDS)))
@settings(max_examples=200, deadline=None)
def test_ids_are_added_in_any_order(ids: list[str]) -> None:
    found = RunSet()
    for update in ids:
        found.add(update)
    assert found == RunSet(runs(ids))


def test_overlapping_runs_are_one_and_what_is_no_run_is_an_id() -> None:
    assert RunSet(["k@eu.3-7", "k@eu.1-4", "k@eu.8"]).runs == {"k@eu.": ((1, 8),)}
    assert RunSet(["k@eu.7-3"]).plain == {"k@eu.7-3"}


def test_the_initial_value_is_no_update() -> None:
    found = RunSet(["k@initial"])
    found.add("k@initial")
    assert not found


def test_a_million_updates_are_compared_in_a_few_steps() -> None:
    long = RunSet(["k@eu.1-1000000"])
    assert long.issuperset(RunSet(["k@eu.5-999999"]))
    assert len(long) == 1_000_000
    assert set(long.minus(RunSet(["k@eu.1-999999"]))) == {"k@eu.1000000"}


def test_a_past_is_closed_however_long_the_chain() -> None:
    pasts = Pasts()
    for number in range(1500, 1, -1):
        pasts.learn("k", f"u{number}", [f"u{number - 1}"])
    assert len(pasts.past("k", "u1500")) == 1499
    assert set(pasts.close("k", RunSet(["u3"]))) == {"u1", "u2", "u3"}


def test_a_cycle_of_pasts_ends() -> None:
    pasts = Pasts()
    pasts.learn("k", "a", ["b"])
    pasts.learn("k", "b", ["a"])
    assert set(pasts.past("k", "a")) == {"a", "b"}


PARENTS = st.dictionaries(st.sampled_from(IDS), st.sets(st.sampled_from(IDS), max_size=3), max_size=len(IDS))


@given(PARENTS, sets, st.permutations(IDS))
@settings(max_examples=300)
def test_pasts_are_closed_whatever_cycles_a_history_lists_and_whoever_is_asked_for_first(
    parents: dict[str, set[str]], some: set[str], order: list[str]
) -> None:
    pasts = Pasts()
    for update, direct in parents.items():
        pasts.learn("k", update, runs(direct))

    def reachable(updates: set[str]) -> set[str]:
        found: set[str] = set()
        todo = set(updates)
        while todo:
            found |= todo
            todo = {parent for update in todo for parent in parents.get(update, ())} - found
        return found

    for update in order:
        assert set(pasts.past("k", update)) == reachable(parents.get(update, set()))
    assert set(pasts.close("k", RunSet(runs(some)))) == reachable(some)
