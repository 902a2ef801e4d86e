"""Reports and tables: the same figures from a file as from rows, nothing that runs, nothing from elsewhere."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from django.core.management import get_commands

from consistency_viz.experiments.campaign import playing, results, storing
from consistency_viz.experiments.campaign.cells import plan
from consistency_viz.experiments.campaign.reconciling import Reconciler
from consistency_viz.experiments.models import Experiment
from consistency_viz.experiments.price_figures import BRIEF
from consistency_viz.experiments.results import drawn as drawing
from consistency_viz.experiments.results import ecdf, figures, run_report, sweeps, tables
from consistency_viz.experiments.simulations import simulate_once
from consistency_viz.observation.checking import check_file
from tests.experiments.campaign.asked import asked
from tests.experiments.commands import manage
from tests.observation.exports import simulated, written
from workers.cluster.catalogue import load
from workers.model.observation import Applied

HOSTILE = "=<img src=x onerror=alert(1)>"
VARIANTS = [{"name": HOSTILE}, {"name": "chain", "design": "serial-chain"}]
EXPECT = [{"metric": "work.messages.sent", "at_most": 1, "because": "It <b>cannot</b> be."}]
FIELDS = {"variants": VARIANTS, "expect": EXPECT, "sweep": {"network.default.latency.mean_ms": [5, 50]}}


@pytest.fixture
def played(db) -> Experiment:
    experiment = storing.create(plan(asked(**FIELDS), "e.yaml"))
    storing.start(experiment)
    while experiment.state != Experiment.State.FINISHED:
        Reconciler(playing.play, processes=1).round()
        experiment.refresh_from_db()
    return experiment


def figures_in(text: str) -> list[str]:
    whole = (
        r'<figure class="results-panel".*?</figure>|<li data-figure.*?</li>|<ul class="conclusion" data-figure.*?</ul>'
    )
    return re.findall(whole, text, re.DOTALL)


@pytest.fixture
def written_files(tmp_path: Path) -> dict[str, Path]:
    file = tmp_path / "e.yaml"
    file.write_text(yaml.safe_dump(asked(**FIELDS)))
    out = {kind: tmp_path / f"out.{kind}" for kind in ("html", "csv", "parquet")}
    options = [word for kind, path in out.items() for word in (f"--{kind}", str(path))]
    assert manage("experiment", str(file), "--jobs", "1", *options, app="consistency_viz.lab")[0] == 1
    return out


def test_page_report_and_file_show_the_same_figures_and_the_tables_the_same_runs(client, played, written_files):
    alone = written_files["html"].read_text()
    page = client.get("/experiments/which/").content.decode()
    download = client.get("/experiments/which/results/html/").content.decode()
    shown = figures_in(alone)
    (messages,) = [one for one in shown if 'data-figure="price work.clients.messages_each"' in one]
    assert messages.count('class="run"') == 16
    assert len(shown) > 10
    assert figures_in(page) == shown
    assert figures_in(download) == shown
    for kind in ("csv", "parquet"):
        answer = client.get(f"/experiments/which/results/{kind}/")
        assert answer.content == written_files[kind].read_bytes()
    summary = json.loads(client.get("/experiments/which/results/json/").content)
    assert summary["runs"] == 16


def test_what_strangers_named_is_text_in_a_report_and_no_formula_in_a_table(written_files):
    text = written_files["html"].read_text()
    assert "<img" not in text
    assert "&lt;img src=x" in text
    assert "<script" not in text
    assert re.findall(r'(?:src|href)="', text) == []
    assert re.findall(r"url\(|@import", text) == []
    with written_files["csv"].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["variant"] == f"'{HOSTILE}"
    table = pq.read_table(written_files["parquet"]).to_pylist()
    assert table[0]["variant"] == HOSTILE
    assert [(row["cell"], row["seed"]) for row in table] == [
        (row["cell"].lstrip("'"), int(row["seed"])) for row in rows
    ]
    name = "work.messages.sent"
    assert [row[name] for row in table] == [float(row[name]) for row in rows]


def test_the_lowest_is_marked_among_cells_that_share_their_swept_values(played):
    found = figures.figures(played.summary, {})
    marks = [row.mark for panel in found.panels if panel.figure.id == "messages" for row in panel.rows]
    cells = [cell["name"] for cell in played.summary["cells"]]
    estimates = [
        cell["summary"]["metrics"]["work.clients.messages_each"]["estimate"] for cell in played.summary["cells"]
    ]
    lowest = [min(zip(estimates[at::2], cells[at::2], strict=True))[1] for at in (0, 1)]
    assert [cell for cell, mark in zip(cells, marks, strict=True) if mark == "best"] == sorted(lowest, key=cells.index)


def test_too_many_points_are_thinned_by_seed_to_what_can_be_drawn():
    assert figures.step_of(8, 100, 12) == 1
    step = figures.step_of(200, 500, 12)
    assert 200 * (500 // step) * 12 <= figures.POINTS_MAX


@pytest.mark.parametrize(
    ("value", "top"), [(0, 1), (1, 1), (1.1, 1.2), (7_606, 8_000), (0.21, 0.24), (99, 100), (9.1, 10)]
)
def test_an_axis_ends_at_a_round_number(value, top):
    assert figures.ceiling(value) == pytest.approx(top)


def test_the_report_of_a_run_draws_each_window_and_escapes_its_keys(tmp_path):
    source = tmp_path / "h.jsonl"
    text, observations = run_report.of_history(simulated("order-flow"))
    assert 'class="window"' in text
    found = {result.checker: result for result in check_file(simulated("order-flow")).results}
    told = re.findall(r'<li data-verdict="(\w+)".*?<strong>([\w-]+)</strong>', text, re.DOTALL)
    assert {checker: verdict for verdict, checker in told} == {name: one.verdict for name, one in found.items()}
    witnesses = sum(len(one.witnesses) for one in found.values())
    assert text.count('<p class="witness">') == witnesses
    assert observations > 100
    written(source, ("a", Applied("<script>alert(1)</script>", 1, "u")))
    text, _ = run_report.of_history(source, standing="stopped (<i>by hand</i>)")
    assert "<script" not in text
    assert "<i>" not in text


def test_windows_are_rows_by_key_the_longest_first_and_an_open_one_lasts_to_the_end():
    rows = run_report.by_key({("a", 1_000): 3_000, ("b", 2_000): None, ("a", 5_000): 6_000}, 1_000, 11_000)
    assert rows == [
        run_report.KeyWindows("b", ((1.0, None),), 9.0, 0),
        run_report.KeyWindows("a", ((0.0, 2.0), (4.0, 5.0)), 3.0, 0),
    ]


def test_the_command_export_is_ours():
    assert get_commands()["export"] == "consistency_viz.experiments"


def test_a_text_that_only_looks_like_a_number_stays_as_it_is():
    names = tables.CellNames("-1", "v", "d", {"p": -1})
    columns = tables.Columns(("p",), (), ("f",))
    lines = list(tables.csv_lines(columns, [tables.Kept(names, 1, 2.0, {}, {"f": -0.5})]))
    assert lines == ["cell,variant,design,p,seed,end_ms,f\n", "'-1,v,d,-1,1,2.0,-0.5\n"]


def test_one_swept_setting_is_drawn_as_curves_and_two_as_heatmaps_whose_series_stay_a_variants_own():
    def cell(variant: str, point: dict[str, int], **said: float) -> dict[str, object]:
        metrics = {
            name: {"estimate": value, "low": value - 1, "high": value + 1, "max": value} for name, value in said.items()
        }
        return {"variant": variant, "point": point, "summary": {"metrics": metrics, "verdicts": {}}}

    p50, p99 = (figure.name for figure in BRIEF if not figure.of)
    one = {
        "cells": [
            cell("a", {"x": 1}, **{p50: 5}),
            cell("a", {"x": 2}, **{p50: 7}),
            cell("b", {"x": 1}, **{p50: 6, p99: 9}),
            cell("b", {"x": 2}, **{p50: 8, p99: 3}),
        ]
    }
    first, second = sweeps.curves(one, {0: {p50: [(3, 4.0), (4, 5.5), (5, 9.0)]}})
    assert (first.values, first.top) == (("1", "2"), 10)
    place = sweeps.Place
    a, b = (
        (place(0, 5, 4, 6, 0, 4), place(1, 7, 6, 8, 1, None)),
        (place(0, 6, 5, 7, 2, None), place(1, 8, 7, 9, 3, None)),
    )
    assert first.lines == ((1, "a", a), (2, "b", b))
    assert second.lines == ((2, "b", (place(0, 9, 8, 10, 2, None), place(1, 3, 2, 4, 3, None))),)
    two = {"cells": [cell("a", {"x": x, "y": y}, **{p50: 10 * x + y}) for x in (1, 2) for y in (1, 2)]}
    (heat,) = sweeps.heats(two, {3: {p50: [(8, 20.0)]}})
    field = sweeps.Field
    assert heat.rows == (
        ("1", (field("11", "10 to 12", 0, 0), field("12", "11 to 13", 0, 1))),
        ("2", (field("21", "20 to 22", 7, 2), field("22", "21 to 23", 7, 3, 8))),
    )
    assert (sweeps.heats(one, {}), sweeps.curves(two, {})) == ([], [])


def test_how_often_a_checker_failed_is_drawn_over_the_sweep_and_leads_to_a_seed_that_failed(played):
    drawn = {one.name: one for one in sweeps.curves(played.summary, drawing.points_of(played, played.summary))}
    failed = drawn["failed lost-updates"]
    assert (failed.top, failed.unit) == (1.0, "share")
    for _, _, places in failed.lines:
        for place in places:
            said = played.summary["cells"][place.position]["summary"]["verdicts"]["lost-updates"]
            assert place.estimate == said["failed"] / 4
            assert [place.seed] == (said["seeds_failed"][:1] or [None])
    asked = drawn["work.messages.sent"]
    column = results.column(played.cells.get(position=0), "work.messages.sent")
    place = asked.lines[0][2][0]
    nearest = min(abs(value - place.estimate) for value in column[1])
    assert abs(dict(zip(*column, strict=True))[place.seed] - place.estimate) == nearest


def test_a_distribution_has_a_step_for_each_run_and_a_picture_for_each_swept_value(played):
    panels = figures.figures(played.summary, drawing.points_of(played, played.summary)).panels
    (one,) = [one for one in ecdf.steps(played.summary, panels) if one.name == "work.messages.sent"]
    assert [facet.title for facet in one.facets] == [f"network.default.latency.mean_ms = {ms}" for ms in (5, 50)]
    cell = played.cells.get(position=0)
    assert one.facets[0].lines[0].values == tuple(sorted(results.column(cell, "work.messages.sent")[1]))
    assert [line.series for line in one.facets[0].lines] == [1, 2]
    text = ecdf.drawn(one)["facets"][0]["svg"]
    assert text.count("<polyline") == 2
    assert f"{HOSTILE[:4]}<img" not in text


def test_the_figures_that_are_asked_about_come_before_the_prices_and_the_box_holds_the_middle_half(played):
    found = figures.figures(played.summary, {})
    assert [panel.figure.name for panel in found.panels if panel.is_asked] == [
        "work.messages.sent",  # the experiment's
        "lost-updates.lost.count",  # its scenario's
    ]
    assert [panel.is_asked for panel in found.panels[:3]] == [True, True, False]
    values = sorted(results.column(played.cells.get(position=0), "work.messages.sent")[1])
    row = found.panels[0].rows[0]
    assert (row.least, row.most) == (values[0], values[-1])
    assert (row.q25, row.q75) == (
        values[0] + 0.75 * (values[1] - values[0]),
        values[2] + 0.25 * (values[3] - values[2]),
    )
    assert found.answer[-1] == "Expectations: NOT what was expected."
    assert all(part[1:-1] in played.summary["answer"] for part in found.answer)


def test_the_report_of_a_quorum_draws_fresh_reads_beside_what_was_predicted(tmp_path):
    history = tmp_path / "h.jsonl"
    run = simulate_once(load("how-eventual", ["clients.operations=300"]), 1, history)
    text, _ = run_report.of_history(history)
    (figure,) = re.findall(r'data-figure="visibility".*?</figure>', text, re.DOTALL)
    told = re.findall(r"of (\d+); predicted", figure)
    assert [int(n) for n in told] == [n for _, n, _ in run.visibility]
    assert figure.count('class="fresh"') == figure.count('class="median"') == len(run.visibility) > 3
