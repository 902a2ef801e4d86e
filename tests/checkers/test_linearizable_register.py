"""Registers against permutations: the definition, tried out."""

from __future__ import annotations

import os
from itertools import permutations, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency_viz.checkers.linearizable_register import LinearizableRegister
from consistency_viz.checkers.linearizable_register import key as piece
from consistency_viz.checkers.registry import check
from consistency_viz.checkers.verdict import Result, Verdict
from tests.checkers.chance import Choose, how_many, seeded
from tests.checkers.client_operations import Event, initial, observations, scheduled, schedules
from tests.checkers.histories import header
from workers.model.observation import Observation

LONG = bool(os.environ.get("CHECKERS_LONG"))


def by_permutations(events: list[Event], before: Any = None) -> bool:
    """Whether some order of the operations explains every answer: all that are acknowledged, and any of the others."""
    acts: list[list[Any]] = []  # f, argument, result, begin, end, must happen
    open_acts: dict[int, list[Any]] = {}
    for position, (kind, process, f, value) in enumerate(events):
        if kind == "invoke":
            open_acts[process] = [f, value, None, position, 10**9, False]
            acts.append(open_acts[process])
            continue
        act = open_acts.pop(process)
        if kind == "fail":
            acts.remove(act)
        elif kind == "ok":
            act[2], act[4], act[5] = value, position, True
    acts = [act for act in acts if act[5] or act[0] != "read"]
    must = [act for act in acts if act[5]]
    may = [act for act in acts if not act[5]]
    for chosen in product([False, True], repeat=len(may)):
        happened = must + [act for act, happens in zip(may, chosen, strict=True) if happens]
        if any(explains(order, before) for order in permutations(happened)):
            return True
    return False


def explains(order: Any, value: Any) -> bool:
    for i, (f, argument, result, begin, _, _) in enumerate(order):
        if any(later[4] < begin for later in order[i + 1 :]):
            return False
        if f == "read" and result != value:
            return False
        if f == "write":
            value = argument
        if f == "cas":
            if value != argument[0]:
                return False
            value = argument[1]
    return True


def judged(seen: list[Observation]) -> Result:
    return check([LinearizableRegister(header("a", "b"))], seen)[0]


def failed(events: list[Event]) -> bool:
    return judged(observations(events)).verdict is Verdict.FAILED


VALUES = st.sampled_from([None, 1, 2])
ARGUMENTS = st.one_of(
    st.tuples(st.just("read"), st.none()),
    st.tuples(st.just("write"), st.sampled_from([1, 2, 3])),
    st.tuples(st.just("cas"), st.tuples(VALUES, st.sampled_from([1, 2])).map(list)),
)
PLAIN = st.one_of(
    st.tuples(st.just("read"), st.none()),
    st.tuples(st.just("write"), st.sampled_from([1, 2, 3])),
)


