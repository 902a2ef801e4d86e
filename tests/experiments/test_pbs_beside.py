"""What was measured beside what was predicted: pooled over runs and times, with the error."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

import pytest

from consistency_viz.checkers.intervals import wilson
from consistency_viz.checkers.visibility import Point
from consistency_viz.experiments.pbs_beside import POINTS_MAX, Pooled, beside, measured_for
from consistency_viz.experiments.pbs_prediction import predict
from consistency_viz.experiments.simulations import simulate_once
from consistency_viz.experiments.tally import Tally
from consistency_viz.experiments.terminal import draw
from consistency_viz.experiments.visibility_report import render
from workers.cluster.catalogue import load
from workers.cluster.scenario import Scenario

SETS = ("quorum.probe.writes=150", "quorum.probe.writes_per_s=200")


@cache
def scenario() -> Scenario:
    return load("how-eventual", list(SETS))


@cache
def summed() -> dict[str, Any]:
    tally = Tally(scenario())
    for seed in (1, 2):
        tally.add(simulate_once(scenario(), seed, checkers=["staleness"]))
    found = tally.summary()["visibility"]
    assert isinstance(found, dict)
    return found


def test_the_reads_of_all_runs_are_pooled_by_time_and_held_against_the_prediction() -> None:
    found = summed()
    times = scenario().quorum.probe.read_after_ms
    assert (found["runs"], found["reads"]) == (2, 300 * len(times))
    assert [point["after_ms"] for point in found["points"]] == sorted(times)
    for point in found["points"]:
        assert point["error"] == point["share"] - point["predicted"]
        assert (point["share"], point["low"], point["high"]) == wilson(round(point["share"] * 300), 300)
        assert abs(point["error"]) < 4 * (point["predicted"] * (1 - point["predicted"]) / 300) ** 0.5 + 0.005
    assert found["rmse"] <= abs(found["error_max"])
    assert found["left_out"] == []


def test_many_times_are_pooled_and_the_prediction_is_averaged_over_the_same() -> None:
    points = [Point(100 * t, 10, 10) for t in range(POINTS_MAX + 1)]
    found = beside(scenario(), points)
    assert found is not None
    curve = predict(scenario()).curve([point.t_us for point in points])
    assert len(found["points"]) < len(points)
    assert sum(p["n"] * p["predicted"] for p in found["points"]) == pytest.approx(sum(10 * share for share in curve))
    assert sum(p["n"] for p in found["points"]) == found["reads"] == 330


def test_a_prediction_inside_every_interval_misses_none() -> None:
    found = beside(load("quorum-ssd", ["quorum.read=2", "quorum.write=2"]), [Point(0, 50, 50)])
    assert found is not None
    assert (found["rmse"], found["outside"], found["t_999_ms"]) == (0, 0, {"measured": 0, "predicted": 0})


def test_other_designs_and_runs_without_reads_have_nothing_to_compare() -> None:
    assert measured_for(load("one-truth")) is None
    assert beside(load("one-truth"), [Point(0, 1, 1)]) is None
    assert beside(scenario(), []) is None


def test_the_report_says_the_error_and_what_the_model_leaves_out() -> None:
    out = io.StringIO()
    draw(render({**summed(), "left_out": ["messages are lost"]}), out)
    text = " ".join(out.getvalue().split())
    assert "Fresh reads, measured and predicted (N = 3, R = 1, W = 1; 2,100 reads)" in text
    assert "Root mean square error" in text
    assert "The model leaves out: messages are lost." in text


def test_pooled_reads_stay_few() -> None:
    pooled = Pooled()
    pooled.add((t, 1, t % 2) for t in range(1_000_000, 1_010_000))
    points = pooled.points()
    assert len(points) < 100
    assert (sum(p.n for p in points), sum(p.fresh for p in points)) == (10_000, 5_000)
