"""From an experiment's text to what is played: every cell's scenario, and errors at the author's own fields."""

from __future__ import annotations

import pytest
import yaml

from consistency_viz.experiments.campaign.cells import parse_experiment, plan
from consistency_viz.experiments.campaign.specification import Range
from tests.experiments.campaign.asked import asked
from workers.cluster.catalogue import load
from workers.cluster.fixing import fixed
from workers.cluster.scenario_errors import Problem, ScenarioError


def problems(**fields):
    with pytest.raises(ScenarioError) as caught:
        plan(asked(**fields), "e.yaml")
    return list(caught.value.problems)


def test_every_variant_is_played_at_every_combination_of_swept_values():
    sweep = {"workload.orders": [2, 3], "partitions": {"from": 1, "to": 2, "count": 2}}
    planned = plan(asked(sweep=sweep), "e.yaml")
    assert [(cell.name, cell.scenario.workload.orders, cell.scenario.partitions) for cell in planned.cells] == [
        (f"{variant} · workload.orders={orders} · partitions={partitions}", orders, partitions)
        for variant in ("as it is", "chain")
        for orders in (2, 3)
        for partitions in (1, 2)
    ]
    assert planned.runs == 32


def test_the_later_setting_wins_experiment_then_variant_then_sweep():
    variants = [{"name": "a", "set": {"views": 3, "partitions": 2}}]
    settings = {"workload.orders": 4, "duration_s": 8, "views": 4, "partitions": 8, "drain_s": 5}
    planned = plan(asked(set=settings, variants=variants, sweep={"views": [5]}), "e.yaml")
    (cell,) = planned.cells
    assert (cell.scenario.views, cell.scenario.partitions, cell.scenario.drain_s) == (5, 2, 5)


def test_a_variant_may_begin_from_the_fix_and_leaves_the_scenarios_own_expectations_behind():
    planned = plan(asked(set={}, variants=[{"name": "mended", "fix": True}]), "e.yaml")
    mended = fixed(load("validation-meets-tax"))
    (cell,) = planned.cells
    assert (cell.scenario.design, cell.scenario.network) == (mended.design, mended.network)
    assert mended.expect != ()
    assert cell.scenario.expect == ()


def test_an_expectation_holds_for_the_variants_that_it_names():
    expect = [
        {"checker": "lost-updates", "verdict": "failed", "variants": ["as it is"], "because": "They collide."},
        {"checker": "divergence", "verdict": "passed", "because": "All agree in the end."},
    ]
    planned = plan(asked(expect=expect), "e.yaml")
    assert [[item.checker for item in cell.scenario.expect] for cell in planned.cells] == [
        ["lost-updates", "divergence"],
        ["divergence"],
    ]


def test_an_error_is_told_at_the_field_line_and_value_of_its_author():
    text = yaml.safe_dump(asked(sweep={"network.default.latency.mean_ms": [20, -5]}), sort_keys=False)
    with pytest.raises(ScenarioError) as caught:
        parse_experiment(text, "e.yaml")
    (first, *_) = caught.value.problems
    lines = text.splitlines()
    assert lines[first.line - 1].strip() == "network.default.latency.mean_ms:"
    assert (first.field, first.value) == ("sweep.network.default.latency.mean_ms", "-5")


EXPECTED = {"checker": "divergence", "verdict": "passed", "because": "x"}


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"scenario": "order-flo"}, "scenario", "there is no such scenario; did you mean order-flow"),
        ({"variants": []}, "variants", "at least 1 item"),
        ({"variants": [{"name": "a"}, {"name": "a"}]}, "variants", "two variants are called 'a'"),
        ({"variants": [{"name": "a", "design": "chain"}]}, "variants.0.design", "there is no such design"),
        ({"variants": [{"name": "a", "set": {"seed": 3}}]}, "variants.0.set", "seed it says itself"),
        ({"set": {"worklod.orders": 3}}, "set", "did you mean workload"),
        ({"sweep": {"views": []}}, "sweep.views", "at least 1 item"),
        ({"sweep": {"views": {"from": 3, "to": 1, "count": 2}}}, "sweep.views", "to 1 must lie above from 3"),
        ({"seeds": {"count": 100_000}}, "", "200,000 runs"),
        ({"expect": [{**EXPECTED, "variants": ["b"]}]}, "expect.0.variants", "no such variant"),
        ({"expect": [{**EXPECTED, "verdict": "no"}]}, "expect.0.verdict", "'passed', 'failed' or 'unknown'"),
        ({"variants": [{"name": "a", "design": "quorum"}]}, "variants.0.design", "design"),
        ({"scenario": "demo", "set": {}}, "variants.0", "runs until it is stopped"),
        ({"scenario": {"name": "x", "title": "X", "design": "none"}}, "scenario.design", "there is no such design"),
        ({"scenario": "order-flow", "variants": [{"name": "a", "fix": True}]}, "variants.0.fix", "has no fix"),
    ],
)  # fmt: skip
def test_what_cannot_be_played_is_refused_at_its_field(fields, field, said):
    found = problems(**fields)
    assert found[0].field == field
    assert said in found[0].remedy


def test_a_wrong_expectation_is_told_once_however_many_cells_there_are():
    expect = [{"metric": "work.messages.sent", "at_mostt": 3, "because": "x"}]
    assert [problem.field for problem in problems(expect=expect, sweep={"views": [1, 2, 3]})] == ["expect.0.at_mostt"]


def test_a_range_has_its_ends_and_equal_steps_or_equal_factors():
    assert Range.model_validate({"from": 0, "to": 1, "count": 5}).values() == [0, 0.25, 0.5, 0.75, 1]
    assert Range.model_validate({"from": 1, "to": 1000, "count": 4, "scale": "log"}).values() == [1, 10, 100, 1000]


def test_a_text_that_is_no_mapping_is_refused():
    with pytest.raises(ScenarioError) as caught:
        parse_experiment("- a\n", "e.yaml")
    remedy = "write a mapping of fields, such as `name: my-experiment`"
    assert caught.value.problems == (Problem(1, "", "list", remedy),)


def test_a_misspelt_path_of_a_sweep_names_the_likest():
    with pytest.raises(ScenarioError) as refused:
        plan(asked(sweep={"network.default.latncy.mean_ms": [5, 50]}), "e.yaml")
    assert [(one.field, one.remedy) for one in refused.value.problems] == [
        ("sweep.network.default.latncy.mean_ms", "there is no such field; did you mean latency?")
    ]