@pytest.mark.parametrize("argument", [ARGUMENTS, PLAIN], ids=["with cas", "without"])
@pytest.mark.parametrize("piece_min", [1, 64])
def test_small_random_histories_are_judged_as_by_permutations(
    argument: Any, piece_min: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(piece, "PIECE_MIN", piece_min)
    tally = {True: 0, False: 0}

    @settings(max_examples=6_000 if LONG else 400, deadline=None, derandomize=not LONG)
    @given(schedules(argument, lambda f: st.sampled_from([None, 1, 2, 3])))
    def agree(events: list[Event]) -> None:
        expected = by_permutations(events)
        tally[expected] += 1
        assert failed(events) is not expected

    agree()
    assert tally[False] * 3 >= sum(tally.values()), "at least a third must be violations"
    assert tally[True] * 6 >= sum(tally.values())


@pytest.mark.parametrize("piece_min", [1, 64])
def test_many_histories_by_seed_are_judged_as_by_permutations(piece_min: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piece, "PIECE_MIN", piece_min)
    acts: list[tuple[str, Any]] = [("read", None), ("read", None), ("write", 1), ("write", 2), ("cas", [1, 2])]
    plain = [*acts[:-1], ("write", 3)]

    def make(choose: Choose) -> list[Event]:
        return scheduled(choose, choose([acts, plain]), [None, 1, 2, 1, 2], choose([4, 5, 6]), choose([2, 3]))

    violating = total = 0
    for events in seeded(make, how_many(5_000)):
        expected = by_permutations(events)
        assert failed(events) is not expected, events
        total += 1
        violating += not expected
    assert total / 3 <= violating <= total * 0.8


def interleavings(first: list[Event], second: list[Event]) -> Any:
    if not first or not second:
        yield first + second
        return
    for rest in interleavings(first[1:], second):
        yield [first[0], *rest]
    for rest in interleavings(first, second[1:]):
        yield [second[0], *rest]


def programs(process: int, acts: tuple[tuple[str, Any], ...]) -> list[Event]:
    events: list[Event] = []
    for f, value in acts:
        events += [("invoke", process, f, None if f == "read" else value), ("ok", process, f, value)]
    return events


def test_every_history_of_four_operations_on_two_processes_is_judged_as_by_permutations() -> None:
    kinds = [("read", None), ("read", 1), ("read", 2), ("write", 1), ("write", 2), ("cas", [1, 2])]
    shapes = [(1, 1), (1, 2), (2, 2)] if LONG else [(1, 1), (1, 2)]
    n = violating = 0
    for here, there in shapes:
        for mine in product(kinds, repeat=here):
            for others in product(kinds, repeat=there):
                for events in interleavings(programs(0, mine), programs(1, others)):
                    expected = by_permutations(events)
                    assert failed(events) is not expected, events
                    n += 1
                    violating += not expected
    assert n > 2_000
    assert violating * 3 > n


W, R, C = "write", "read", "cas"
STALE: list[Event] = [
    ("invoke", 0, W, 1), ("ok", 0, W, 1), ("invoke", 0, W, 2), ("ok", 0, W, 2), ("invoke", 1, R, None), ("ok", 1, R, 1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("events", "verdict"),
    [
        (STALE, Verdict.FAILED),
        ([("invoke", 0, W, 1), ("ok", 0, W, 1)], Verdict.UNKNOWN),
        ([("invoke", 0, R, None), ("ok", 0, R, None)], Verdict.UNKNOWN),
        ([("invoke", 0, R, None), ("ok", 0, R, 5)], Verdict.FAILED),
        ([("invoke", 0, C, [None, 1]), ("ok", 0, C, [None, 1])], Verdict.PASSED),
        ([("invoke", 0, C, [1, 2]), ("ok", 0, C, [1, 2])], Verdict.FAILED),
        # what timed out may take effect between two reads that came long after
        (
            [("invoke", 0, W, 1), ("info", 0, W, 1), ("invoke", 1, R, None), ("ok", 1, R, None),
             ("invoke", 1, R, None), ("ok", 1, R, 1)],
            Verdict.PASSED,
        ),
        # and it takes effect once
        (
            [("invoke", 0, W, 1), ("info", 0, W, 1), ("invoke", 1, R, None), ("ok", 1, R, 1), ("invoke", 1, W, 2),
             ("ok", 1, W, 2), ("invoke", 1, R, None), ("ok", 1, R, 1)],
            Verdict.FAILED,
        ),
        # what failed did not happen
        (
            [("invoke", 0, W, 1), ("fail", 0, W, 1), ("invoke", 1, R, None), ("ok", 1, R, 1)],
            Verdict.FAILED,
        ),
        # two reads that overlap a write see it in the wrong order
        (
            [("invoke", 0, W, 1), ("invoke", 1, R, None), ("ok", 1, R, 1), ("invoke", 1, R, None), ("ok", 1, R, None),
             ("ok", 0, W, 1)],
            Verdict.FAILED,
        ),
    ],
)  # fmt: skip
def test_known_histories(events: list[Event], verdict: Verdict) -> None:
    assert judged(observations(events)).verdict is verdict


def test_the_witness_of_a_stale_read_is_the_read_and_the_two_writes() -> None:
    more: list[Event] = [e for n in range(10, 40) for e in (("invoke", 2, W, n), ("ok", 2, W, n))]
    result = judged(observations([*more, *STALE]))
    (found,) = result.witnesses
    assert found.ids == ["k", "o32", "o30", "o31"]
    assert found.indices == [60, 61, 62, 63, 64, 65]
    assert found.text == (
        "key k: o32 of s1 (640 ms to 650 ms) read 1, but o30 of s0 (600 ms to 610 ms) wrote 1; "
        "o31 of s0 (620 ms to 630 ms) wrote 2: no order of these that keeps to real time explains it"
    )


@given(schedules(ARGUMENTS, lambda f: st.sampled_from([None, 1, 2, 3]), operations_max=7))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_witness_is_impossible_by_itself(events: list[Event]) -> None:
    seen = observations(events)
    result = judged(seen)
    for found in result.witnesses:
        part = [o for o in seen if o.index in found.indices]
        assert judged(part).verdict is Verdict.FAILED


def test_what_is_shown_first_is_what_a_register_holds_before_the_first_write() -> None:
    events: list[Event] = [("invoke", 0, R, None), ("ok", 0, R, 7), ("invoke", 0, W, 1), ("ok", 0, W, 1)]
    assert judged([initial("k", 7), *observations(events, first_index=1)]).verdict is Verdict.PASSED
    assert judged([initial("k", 8), *observations(events, first_index=1)]).verdict is Verdict.FAILED


def test_reads_of_what_is_no_register_say_nothing() -> None:
    events: list[Event] = [("invoke", 0, "add", 1), ("ok", 0, "add", 1), ("invoke", 0, R, None), ("ok", 0, R, [1])]
    assert judged(observations(events)).verdict is Verdict.UNKNOWN


def test_spent_steps_are_unknown() -> None:
    clients = 8
    events: list[Event] = [("invoke", p, W, p % 2) for p in range(clients)]
    events += [("ok", p, W, p % 2) for p in range(clients)]
    events += [("invoke", 0, R, None), ("ok", 0, R, 1)]
    result = check([LinearizableRegister(header(), steps_max=3)], observations(events))[0]
    assert (result.verdict, result.metrics["keys_unknown"]) == (Verdict.UNKNOWN, 1)
    assert judged(observations(events)).verdict is Verdict.PASSED


def test_thousands_of_open_operations_spend_the_budget_and_not_the_memory() -> None:
    clients = 3_000
    events: list[Event] = [("invoke", p, W, p % 5) for p in range(clients)]
    events += [("invoke", clients, R, None), ("ok", clients, R, 3)]
    events += [("ok", p, W, p % 5) for p in range(clients)]
    events += [("invoke", clients, R, None), ("ok", clients, R, 9)]
    assert judged(observations(events)).verdict is Verdict.UNKNOWN


def test_a_cas_without_a_pair_is_not_judged() -> None:
    result = judged(observations([("invoke", 0, C, 1), ("ok", 0, C, 1)]))
    assert result.verdict is Verdict.UNKNOWN
    assert "o0 is no list [old, new]" in result.reason


def test_memory_is_bounded_by_what_is_between_two_quiet_moments() -> None:
    checker = LinearizableRegister(header())
    events: list[Event] = [e for n in range(5_000) for e in (("invoke", 0, W, n), ("ok", 0, W, n))]
    for observation in observations(events):
        checker.observe(observation)
        assert checker._kept <= piece.PIECE_MIN


def test_a_register_of_siblings_is_not_judged() -> None:
    events: list[Event] = [("invoke", 0, W, 1), ("ok", 0, W, 1), ("invoke", 0, R, None), ("ok", 0, R, [1])]
    assert judged(observations(events)).verdict is Verdict.UNKNOWN
    listed: list[Event] = [("invoke", 0, W, [1]), ("ok", 0, W, [1]), ("invoke", 0, R, None), ("ok", 0, R, [2])]
    assert judged(observations(listed)).verdict is Verdict.FAILED
