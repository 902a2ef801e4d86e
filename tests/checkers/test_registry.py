"""The registry of checkers, and how verdicts add up."""

from __future__ import annotations

import pytest

from consistency_viz.checkers.registry import CHECKERS, UnknownCheckerError, check, create
from consistency_viz.checkers.verdict import Verdict, overall
from tests.checkers.histories import applied, header, history

P, F, U = Verdict.PASSED, Verdict.FAILED, Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [([], U), ([P], P), ([P, P], P), ([P, U], U), ([U, F], F), ([F, P], F), ([U], U)],
)
def test_one_failure_fails_and_passing_needs_all(verdicts: list[Verdict], expected: Verdict) -> None:
    assert overall(verdicts) is expected


def test_every_checker_answers_under_its_name() -> None:
    observations = history(applied("a", "k", 1, "u", at=1))
    for name in CHECKERS:
        results = check(create(header("a", "b"), [name]), observations)
        assert [result.checker for result in results] == [name]


def test_every_checker_calls_an_empty_history_unknown() -> None:
    assert {result.verdict for result in check(create(header("a", "b")), [])} == {Verdict.UNKNOWN}


def test_a_name_given_twice_runs_once() -> None:
    assert len(create(header(), ["divergence", "divergence"])) == 1


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UnknownCheckerError, match="'divergance': there is none of that name; use one of divergence"):
        create(header(), ["divergance"])
