"""Counters against their definition: every choice of what may have happened."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency_viz.checkers.counter import Counter
from consistency_viz.checkers.registry import check
from consistency_viz.checkers.verdict import Result, Verdict
from tests.checkers.chance import Choose, exhaustive, how_many, seeded
from tests.checkers.client_operations import Event, initial, observations, scheduled, schedules
from tests.checkers.histories import header
from workers.model.observation import Applied, Observation

LONG = bool(os.environ.get("CHECKERS_LONG"))
INC, DEC, R = "increment", "decrement", "read"


def judged(seen: list[Observation]) -> Result:
    return check([Counter(header("a", "b"))], seen)[0]


def by_definition(events: list[Event]) -> bool | None:
    """Whether each read is in its bounds; ``None``: no change, or no read."""
    ops: list[list[Any]] = []  # f, amount or value read, begin, end, outcome
    open_ops: dict[int, list[Any]] = {}
    for position, (kind, process, f, value) in enumerate(events):
        if kind == "invoke":
            open_ops[process] = [f, value, position, 10**9, "info"]
            ops.append(open_ops[process])
        else:
            op = open_ops.pop(process)
            op[3:] = [position, kind]
            if f == "read":
                op[1] = value
    reads = [op for op in ops if op[0] == "read" and op[4] == "ok"]
    changes = [op for op in ops if op[0] != "read"]
    if not changes or not reads:
        return None
    for _, value, begin, end, _ in reads:
        low = high = 0
        for f, amount, begun, ended, outcome in changes:
            signed = -amount if f == DEC else amount
            if outcome == "fail" or begun > end:
                continue
            if outcome == "ok" and ended < begin:
                low, high = low + signed, high + signed
            else:
                low, high = low + min(0, signed), high + max(0, signed)
        if not low <= value <= high:
            return False
    return True


ARGUMENTS = st.one_of(
    st.tuples(st.just("read"), st.none()),
    st.tuples(st.sampled_from([INC, INC, DEC]), st.integers(1, 2)),
)


def test_small_random_histories_are_judged_by_the_bounds_of_each_read() -> None:
    tally: dict[Any, int] = {True: 0, False: 0, None: 0}

    @settings(max_examples=20_000 if LONG else 200, deadline=None, derandomize=not LONG)
    @given(schedules(ARGUMENTS, lambda f: st.sampled_from([-1, 0, 0, 1, 1, 2, 3]), operations_max=7))
    def agree(events: list[Event]) -> None:
        expected = by_definition(events)
        tally[expected] += 1
        verdict = {True: Verdict.PASSED, False: Verdict.FAILED, None: Verdict.UNKNOWN}[expected]
        assert judged(observations(events)).verdict is verdict

    agree()
    assert tally[False] * 3 >= sum(tally.values())
    assert tally[True] * 12 >= sum(tally.values())


def agrees(events: list[Event]) -> bool | None:
    expected = by_definition(events)
    verdict = {True: Verdict.PASSED, False: Verdict.FAILED, None: Verdict.UNKNOWN}[expected]
    assert judged(observations(events)).verdict is verdict, events
    return expected


def test_every_history_of_a_small_scope_is_judged_as_defined() -> None:
    arguments = [(R, None), (INC, 1), (DEC, 1)]
    small = partial(scheduled, arguments=arguments, results=[0, 1], operations=3, processes=2)
    found = [agrees(events) for events in exhaustive(small)]
    assert len(found) > 10_000
    assert found.count(False) * 3 >= len(found) - found.count(None)


def test_many_histories_by_seed_are_judged_as_defined() -> None:
    arguments = [(R, None), (R, None), (INC, 1), (INC, 2), (INC, 2), (DEC, 1), ("add", 1), ("add", -1)]

    def make(choose: Choose) -> list[Event]:
        return scheduled(choose, arguments, [-1, 0, 1, 1, 2, 3], choose([5, 6, 8]), choose([2, 3]))

    found = [agrees(events) for events in seeded(make, how_many())]
    assert found.count(False) * 3 >= len(found)


LAGS: list[Event] = [("invoke", 0, INC, 2), ("ok", 0, INC, 2), ("invoke", 1, R, None), ("ok", 1, R, 0)]


@pytest.mark.parametrize(
    ("events", "verdict"),
    [
        ([], Verdict.UNKNOWN),
        ([("invoke", 0, R, None), ("ok", 0, R, 4)], Verdict.UNKNOWN),
        ([("invoke", 0, INC, 1), ("ok", 0, INC, 1)], Verdict.UNKNOWN),
        (LAGS, Verdict.FAILED),
        # an increment under way counts or not
        ([("invoke", 0, INC, 2), ("invoke", 1, R, None), ("ok", 1, R, 2), ("ok", 0, INC, 2)], Verdict.PASSED),
        # unless it failed, which is known only later
        ([("invoke", 0, INC, 2), ("invoke", 1, R, None), ("ok", 1, R, 2), ("fail", 0, INC, 2)], Verdict.FAILED),
        # what timed out counts or not, for ever
        ([("invoke", 0, INC, 2), ("info", 0, INC, 2), ("invoke", 1, R, None), ("ok", 1, R, 2)], Verdict.PASSED),
        # Jepsen's name, where integers are read
        ([("invoke", 0, "add", 2), ("ok", 0, "add", 2), ("invoke", 1, R, None), ("ok", 1, R, 1)], Verdict.FAILED),
        ([("invoke", 0, "add", 2), ("ok", 0, "add", 2), ("invoke", 1, R, None), ("ok", 1, R, [2])], Verdict.UNKNOWN),
        ([("invoke", 0, INC, "x"), ("ok", 0, INC, "x"), *LAGS[2:]], Verdict.UNKNOWN),
    ],
)
def test_known_histories(events: list[Event], verdict: Verdict) -> None:
    assert judged(observations(events)).verdict is verdict


def test_a_read_that_lags_is_told_with_the_last_change_that_it_missed() -> None:
    (found,) = judged(observations(LAGS)).witnesses
    assert found.text == (
        "o1 of s1 (20 ms to 30 ms) read 0 of key k, where only 2 was possible: o0 had been acknowledged before it began"
    )
    assert (found.indices, found.ids) == ([0, 1, 2, 3], ["k", "o1", "o0"])


def test_every_wrong_read_from_before_the_first_change_counts() -> None:
    wrong: list[Event] = [(kind, 1, R, value) for value in (7, 8, 9) for kind in ("invoke", "ok")]
    result = judged(observations([*wrong, ("invoke", 0, INC, 2), ("ok", 0, INC, 2)]))
    assert (result.metrics["reads_n"], result.metrics["reads_outside"], result.witnesses_skipped) == (3, 3, 2)


def test_a_counter_begins_with_what_is_shown_first() -> None:
    events: list[Event] = [("invoke", 0, DEC, 2), ("ok", 0, DEC, 2), ("invoke", 1, R, None), ("ok", 1, R, 5)]
    assert judged([initial("k", 7), *observations(events, first_index=1)]).verdict is Verdict.PASSED


def applied(index: int, node: str, value: int) -> Observation:
    return Observation(index, 10_000 * index, node, Applied("k", value, f"k@{node}.1"))


def test_the_end_is_exact_where_the_reads_after_the_last_apply_are() -> None:
    late = observations([("invoke", 1, R, None), ("ok", 1, R, 2)], first_index=6)
    result = judged([*observations(LAGS), applied(4, "a", 2), applied(5, "b", 2), *late])
    assert result.verdict is Verdict.FAILED
    metrics = result.metrics
    assert (metrics["final_exact"], metrics["lost_increments"], metrics["final_reads_n"]) == (True, 0, 1)


def test_increments_that_the_end_does_not_show_are_lost() -> None:
    metrics = judged([*observations(LAGS), applied(4, "a", 2), applied(5, "b", 1)]).metrics
    assert (metrics["final_exact"], metrics["lost_increments"], metrics["final_n"]) == (False, 1, 1)


def test_without_an_end_nothing_is_said_of_it() -> None:
    metrics = judged(observations(LAGS[:3])).metrics
    assert (metrics["final_exact"], metrics["lost_increments"]) == (None, None)
