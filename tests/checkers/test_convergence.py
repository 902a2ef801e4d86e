"""Convergence: times, verdicts, and what it says."""

from __future__ import annotations

from typing import Any

from consistency_viz.checkers.registry import check, create
from consistency_viz.checkers.verdict import Result
from tests.checkers.histories import Step, applied, header, history
from workers.model.observation import Applied, Completed, Delivered, Dropped, Invoked, Sent


def write(update: str, *, at: float, until: float, session: str = "s1") -> list[Step]:
    return [
        (at, "client", Invoked(f"{update}:op", session, "write", "k", 1, round(at * 1000))),
        (until, "client", Completed(f"{update}:op", session, "write", "k", "ok", {"update": update, "after": []})),
    ]


def sent(*, at: float, message: str = "m1") -> Step:
    return at, "a", Sent(message, "t", "T", "k", "c")


def delivered(node: str, *, at: float, message: str = "m1", copy: int = 0) -> Step:
    return at, node, Delivered(message, "t", "T", "k", "a", 0, copy)


def dropped(node: str, *, at: float, message: str = "m1") -> Step:
    return at, node, Dropped(message, "t", "T", "k", "a", 0, "loss")


def judge(*steps: Step, end_ms: float | None = None) -> Result:
    ordered = sorted(steps, key=lambda step: step[0])
    end_us = None if end_ms is None else round(end_ms * 1000)
    (result,) = check(create(header("a", "b"), ["convergence"]), history(*ordered), end_us)
    return result


def times(result: Result) -> dict[str, Any]:
    return {name: result.metrics["convergence_ms"][name] for name in ("n", "censored", "p50")}


def test_time_counts_from_the_acknowledgement_to_the_last_replica() -> None:
    steps = [*write("u", at=0, until=2), applied("a", "k", 1, "u", at=1), applied("b", "k", 1, "u", at=12)]
    result = judge(*steps)
    assert (result.verdict.value, times(result)) == ("passed", {"n": 1, "censored": 0, "p50": 10.0})


def test_what_all_had_before_the_acknowledgement_took_no_time() -> None:
    steps = [*write("u", at=0, until=9), applied("a", "k", 1, "u", at=1), applied("b", "k", 1, "u", at=2)]
    assert times(judge(*steps))["p50"] == 0


def test_an_update_that_never_reached_all_is_censored_and_the_end_unknown_without_messages() -> None:
    result = judge(*write("u", at=0, until=2), applied("a", "k", 1, "u", at=1), end_ms=50)
    assert (result.verdict.value, times(result)) == ("unknown", {"n": 1, "censored": 1, "p50": None})


def test_a_descendant_that_keeps_it_counts_for_it() -> None:
    both = (12, "b", Applied("k", 2, "v", 1, ["u", "v"]))
    steps = [*write("u", at=0, until=2), applied("a", "k", 1, "u", at=1), applied("a", "k", 2, "v", at=3), both]
    assert times(judge(*steps)) == {"n": 1, "censored": 0, "p50": 10.0}


def test_a_loser_of_last_writer_wins_is_superseded() -> None:
    first, second = write("u", at=0, until=2), write("v", at=0, until=2, session="s2")
    steps = [(at, node, Applied("k", 2, update, 1, ["v"])) for at, node, update in ((3, "a", "v"), (4, "b", "v"))]
    steps += [(at, node, Applied("k", 2, "u", 2, ["v"])) for at, node in ((5, "a"), (6, "b"))]
    result = judge(*first, *second, *steps)
    assert (result.metrics["superseded"], times(result)["n"], result.verdict.value) == (1, 1, "passed")


def test_the_same_updates_and_different_values_fail_even_if_they_agree_later() -> None:
    steps = [applied("a", "k", 1, "u", at=1), applied("b", "k", 2, "u", at=2), applied("b", "k", 1, "u", at=3)]
    result = judge(*steps)
    assert result.verdict.value == "failed"
    assert (
        result.witnesses[0].text
        == "a showed 1 and b showed 2 for k at 2 ms, although both had applied the same updates"
    )
    assert (result.witnesses[0].indices, result.witnesses[0].ids) == ([0, 1], ["k", "u"])


def test_within_one_instant_nothing_is_judged() -> None:
    steps = [applied("a", "k", 1, "u", at=1), applied("b", "k", 2, "u", at=2), applied("b", "k", 1, "u", at=2)]
    assert judge(*steps).verdict.value == "passed"


def test_a_message_that_was_lost_leaves_the_key_stuck() -> None:
    steps = [applied("a", "k", 1, "u", at=1), sent(at=1), dropped("b", at=3)]
    result = judge(*steps)
    assert (result.verdict.value, result.metrics["keys_stuck"]) == ("failed", 1)
    assert "b lacked u" in result.witnesses[0].text


def test_a_message_under_way_leaves_the_end_unknown() -> None:
    before = [sent(at=0, message="m0"), delivered("b", at=0.5, message="m0")]
    result = judge(*before, applied("a", "k", 1, "u", at=1), sent(at=1), delivered("b", at=1, message="m0", copy=1))
    assert (result.verdict.value, result.metrics["keys_under_way"]) == ("unknown", 1)
