"""Intervals against published values and against exact enumeration."""

from __future__ import annotations

from itertools import product
from math import comb

import pytest

from consistency_viz.checkers.intervals import median_interval, wilson


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [
        # Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        # Brown, Cai and DasGupta (2001) and any table of the score interval.
        (0, 10, 0.0000, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0000),
    ],
)
def test_wilsons_interval_is_as_published(count: int, n: int, low: float, high: float) -> None:
    found = wilson(count, n)
    assert found.estimate == count / n
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_wilsons_ends_solve_the_equation_that_defines_them() -> None:
    z = 1.959963984540054
    for n in (1, 2, 7, 100):
        for count in range(n + 1):
            found = wilson(count, n)
            for end in (found.low, found.high):
                assert end is not None
                assert 0 <= end <= 1
                if 0 < end < 1:
                    assert abs(count / n - end) == pytest.approx(z * (end * (1 - end) / n) ** 0.5)


def test_more_confidence_and_fewer_runs_make_it_wider() -> None:
    def width(count: int, n: int, confidence: float = 0.95) -> float:
        found = wilson(count, n, confidence)
        assert found.low is not None
        assert found.high is not None
        return found.high - found.low

    assert width(5, 10, 0.99) > width(5, 10) > width(5, 10, 0.9)
    assert width(5, 10) > width(50, 100)


def coverage(low: int, high: int, n: int) -> float:
    """By enumeration of all 2**n ways to lie below or above the median: how often [low-th, high-th] encloses it."""
    hits = 0
    for below in product((0, 1), repeat=n):
        count = sum(below)  # so many values are smaller than the median
        hits += low <= count < high
    return hits / 2**n


@pytest.mark.parametrize("n", range(6, 15))
def test_the_medians_interval_covers_it_and_the_next_narrower_one_would_not(n: int) -> None:
    found = median_interval(range(1, n + 1))
    assert found.low is not None
    assert found.high is not None
    low, high = int(found.low), int(found.high)
    assert high == n + 1 - low
    assert coverage(low, high, n) >= 0.95
    if low + 1 < high - 1:
        assert coverage(low + 1, high - 1, n) < 0.95


@pytest.mark.parametrize("n", range(1, 6))
def test_up_to_five_values_are_too_few_for_an_interval(n: int) -> None:
    assert median_interval(range(n))[1:] == (None, None)
    assert 1 - 2 / 2**n < 0.95


@pytest.mark.parametrize(("n", "rank"), [(6, 1), (9, 2), (10, 2), (15, 4), (20, 6), (25, 8), (50, 18), (100, 40)])
def test_the_ranks_are_those_of_the_tables_of_the_sign_test(n: int, rank: int) -> None:
    found = median_interval([float(value) for value in range(1, n + 1)])
    assert (found.low, found.high) == (rank, n + 1 - rank)
    assert sum(comb(n, k) for k in range(rank)) / 2 ** (n - 1) <= 0.05


def test_the_order_of_values_does_not_matter_and_equal_ones_are_allowed() -> None:
    assert median_interval([3, 1, 2, 2, 9, 2, 2]) == median_interval(sorted([3, 1, 2, 2, 9, 2, 2])) == (2, 1, 9)
