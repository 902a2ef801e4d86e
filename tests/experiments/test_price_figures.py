"""The one list of prices: every figure of it is told by some run, and everything that shows prices shows these."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from consistency_viz.experiments import simulation_report
from consistency_viz.experiments.campaign.alone import play_all, simulated
from consistency_viz.experiments.campaign.cells import plan
from consistency_viz.experiments.campaign.comparison import compared
from consistency_viz.experiments.campaign.conclusion import summary_of
from consistency_viz.experiments.expectations import numbers
from consistency_viz.experiments.findings import findings_of
from consistency_viz.experiments.price_figures import BRIEF, PRICES, figure_named, price_of, priced, told
from consistency_viz.experiments.results.figures import figures
from consistency_viz.experiments.simulated_runs import materialise
from consistency_viz.experiments.simulations import simulate_once
from consistency_viz.experiments.tally import Tally
from consistency_viz.lab.stack import PROJECT
from consistency_viz.rooms.results import results_of
from tests.experiments.campaign.asked import asked
from workers.cluster.catalogue import load

SMALL = ["workload.orders=6", "duration_s=8", "faults=[]"]


@pytest.fixture(scope="module")
def orders() -> dict[str, float]:
    return dict(numbers("", simulate_once(load("validation-meets-tax", SMALL), 1).metrics))


def test_a_run_of_the_order_flow_tells_every_price(orders):
    assert [told["id"] for told in priced(orders)] == [price.id for price in PRICES]
    assert len({price.id for price in PRICES}) == len({price.name for price in PRICES}) == len(PRICES)


def test_where_nothing_could_be_lost_nothing_is_said_of_losses(orders):
    (lost,) = [price for price in PRICES if price.id == "lost"]
    assert price_of(lost, {**orders, lost.of: 0}) is None
    assert price_of(lost, {lost.of: 3}) is None
    assert price_of(lost, {lost.name: 0, lost.of: 3}) == 0


def test_the_run_page_the_room_the_tables_and_the_results_all_show_this_list(db):
    scenario = load("validation-meets-tax", SMALL)
    run = materialise(scenario.model_dump(mode="json"), 1)
    found = findings_of(run)
    assert [(one["id"], one["title"]) for one in found["prices"]] == [(one.id, one.title) for one in PRICES]
    room = results_of(run)
    assert room is not None
    values = {one["id"]: one["value"] for one in found["prices"]}
    assert room["figures"] == {price.id: values[price.id] for price in BRIEF}

    specification = asked()
    planned = plan(specification, "e.yaml")
    summary = summary_of(specification, play_all(planned, simulated(planned, 1), lambda *_: None))
    names = [panel.figure for panel in figures(summary, {}).panels if not panel.is_asked]
    assert [figure for figure in PRICES if figure in names] == names
    assert set(BRIEF) <= set(names) | {figure_named(name) for name in summary["asked"]["metrics"]}
    assert {price.short_heading for price in BRIEF} <= set(compared([summary]).head)

    tally = Tally(scenario)
    tally.add(simulate_once(scenario, 1))
    console = Console(width=200, record=True, file=StringIO())
    console.print(*simulation_report.render(tally, tally.summary()))
    text = console.export_text()
    assert [price.heading for price in PRICES if price.heading not in text] == []


def test_no_page_brings_figures_of_its_own():
    names = re.compile("|".join(re.escape(price.name) for price in PRICES))
    scripts = [*(PROJECT / "static/js").rglob("*.js"), *(PROJECT / "templates").rglob("*.html")]
    assert [str(path) for path in scripts if names.search(Path(path).read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "ms", "-"),
        (0.0, "count", "0"),
        (1_234.56, "ms", "1,235"),
        (4.517, "count", "4.52"),
        (72.46, "ms", "72.5"),
        (0.93, "share", "93 %"),
        (0.0004, "share", "0.04 %"),
        (0.00004, "share", "0.004 %"),
        (1.0, "share", "100 %"),
    ],
)
def test_values_are_told_with_what_they_need_and_no_more(value, unit, text):
    assert told(value, unit) == text


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("divergence.value.all.window_ms_p99", "ms"),
        ("divergence.value.all.window_ms_n", "count"),
        ("counter.lost_increments", "count"),
        ("staleness.violations.share", "share"),
    ],
)
def test_the_unit_of_any_other_figure_follows_from_its_name(name, unit):
    assert figure_named(name).unit == unit
