"""The registry of checkers, and how verdicts add up."""

from __future__ import annotations

import pytest

from consistency_viz.checkers.registry import CHECKERS, UnknownCheckerError, check, create
from consistency_viz.checkers.verdict import Result, Verdict, of_results, overall
from tests.checkers.histories import applied, header, history

P, F, U = Verdict.PASSED, Verdict.FAILED, Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [([], U), ([P], P), ([P, P], P), ([P, U], U), ([U, F], F), ([F, P], F), ([U], U)],
)
def test_one_failure_fails_and_passing_needs_all(verdicts: list[Verdict], expected: Verdict) -> None:
    assert overall(verdicts) is expected


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([(P, True), (U, False)], P),
        ([(P, True), (U, True)], U),
        ([(F, True), (U, False)], F),
        ([(U, False), (U, False)], U),
        ([], U),
    ],
)
def test_a_checker_with_nothing_to_judge_does_not_count(answers: list[tuple[Verdict, bool]], expected: Verdict) -> None:
    results = [Result("c", verdict, "", applicable=applicable) for verdict, applicable in answers]
    assert of_results(results) is expected


def test_every_checker_answers_under_its_name() -> None:
    observations = history(applied("a", "k", 1, "u", at=1))
    for name in CHECKERS:
        results = check(create(header("a", "b"), [name]), observations)
        assert [result.checker for result in results] == [name]


def test_every_checker_calls_an_empty_history_unknown() -> None:
    results = check(create(header("a", "b")), [])
    assert {(result.verdict, result.applicable) for result in results} == {(Verdict.UNKNOWN, False)}


def test_what_nothing_was_said_about_is_not_applicable_and_the_rest_is() -> None:
    agreed = history(applied("a", "k", 1, "u", at=1), applied("b", "k", 1, "u", at=2))
    results = check(create(header("a", "b")), agreed)
    assert [result.checker for result in results if result.applicable] == ["divergence", "convergence", "lost-updates"]
    assert of_results(results) is Verdict.PASSED


def test_a_name_given_twice_runs_once() -> None:
    assert len(create(header(), ["divergence", "divergence"])) == 1


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UnknownCheckerError, match="'divergance': there is none of that name; use one of divergence"):
        create(header(), ["divergance"])
