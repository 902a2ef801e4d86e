"""What an experiment comes to: the lesson's own figure as a column, and a sentence on what sets the cells apart."""

from __future__ import annotations

import re
from typing import Any

import pytest

from consistency_viz.experiments.campaign.alone import play_all, simulated
from consistency_viz.experiments.campaign.answer import answer
from consistency_viz.experiments.campaign.cells import plan
from consistency_viz.experiments.campaign.comparison import compared, figures_of
from consistency_viz.experiments.campaign.conclusion import summary_of
from consistency_viz.experiments.campaign.scenario_asks import expectations_by_default, metrics_asked
from consistency_viz.experiments.price_figures import figure_named
from workers.cluster.catalogue import load

VARIANTS = [{"name": "as it is"}, {"name": "with the fix", "fix": True}]


@pytest.fixture(scope="module")
def likes() -> dict[str, Any]:
    fewer = {"clients.operations": 80, "duration_s": 13}
    asked = {"name": "l", "title": "Likes", "scenario": "likes", "seeds": {"count": 6}, "variants": VARIANTS}
    asked |= {"set": fewer}
    planned = plan(asked, "e.yaml")
    return summary_of(asked, play_all(planned, simulated(planned, 1), lambda *_: None))


def test_an_experiment_without_expectations_has_the_lessons_own_figure_as_its_first_column(likes):
    first = figures_of([likes])[0]
    assert (first.name, first.title) == ("counter.lost_increments", "counter lost increments")
    table = compared([likes])
    found = likes["cells"][0]["summary"]["metrics"]["counter.lost_increments"]
    told = f"{found['estimate']:g} ({found['low']:g} to {found['high']:g})"
    assert found["low"] > 5
    assert table.head[:4] == ("cell", "design", "runs", "counter lost increments")
    assert [row[3] for row in table.rows] == [told, "0"]


def test_what_fails_in_every_run_of_both_is_no_verdict_on_the_fix(likes):
    table = compared([likes])
    assert table.alike == ("counter",)
    assert ["counter" in row[-1] for row in table.rows] == [False, False]
    assert ["lost-updates 100%" in row[-1] for row in table.rows] == [True, False]


def test_the_answer_names_the_figure_and_the_checker_that_set_the_cells_apart(likes):
    assert re.match(
        "Counter lost increments: 0 in “with the fix”, [0-9.]+ in “as it is” [(]medians[)]; ", likes["answer"]
    )
    assert "lost-updates failed in 0 of 6 runs of “with the fix”, in 6 of 6 of “as it is”." in likes["answer"]
    assert "In every run of every cell alike: counter failed, which" in likes["answer"]


def cell(name: str, low: float, high: float) -> dict[str, Any]:
    figure = {"n": 9, "estimate": (low + high) / 2, "low": low, "high": high, "min": low, "max": high}
    return {"name": name, "summary": {"metrics": {"f": figure}, "verdicts": {}}}


def test_intervals_that_meet_set_nothing_apart():
    told = answer([cell("a", 1, 5), cell("b", 5, 9)], [figure_named("f")])
    assert told == "No figure and no checker sets the cells apart; more seeds would tell finer differences."
    assert answer([cell("a", 1, 4), cell("b", 6, 9)], [figure_named("f")]) == ("F: 2.5 in “a”, 7.5 in “b” (medians).")


def test_the_figures_asked_about_come_first_and_once():
    expect = [{"metric": "counter.lost_increments", "equals": 0}, {"metric": "work.messages.sent", "at_most": 9}]
    asked = metrics_asked({"scenario": "likes", "expect": expect})
    assert asked == ["counter.lost_increments", "work.messages.sent"]
    assert metrics_asked({}) == []


def test_by_default_the_scenario_is_held_to_its_own_expectations_and_the_fix_to_its_own():
    scenario = load("likes")
    assert scenario.fix is not None
    found = expectations_by_default(scenario, [*VARIANTS, {"name": "other", "set": {"clients.operations": 9}}])
    assert [item["variants"] for item in found] == [["as it is"]] * len(scenario.expect) + [["with the fix"]] * len(
        scenario.fix.expect
    )
    assert expectations_by_default(scenario, VARIANTS, is_swept=True) == []
    asked = {"name": "l", "title": "Likes", "scenario": "likes", "variants": VARIANTS}
    assert [len(one.scenario.expect) for one in plan({**asked, "expect": found[:-1]}, "e.yaml").cells] == [
        len(scenario.expect),
        len(scenario.fix.expect) - 1,
    ]


def test_expectations_of_the_only_variant_name_no_variants():
    assert ["variants" in item for item in expectations_by_default(load("likes"), VARIANTS[:1])] == [False] * 3
