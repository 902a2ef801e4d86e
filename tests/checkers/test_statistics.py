"""Kaplan-Meier against published numbers and against plain quantiles, and counts in bounded memory."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from consistency_viz.checkers.statistics import EXACT_MAX, ROUNDING_ERROR, KaplanMeier, LengthCounts, rounded

# The 6-MP arm of Freireich et al. (1963), weeks in remission, as reprinted in most textbooks of survival analysis.
RELAPSED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
CENSORED = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]


def test_the_textbook_example_has_its_published_survival_and_median() -> None:
    estimate = KaplanMeier(LengthCounts(RELAPSED), CENSORED)
    published = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert {length: round(share, 3) for length, share, _ in estimate._steps} == published
    assert (estimate.n, estimate.closed, estimate.censored) == (21, 9, 12)
    assert estimate.quantile(0.5)[:2] == (23.0, 13.0)
    assert estimate.quantile(0.5).high is None
    assert estimate.quantile(0.6).value is None


def test_the_textbook_example_has_its_published_standard_errors_and_limits() -> None:
    """Greenwood's standard errors, and log(-log) limits, as statistical packages print them for this example."""
    curve = KaplanMeier(LengthCounts(RELAPSED), LengthCounts(CENSORED)).curve()
    assert [(step.length, step.at_risk, step.ended) for step in curve] == [
        (6, 21, 3), (7, 17, 1), (10, 15, 1), (13, 12, 1), (16, 11, 1), (22, 7, 1), (23, 6, 1),
    ]  # fmt: skip
    assert [round(step.standard_error or 0, 4) for step in curve] == [
        0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346,
    ]  # fmt: skip
    assert [(round(step.low or 0, 4), round(step.high or 0, 4)) for step in curve] == [
        (0.6197, 0.9516), (0.5631, 0.9228), (0.5032, 0.8894), (0.4316, 0.8491), (0.3675, 0.8049), (0.2678, 0.7468),
        (0.1881, 0.6801),
    ]  # fmt: skip


@given(st.lists(st.integers(0, 12), min_size=1, max_size=30), st.lists(st.integers(0, 12), max_size=20))
def test_the_curve_and_greenwoods_variance_are_those_of_the_definition(closed: list[int], censored: list[int]) -> None:
    share, greenwood = Fraction(1), Fraction(0)
    for step in KaplanMeier(LengthCounts(closed), censored).curve():
        at_risk = sum(length >= step.length for length in closed + censored)
        ended = closed.count(step.length)
        share *= Fraction(at_risk - ended, at_risk)
        assert (step.at_risk, step.ended) == (at_risk, ended)
        assert abs(step.surviving - share) < 1e-12
        if not share:
            assert (step.standard_error, step.low, step.high) == (None, None, None)
            continue
        greenwood += Fraction(ended, at_risk * (at_risk - ended))
        error = float(share) * float(greenwood) ** 0.5
        assert step.standard_error is not None
        assert abs(step.standard_error - error) < 1e-12
        assert step.low is not None
        assert step.high is not None
        assert 0 <= step.low <= step.surviving <= step.high <= 1


@given(st.lists(st.integers(0, 50), max_size=60), st.lists(st.integers(0, 50), max_size=60))
def test_counted_censored_lengths_are_the_same_as_listed_ones(closed: list[int], censored: list[int]) -> None:
    listed, counted = (KaplanMeier(LengthCounts(closed), some) for some in (censored, LengthCounts(censored)))
    assert (listed.n, listed.censored, listed.curve()) == (counted.n, counted.censored, counted.curve())


def test_a_quantile_within_a_jump_has_the_jump_as_its_interval_and_few_lengths_have_none() -> None:
    many = KaplanMeier(LengthCounts([1] * 30 + [2] * 10), [3])
    assert many.quantile(0.5) == (1.0, 1.0, 1.0)
    assert KaplanMeier(LengthCounts([7])).quantile(0.5) == (7.0, None, None)
    assert KaplanMeier(LengthCounts([1, 2])).quantile(0.5) == (1.0, 1.0, None)
    assert many.quantile(1.0) == (None, None, None)


def test_open_windows_are_neither_dropped_nor_closed() -> None:
    assert KaplanMeier(LengthCounts([1, 2]), [100, 100]).quantile(0.5).value == 2
    assert KaplanMeier(LengthCounts([1, 2])).quantile(0.5).value == 1
    assert KaplanMeier(LengthCounts([1]), [100, 100]).quantile(0.5).value is None
    assert KaplanMeier(LengthCounts(), [5]).quantile(0.5) == (None, None, None)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=200), st.integers(1, 100))
def test_without_censoring_a_quantile_is_an_order_statistic(lengths: list[int], percent: int) -> None:
    rank = -(-percent * len(lengths) // 100)
    assert KaplanMeier(LengthCounts(lengths)).quantile(percent / 100).value == sorted(lengths)[rank - 1]


@given(st.lists(st.integers(0, 50), max_size=60), st.lists(st.integers(0, 50), max_size=20))
def test_many_quantiles_at_once_are_those_one_by_one(closed: list[int], censored: list[int]) -> None:
    estimate = KaplanMeier(LengthCounts(closed), censored)
    asked = (0.1, 0.5, 0.5, 0.95, 1.0)
    assert estimate.values(asked) == [estimate.quantile(q).value for q in asked]


@given(st.integers(0, 2**60))
def test_rounding_errs_by_no_more_than_it_says(length: int) -> None:
    assert abs(rounded(length) - length) <= ROUNDING_ERROR * length
    assert rounded(rounded(length)) == rounded(length)


def test_many_distinct_lengths_are_rounded_and_bounded_in_any_order() -> None:
    lengths = [17 * i * i for i in range(3 * EXACT_MAX)]
    rising, falling = LengthCounts(lengths), LengthCounts(reversed(lengths))
    assert (rising.exact, rising.total) == (False, len(lengths))
    assert rising.items() == falling.items()
    assert len(rising.items()) < 256 * 32
    exact = sorted(lengths)[len(lengths) // 2 - 1]
    value = KaplanMeier(rising).quantile(0.5).value
    assert value is not None
    assert abs(value - exact) <= ROUNDING_ERROR * exact
