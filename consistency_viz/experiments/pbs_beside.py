"""Measured t-visibility beside the prediction, and by how much they differ: for scenarios of a leaderless quorum.

Rules
1. What was measured are reads by their t (``checkers.visibility``), pooled over all runs. With more than
   ``POINTS_MAX`` different t they are pooled from edge to edge, and the prediction is averaged over the same t.
2. The error of a point is measured minus predicted. ``rmse`` weighs points by their reads. ``outside`` counts those
   whose Wilson interval does not hold the prediction: 1 in 20 does so by chance.
3. What the scenario has that the model leaves out is said beside the error, because it is a reason for one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from math import expm1, log1p, sqrt
from typing import Any, Final

from consistency_viz.checkers.intervals import wilson
from consistency_viz.checkers.pbs import Prediction
from consistency_viz.checkers.statistics import rounded
from consistency_viz.checkers.visibility import EDGES_US, TIMES_EXACT_MAX, Point, Visibility, reach
from consistency_viz.experiments.pbs_prediction import QUORUM, Predicted, predict
from workers.cluster.scenario import Scenario

POINTS_MAX: Final = 32
CURVE_POINTS: Final = 80
SHARE: Final = 0.999
EPSILON: Final = 1e-9

Counts = dict[int, list[int]]
"""By t in microseconds: how many reads, and how many of them were fresh."""


def measured_for(scenario: Scenario) -> Visibility | None:
    """What to feed the observations of a run of ``scenario``; ``None`` if it is no quorum and nothing is predicted."""
    return Visibility() if scenario.design == QUORUM else None


class Pooled:
    """The reads of several runs of one scenario. Memory is bounded by the different t, rounded beyond a limit."""

    def __init__(self) -> None:
        self.runs = 0
        self._counts: Counts = {}
        self._exact = True

    def add(self, points: Iterable[tuple[int, int, int]]) -> None:
        """Take in the points (t, n, fresh) of a run."""
        self.runs += 1
        for t_us, n, fresh in points:
            self._count(t_us, n, fresh)
        if self._exact and len(self._counts) > TIMES_EXACT_MAX:
            self._exact = False
            exact, self._counts = self._counts, {}
            for t_us, (n, fresh) in exact.items():
                self._count(t_us, n, fresh)

    def points(self) -> list[Point]:
        """By rising t."""
        return [Point(t_us, n, fresh) for t_us, (n, fresh) in sorted(self._counts.items())]

    def _count(self, t_us: int, n: int, fresh: int) -> None:
        sums = self._counts.setdefault(t_us if self._exact else rounded(t_us), [0, 0])
        sums[0] += n
        sums[1] += fresh


def beside(scenario: Scenario, points: list[Point], runs: int = 1) -> dict[str, Any] | None:
    """JSON values for a report and for the page; ``None`` if nothing was measured, or the scenario is no quorum.

    Times in milliseconds, shares from 0 to 1, errors as differences of shares.
    """
    if scenario.design != QUORUM or not points:
        return None
    predicted = predict(scenario)
    prediction = predicted.prediction
    compared = [_compared(group, prediction) for group in _groups(points)]
    errors = [(point["n"], point["error"]) for point in compared]
    n = sum(count for count, _ in errors)
    reached = reach(points)
    return {
        "replicas": len(scenario.regions),
        "read": predicted.read,
        "write": predicted.write,
        "runs": runs,
        "reads": n,
        "points": compared,
        "curve": _curve(predicted, compared),
        "rmse": sqrt(sum(count * error * error for count, error in errors) / n),
        "error_max": max((error for _, error in errors), key=abs),
        "outside": sum(not p["low"] - EPSILON <= p["predicted"] <= p["high"] + EPSILON for p in compared),
        "t_999_ms": {
            "measured": None if reached.us is None else round(reached.us / 1_000, 3),
            "predicted": prediction.fresh_us(SHARE) / 1_000,
        },
        "left_out": list(predicted.left_out),
    }


def _groups(points: list[Point]) -> list[list[Point]]:
    if len(points) <= POINTS_MAX:
        return [[point] for point in points]
    found: dict[int, list[Point]] = {}
    for point in points:
        found.setdefault(bisect_right(EDGES_US, point.t_us), []).append(point)
    return list(found.values())


def _compared(group: list[Point], prediction: Prediction) -> dict[str, Any]:
    """Reads of one t, or of neighbouring ones: their mean t, and the prediction averaged over the same reads."""
    n, fresh = sum(point.n for point in group), sum(point.fresh for point in group)
    share, low, high = wilson(fresh, n)
    expected = sum(point.n * prediction.fresh_share(point.t_us) for point in group) / n
    return {
        "after_ms": round(sum(point.n * point.t_us for point in group) / n / 1_000, 3),
        "n": n,
        "share": share,
        "low": low,
        "high": high,
        "predicted": expected,
        "error": share - expected,
    }


def _curve(predicted: Predicted, compared: list[dict[str, Any]]) -> list[dict[str, float]]:
    """The prediction from 0 to what was measured last, for drawing: evenly spaced by log(1 + t / first positive t)."""
    first_ms = next((point["after_ms"] for point in compared if point["after_ms"] > 0), 1.0)
    top = log1p(max(1.0, compared[-1]["after_ms"] / first_ms))
    times_us = [round(first_ms * 1_000 * expm1(top * step / CURVE_POINTS)) for step in range(CURVE_POINTS + 1)]
    shares = predicted.curve(times_us)
    return [{"after_ms": t_us / 1_000, "share": share} for t_us, share in zip(times_us, shares, strict=True)]
