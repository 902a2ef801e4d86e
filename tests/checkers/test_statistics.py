"""Kaplan-Meier against published numbers and against plain quantiles, and counts in bounded memory."""

from __future__ import annotations

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
