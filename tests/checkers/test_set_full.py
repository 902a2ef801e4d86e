"""Sets against Jepsen's definition, written down again element by element."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency_viz.checkers.registry import check
from consistency_viz.checkers.set_full import SetFull
from consistency_viz.checkers.set_full.outcomes import quantiles
from consistency_viz.checkers.verdict import Result, Verdict
from tests.checkers.chance import Choose, exhaustive, how_many, seeded
from tests.checkers.client_operations import Event, initial, observations, scheduled, schedules
from tests.checkers.histories import header
from workers.model.observation import Observation

LONG = bool(os.environ.get("CHECKERS_LONG"))
ADD, REM, R = "add", "remove", "read"


def judged(seen: list[Observation], **options: Any) -> Result:
    return check([SetFull(header("a", "b"), **options)], seen)[0]


def by_definition(events: list[Event]) -> dict[str, Any]:
    ops: list[dict[str, Any]] = []
    open_ops: dict[int, dict[str, Any]] = {}
    for position, (kind, process, f, value) in enumerate(events):
        if kind == "invoke":
            open_ops[process] = {"f": f, "value": value, "from": position, "to": 10**9, "how": "info"}
            ops.append(open_ops[process])
        else:
            open_ops.pop(process).update(to=position, how=kind, **({"value": value} if f == R else {}))
    reads = [op for op in ops if op["f"] == R and op["how"] == "ok"]
    found: dict[str, Any] = {"stable": [], "lost": [], "never-read": [], "removed": []}
    for element in {op["value"] for op in ops if op["f"] == ADD and op["how"] != "fail"} if reads else set():
        adds = [op for op in ops if op["f"] == ADD and op["value"] == element]
        since = attempted(events, element)
        removes = [op for op in ops if op["f"] == REM and op["value"] == element and op["how"] != "fail"]
        out = min([op["from"] for op in removes if op["to"] > since or op["how"] == "info"], default=10**9)
        mine = [read for read in reads if read["to"] > since]
        had = [read for read in mine if element in read["value"]]
        lacked = [read for read in mine if element not in read["value"] and read["to"] < out]
        begun = min([op["from"] for op in adds if op["how"] != "fail"])
        ends = [op["to"] for op in adds if op["how"] == "ok"] + [read["to"] for read in had if read["to"] > begun]
        known = min(ends, default=None)
        last_had = max([read["from"] for read in had], default=-1)
        last_lacked = max([read["from"] for read in lacked], default=-1)
        if known is not None and last_had > last_lacked:
            found["stable"].append((element, max(0, last_lacked - known) if last_lacked >= 0 else 0))
        elif known is not None and last_lacked > known and last_lacked > last_had:
            found["lost"].append((element, max(0, last_had - known) if last_had >= 0 else 0))
        else:
            found["removed" if out < 10**9 else "never-read"].append((element, 0))
    found["unexpected"] = {
        e for read in reads for e in read["value"]
        if not any((op["f"], op["value"]) == (ADD, e) and op["from"] < read["to"] and op["how"] != "fail" for op in ops)
    }  # fmt: skip
    found["duplicated"] = {e for read in reads for e in read["value"] if read["value"].count(e) > 1}
    return found


def attempted(events: list[Event], element: Any) -> int:
    """When the first add began before whose end not all others had failed."""
    possible, since = 0, -1
    for position, (kind, _, f, value) in enumerate(events):
        if f == ADD and value == element and kind in {"invoke", "fail"}:
            since = position if kind == "invoke" and not possible else since
            possible += 1 if kind == "invoke" else -1
    return since


ARGUMENTS = st.one_of(
    st.tuples(st.just(R), st.none()),
    st.tuples(st.just(R), st.none()),
    st.tuples(st.just(ADD), st.integers(1, 3)),
    st.tuples(st.just(ADD), st.integers(1, 3)),
    st.tuples(st.just(REM), st.integers(1, 3)),
)


def agrees(events: list[Event]) -> Verdict:
    """Whatever is counted is as defined; the verdict follows from it."""
    result, expected = judged(observations(events)), by_definition(events)
    metrics = result.metrics
    for outcome in ("stable", "lost", "never-read", "removed"):
        assert metrics[f"{outcome.replace('-', '_')}_count"] == len(expected[outcome]), (outcome, events)
    added = any(f == ADD for _, _, f, _ in events)
    assert metrics["unexpected_count"] == (len(expected["unexpected"]) if added else 0), events
    assert metrics["duplicated_count"] == (len(expected["duplicated"]) if added else 0), events
    for outcome in ("stable", "lost"):
        worst = max((latency for _, latency in expected[outcome]), default=None)
        assert metrics[f"{outcome}_latency_ms"]["1"] == (None if worst is None else worst * 10), events
    bad = bool(metrics["lost_count"] or metrics["unexpected_count"] or metrics["duplicated_count"])
    assert (result.verdict is Verdict.FAILED) is bad, events
    if not bad:
        assert (result.verdict is Verdict.PASSED) is bool(expected["stable"]), events
    return result.verdict


def test_every_history_of_a_small_scope_is_judged_as_defined() -> None:
    arguments = [(R, None), (ADD, 1), (REM, 1)]
    small = partial(scheduled, arguments=arguments, results=[[], [1]], operations=3, processes=2)
    found = [agrees(events) for events in exhaustive(small)]
    assert len(found) > 10_000
    assert min(found.count(verdict) for verdict in Verdict) > 100


def test_many_histories_by_seed_are_judged_as_defined() -> None:
    arguments = [(R, None), (R, None), (R, None), (ADD, 1), (ADD, 2), (ADD, 3), (REM, 1)]

    def make(choose: Choose) -> list[Event]:
        return scheduled(choose, arguments, [[], [1], [2], [1, 2], [1, 2, 3]], choose([5, 7, 9]), choose([2, 3]))

    found = [agrees(events) for events in seeded(make, how_many())]
    assert found.count(Verdict.FAILED) * 3 >= len(found)


def test_small_random_histories_are_judged_as_defined() -> None:
    tally: dict[Any, int] = dict.fromkeys(Verdict, 0)

    @settings(max_examples=20_000 if LONG else 200, deadline=None, derandomize=not LONG)
    @given(
        schedules(
            ARGUMENTS, lambda f: st.sampled_from([[], [1], [1, 2], [2], [1], [1, 2, 3], [1, 1]]), operations_max=9
        )
    )
    def agree(events: list[Event]) -> None:
        tally[agrees(events)] += 1

    agree()
    assert tally[Verdict.FAILED] * 3 >= sum(tally.values())
    assert tally[Verdict.PASSED] > 10


def added(element: Any) -> list[Event]:
    return [("invoke", 0, ADD, element), ("ok", 0, ADD, element)]


def read(*elements: Any) -> list[Event]:
    return [("invoke", 1, R, None), ("ok", 1, R, list(elements))]


@pytest.mark.parametrize(
    ("events", "verdict"),
    [
        ([], Verdict.UNKNOWN),
        (added(1), Verdict.UNKNOWN),
        (read(), Verdict.UNKNOWN),
        ([*added(1), *read(1)], Verdict.PASSED),
        ([*added(1), *read()], Verdict.FAILED),
        ([*added(1), *read(), *read(1)], Verdict.PASSED),
        ([*added(1), *read(1, 1)], Verdict.FAILED),
        ([*added(1), *read(1, 2)], Verdict.FAILED),
        ([*added(1), *added(True), *read(1, True)], Verdict.PASSED),
        # absence from a read that is concurrent with the add is no loss
        ([("invoke", 1, R, None), *added(1), ("ok", 1, R, [])], Verdict.UNKNOWN),
        # nor is absence after a remove
        ([*added(1), *read(1), ("invoke", 0, REM, 1), ("info", 0, REM, 1), *read()], Verdict.PASSED),
        # unless the remove failed
        ([*added(1), *read(1), ("invoke", 0, REM, 1), *read(), ("fail", 0, REM, 1)], Verdict.FAILED),
        # however many others begin before that is known
        (
            [
                *added(1),
                ("invoke", 2, REM, 1),
                *read(),
                ("invoke", 0, REM, 1),
                ("fail", 2, REM, 1),
                ("info", 0, REM, 1),
                *read(),
            ],
            Verdict.FAILED,
        ),
    ],
)
def test_known_histories(events: list[Event], verdict: Verdict) -> None:
    assert judged(observations(events)).verdict is verdict


def test_a_lost_element_is_told_with_its_add_and_the_read_that_lacked_it() -> None:
    (found,) = judged(observations([*added(7), *read()])).witnesses
    assert found.text == (
        "o1 of s1 (20 ms to 30 ms) of key k lacked 7, added by o0 and known since 10 ms, "
        "and no read that began later had it"
    )
    assert (found.indices, found.ids) == ([0, 1, 2, 3], ["k", "o0", "o1"])


def test_a_stale_element_fails_only_where_linearizability_is_asked_for() -> None:
    seen = observations([*added(7), *read(), *read(7)])
    assert [judged(seen, linearizable=asked).verdict for asked in (False, True)] == [Verdict.PASSED, Verdict.FAILED]
    assert judged(seen).metrics["worst_stale"] == [{"key": "k", "element": 7, "stable_latency_ms": 10.0}]


def test_what_was_there_at_first_is_expected() -> None:
    seen = [initial("k", [9]), *observations([*added(1), *read(1, 9)], first_index=1)]
    assert judged(seen).verdict is Verdict.PASSED


def test_quantiles_are_entries() -> None:
    assert quantiles({3_000: 1, 1_000: 1, 2_000: 1, 4_000: 1}) == {
        "n": 4, "0": 1.0, "0.5": 3.0, "0.95": 4.0, "0.99": 4.0, "1": 4.0,
    }  # fmt: skip
    assert quantiles({})["0.5"] is None


def test_an_add_that_began_after_the_read_that_had_it_does_not_explain_it() -> None:
    timed_out: list[Event] = [("invoke", 0, ADD, 7), ("info", 0, ADD, 7)]
    (found,) = judged(observations([*timed_out, *read(7), *read(), *added(7)])).witnesses
    assert found.text == (
        "o2 of s1 (40 ms to 50 ms) of key k lacked 7, added by o0 and read by o1 until 30 ms, "
        "and no read that began later had it"
    )
    assert found.indices == [0, 1, 2, 3, 4, 5]
    failed: list[Event] = [("fail", 0, ADD, 7)]
    again: list[Event] = [("invoke", 2, ADD, 7), ("info", 2, ADD, 7)]
    result = judged(observations([timed_out[0], *read(7), *again, *failed, *read()]))
    assert [w.text for w in result.witnesses] == ["o1 of s1 (10 ms to 20 ms) of key k had 7, which nobody had added"]
    assert (result.metrics["lost_count"], result.metrics["unexpected_count"]) == (0, 1)


def test_of_two_adds_the_one_that_did_not_fail_explains_what_was_read() -> None:
    both: list[Event] = [("invoke", 0, ADD, 7), ("invoke", 2, ADD, 7)]
    result = judged(observations([*both, *read(7), ("fail", 0, ADD, 7), *read(), ("ok", 2, ADD, 7)]))
    assert (result.metrics["lost_count"], result.metrics["unexpected_count"]) == (1, 0)
    assert result.witnesses[0].ids == ["k", "o1", "o2", "o3"]
