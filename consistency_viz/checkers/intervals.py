"""Intervals for figures over several runs: proportions and medians, without assumptions about distributions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import sqrt
from statistics import NormalDist, median
from typing import NamedTuple


class Interval(NamedTuple):
    """A point estimate with its interval; ``None`` where the sample is too small for one."""

    estimate: float
    low: float | None
    high: float | None


def wilson(count: int, n: int, confidence: float = 0.95) -> Interval:
    """The share ``count / n`` with Wilson's score interval (Wilson 1927); ``n`` is at least 1."""
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = count / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def median_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """The median with the narrowest symmetric pair of order statistics that covers it with ``confidence``.

    The k-th smallest and k-th largest of n values enclose the median with probability 1 - 2 P(Bin(n, 1/2) < k).
    """
    ordered = sorted(values)
    n = len(ordered)
    k = _rank(n, confidence)
    if k == 0:
        return Interval(median(ordered), None, None)
    return Interval(median(ordered), ordered[k - 1], ordered[n - k])


@lru_cache(maxsize=256)
def _rank(n: int, confidence: float) -> int:
    """How many order statistics to leave out at either end of ``n`` values; every figure of a batch of runs asks."""
    total, tail, ways, k = 2**n, 0, 1, 0
    while k < n // 2 and 2 * (tail + ways) / total <= 1 - confidence:
        tail += ways
        ways = ways * (n - k) // (k + 1)
        k += 1
    return k
