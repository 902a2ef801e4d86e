"""Quantiles of lengths, some of which had not ended yet (right-censored), in bounded memory.

Rules (FIELD 2, "open window")
1. A length that was still growing when the run ended is a lower bound. It is neither dropped nor taken for its end:
   ``KaplanMeier`` counts it among those at risk until then, and nothing more.
2. A quantile that the data do not reach is ``None``: more than that share was still open.
3. Lengths are integers. They are kept exactly while there are at most ``EXACT_MAX`` distinct ones; beyond that each is
   rounded to ``SIGNIFICANT_BITS`` bits, an error of at most ``ROUNDING_ERROR`` of its size. What is kept depends on the
   multiset alone, never on the order of arrival.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import NormalDist
from typing import Final, NamedTuple

EXACT_MAX: Final = 2048
SIGNIFICANT_BITS: Final = 9
ROUNDING_ERROR: Final = 2.0**-SIGNIFICANT_BITS
_TOLERANCE: Final = 1e-12


def rounded(length: int) -> int:
    """``length`` to the middle of its bucket: the same for all lengths that share their leading bits."""
    shift = length.bit_length() - SIGNIFICANT_BITS
    return length if shift <= 0 else (length >> shift << shift) + (1 << shift >> 1)


class LengthCounts:
    """A multiset of non-negative integer lengths (microseconds here): exact while small, rounded when large."""

    __slots__ = ("_counts", "_sorted", "exact", "total")

    def __init__(self, lengths: Iterable[int] = ()) -> None:
        self._counts: dict[int, int] = {}
        self._sorted: list[tuple[int, int]] | None = None
        self.exact = True
        self.total = 0
        for length in lengths:
            self.add(length)

    @classmethod
    def counted(cls, counts: Iterable[tuple[int, int]]) -> LengthCounts:
        """The same multiset from (length, count), each length once."""
        found = cls()
        found._counts = dict(counts)
        found.total = sum(found._counts.values())
        if len(found._counts) > EXACT_MAX:
            found._coarsen()
        return found

    def add(self, length: int, count: int = 1) -> None:
        if not self.exact:
            length = rounded(length)
        counts = self._counts
        counts[length] = counts.get(length, 0) + count
        self.total += count
        self._sorted = None
        if self.exact and len(counts) > EXACT_MAX:
            self._coarsen()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LengthCounts) and self.exact == other.exact and self._counts == other._counts

    __hash__ = None  # type: ignore[assignment]  # it changes

    def items(self) -> Sequence[tuple[int, int]]:
        """(length, count), shortest first."""
        if self._sorted is None:
            self._sorted = sorted(self._counts.items())
        return self._sorted

    def _coarsen(self) -> None:
        self.exact = False
        exact, self._counts = self._counts, {}
        for length, count in exact.items():
            bucket = rounded(length)
            self._counts[bucket] = self._counts.get(bucket, 0) + count


class Quantile(NamedTuple):
    """An estimate and its interval, in the unit of the lengths; ``None`` where the data do not reach."""

    value: float | None
    low: float | None
    high: float | None


class Survival(NamedTuple):
    """One step of the curve: after ``length``, of ``at_risk`` just before it ``ended`` did, the share ``surviving``.

    ``standard_error`` is Greenwood's; ``low`` and ``high`` enclose the share. ``None``: nothing is left to tell.
    """

    length: int
    at_risk: int
    ended: int
    surviving: float
    standard_error: float | None
    low: float | None
    high: float | None


class KaplanMeier:
    """The product-limit estimate of the distribution of lengths, of which ``censored`` are lower bounds.

    At equal lengths an end counts before a censoring, as usual. Quantile q is the shortest length by which at least the
    share q has ended. Intervals are Brookmeyer and Crowley's with the log(-log) transform of Greenwood's variance; they
    take lengths for independent, which windows of one run are only roughly.

    Source: Kaplan and Meier (1958); Greenwood (1926); Brookmeyer and Crowley (1982).
    """

    def __init__(self, closed: LengthCounts, censored: Iterable[int] | LengthCounts = ()) -> None:
        self.closed = closed.total
        self._steps: list[tuple[int, float, float]] = []  # length, surviving share, Greenwood's sum: all after the step
        self._at_risk: list[tuple[int, int]] = []  # how many were at risk at a step, and how many of them ended
        self._limits: dict[float, list[tuple[int, float, float]]] = {}
        counted = censored if isinstance(censored, LengthCounts) else None
        single = () if isinstance(censored, LengthCounts) else sorted(censored)
        waiting = [(length, 1) for length in reversed(single)] if counted is None else [*reversed(counted.items())]
        self.censored = sum(count for _, count in waiting)
        self.n = at_risk = self.closed + self.censored
        base, base_risk, variance = 1.0, at_risk, 0.0
        for length, count in closed.items():
            left = at_risk
            while waiting and waiting[-1][0] < length:
                at_risk -= waiting.pop()[1]
            if at_risk != left and self._steps:
                # Between censorings the product telescopes to one division, which keeps it exact to the last bit.
                base = self._steps[-1][1]
            if at_risk != left:
                base_risk = at_risk
            self._at_risk.append((at_risk, count))
            remaining = at_risk - count
            variance += count / (at_risk * remaining) if remaining else math.inf
            at_risk = remaining
            self._steps.append((length, base * remaining / base_risk, variance))

    def quantile(self, q: float, confidence: float = 0.95) -> Quantile:
        """The ``q``-quantile (0 < q <= 1) with its interval."""
        share = 1 - q
        value = next((float(length) for length, s, _ in self._steps if s <= share + _TOLERANCE), None)
        limits = self._limits_of(confidence) if 0 < share < 1 else []
        low = next((float(length) for length, least, _ in limits if least <= share), None)
        still = [at for at, (*_, most) in enumerate(limits) if most >= share]
        beyond = still[-1] + 1 if still else 0
        return Quantile(value, low, float(limits[beyond][0]) if beyond < len(limits) else None)

    def _limits_of(self, confidence: float) -> list[tuple[int, float, float]]:
        """The limits of the surviving share after each step: the same for every quantile."""
        limits = self._limits.get(confidence)
        if limits is None:
            z = NormalDist().inv_cdf(0.5 + confidence / 2)
            # Where nothing survives Greenwood's variance says nothing: that step bounds no quantile.
            limits = [(length, *_limits(s, v, z)) for length, s, v in self._steps if s > 0]
            self._limits[confidence] = limits
        return limits

    def curve(self, confidence: float = 0.95) -> list[Survival]:
        """The surviving share after each length at which something ended, with pointwise log(-log) limits."""
        z = NormalDist().inv_cdf(0.5 + confidence / 2)
        found = []
        for (length, share, variance), (at_risk, ended) in zip(self._steps, self._at_risk, strict=True):
            if share <= 0:
                found.append(Survival(length, at_risk, ended, 0.0, None, None, None))
                continue
            error = share * math.sqrt(variance)
            found.append(Survival(length, at_risk, ended, share, error, *_limits(share, variance, z)))
        return found

    def values(self, quantiles: Iterable[float]) -> list[float | None]:
        """The quantiles alone, rising ``quantiles`` in one pass: for a page that asks many times a second."""
        found: list[float | None] = []
        steps = iter(self._steps)
        step = next(steps, None)
        for q in quantiles:
            while step is not None and step[1] > 1 - q + _TOLERANCE:
                step = next(steps, None)
            found.append(None if step is None else float(step[0]))
        return found


def _limits(surviving: float, variance: float, z: float) -> tuple[float, float]:
    """What encloses a positive surviving share, by the log(-log) transform."""
    spread = z * math.sqrt(variance) / -math.log(surviving)
    return surviving ** math.exp(spread), surviving ** math.exp(-spread)
