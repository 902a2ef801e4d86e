"""What a scenario expects against what its runs showed: one run, many runs, and what cannot be told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from consistency_viz.checkers.registry import CHECKERS as REGISTERED
from consistency_viz.checkers.verdict import Verdict
from consistency_viz.experiments.expectations import ExpectationTally, Found, judge, of_share
from workers.cluster.schema.story import CHECKERS, Expectation, RunShare

PASSED, FAILED, UNKNOWN = Verdict.PASSED, Verdict.FAILED, Verdict.UNKNOWN
EXPECTATION: TypeAdapter[Any] = TypeAdapter(Expectation)
METRICS = {
    "divergence": {"value": {"all": {"windows_open": 3, "window_ms_p99": None, "is_exact": True}}},
    "work": {"operations": {"place": {"ok": 9}}, "messages": {"sent": 4}, "place_latency_ms_p99": 41.5},
}


def expectation(**fields: Any) -> Any:
    return EXPECTATION.validate_python({"because": "So it is.", **fields})


def found(**fields: Any) -> Found:
    [one] = judge([expectation(**fields)], {"divergence": FAILED, "lost-updates": UNKNOWN}, METRICS)
    return one


def test_the_checkers_that_may_be_expected_are_those_of_the_contract_and_none_is_missing_from_it() -> None:
    assert set(REGISTERED) == set(CHECKERS)
    assert len(set(CHECKERS)) == len(CHECKERS) == 15


def test_a_verdict_shows_does_not_show_or_cannot_be_told() -> None:
    assert found(checker="divergence", verdict="failed") == Found(PASSED, "failed", "divergence: failed")
    assert found(checker="divergence", verdict="passed") == Found(
        FAILED, "failed", "divergence: failed, where passed is expected"
    )
    assert found(checker="lost-updates", verdict="failed").verdict == UNKNOWN
    assert found(checker="lost-updates", verdict="unknown").verdict == PASSED
    assert found(checker="causal", verdict="failed").verdict == UNKNOWN


def test_a_checker_that_did_not_run_leaves_it_unknown() -> None:
    reason = "the checker single-writer did not run"
    assert found(checker="single-writer", verdict="passed") == Found(UNKNOWN, None, reason)
    assert found(metric="single-writer.writers", equals=1) == Found(UNKNOWN, None, reason)
    assert found(checker="causal", verdict="passed") == Found(UNKNOWN, None, "the checker causal did not run")


@pytest.mark.parametrize(
    ("bounds", "verdict"),
    [
        ({"at_most": 41.5}, PASSED),
        ({"at_most": 41.4}, FAILED),
        ({"at_least": 41.5}, PASSED),
        ({"at_least": 41.6}, FAILED),
        ({"at_least": 40, "at_most": 42}, PASSED),
        ({"at_least": 42, "at_most": 43}, FAILED),
        ({"at_least": 1, "at_most": 2}, FAILED),
        ({"equals": 41.5}, PASSED),
        ({"equals": 41}, FAILED),
    ],
)
def test_bounds_belong_to_what_is_expected(bounds: dict[str, float], verdict: Verdict) -> None:
    assert found(metric="work.place_latency_ms_p99", **bounds).verdict == verdict


def test_a_figure_that_a_run_does_not_have_fails_and_names_the_likest() -> None:
    assert found(metric="work.place_latency_p99", at_most=40) == Found(
        FAILED,
        None,
        "the run has no figure work.place_latency_p99; did you mean work.place_latency_ms_p99?",
    )
    assert found(metric="divergence.value.all", at_most=1).verdict == FAILED
    assert found(metric="divergence.value.all.is_exact", equals=1).verdict == FAILED


def test_a_quantile_that_was_not_reached_cannot_be_told() -> None:
    reason = "divergence.value.all.window_ms_p99 was not reached"
    assert found(metric="divergence.value.all.window_ms_p99", at_most=40) == Found(UNKNOWN, None, reason)


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("work.operations.place.fail", PASSED),
        ("work.messages.dropped", PASSED),
        ("work.effects.email", PASSED),
        ("work.operations.pla.fail", FAILED),
        ("work.operations.place.fails", FAILED),
        ("work.effects.emial", FAILED),
        ("work.messages.sent", FAILED),
    ],
)
def test_what_was_never_counted_is_zero_if_it_is_a_count(name: str, verdict: Verdict) -> None:
    assert found(metric=name, equals=0).verdict == verdict


@pytest.mark.parametrize(
    ("share", "showed", "n", "verdict"),
    [
        ({"at_least": 1}, 1, 1, PASSED),
        ({"at_least": 1}, 0, 1, FAILED),
        ({"at_least": 1}, 99, 100, FAILED),
        ({"at_most": 0}, 0, 1, PASSED),
        ({"at_most": 0}, 1, 100, FAILED),
        ({"at_least": 0.05}, 0, 1, UNKNOWN),
        ({"at_least": 0.9}, 0, 1, UNKNOWN),
        ({"at_most": 0.1}, 1, 1, UNKNOWN),
        ({"at_least": 0.05}, 1, 1, PASSED),
        ({"at_least": 0.05}, 0, 20, UNKNOWN),
        ({"at_least": 0.05}, 0, 200, FAILED),
        ({"at_least": 0.05}, 1, 20, PASSED),
        ({"at_least": 0.2, "at_most": 0.6}, 40, 100, PASSED),
        ({"at_least": 0.2, "at_most": 0.6}, 65, 100, UNKNOWN),
        ({"at_least": 0.2, "at_most": 0.6}, 90, 100, FAILED),
    ],
)
def test_a_share_is_met_refuted_or_open(share: dict[str, float], showed: int, n: int, verdict: Verdict) -> None:
    assert of_share(RunShare(**share), showed, n) == verdict


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.integers(1, 300), st.data())
def test_a_single_run_never_refutes_a_share_and_more_showing_never_refutes_at_least(
    low: float, high: float, n: int, data: st.DataObject
) -> None:
    between = RunShare(at_least=min(low, high), at_most=max(low, high))
    assert FAILED not in {of_share(between, 0, 1), of_share(between, 1, 1)}
    showed = data.draw(st.integers(0, n - 1))
    order = [FAILED, UNKNOWN, PASSED]
    least = RunShare(at_least=low)
    assert order.index(of_share(least, showed, n)) <= order.index(of_share(least, showed + 1, n))


def tally(share: dict[str, float] | None, *verdicts: Verdict) -> dict[str, Any]:
    fields = {} if share is None else {"in_share_of_runs": share}
    over = ExpectationTally([expectation(checker="divergence", verdict="failed", **fields)])
    for seed, verdict in enumerate(verdicts):
        over.add(seed, [Found(verdict, None, f"reason {seed}")])
    found = over.to_json()
    assert found["verdict"] == over.verdict == found["items"][0]["verdict"]
    return found["items"][0]


def test_over_runs_there_are_counts_the_interval_and_the_first_reason() -> None:
    assert tally(None, PASSED, FAILED, UNKNOWN) == {
        "expected": "divergence: failed, in every run",
        "because": "So it is.",
        "verdict": FAILED,
        "showed": 1,
        "not_shown": 1,
        "unknown": 1,
        "share": {"estimate": 1 / 3, "low": pytest.approx(0.0615, abs=5e-5), "high": pytest.approx(0.7923, abs=5e-5)},
        "seeds_not_shown": [1, 2],
        "reason": "reason 1",
    }


def test_runs_that_cannot_be_told_leave_it_open_only_where_they_could_change_it() -> None:
    assert tally(None, PASSED, UNKNOWN)["verdict"] == UNKNOWN
    assert tally(None, FAILED, UNKNOWN)["verdict"] == FAILED
    assert tally({"at_least": 0.5}, PASSED, UNKNOWN)["verdict"] == PASSED
    assert tally({"at_least": 0.2, "at_most": 0.8}, *[UNKNOWN] * 100)["verdict"] == UNKNOWN


def test_too_few_runs_say_so() -> None:
    assert tally({"at_least": 0.05}, FAILED)["reason"] == "it showed in 0 of 1 runs, too few to tell; run more seeds"


def test_nothing_expected_is_no_verdict() -> None:
    assert ExpectationTally(()).to_json() == {"verdict": None, "items": []}
