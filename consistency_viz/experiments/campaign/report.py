"""Draws an experiment's summary for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from consistency_viz.checkers.verdict import Verdict
from consistency_viz.experiments.campaign.comparison import figures_of, interval
from consistency_viz.experiments.simulation_report import EXPECTED, FOUND, STYLES


def render(summary: dict[str, Any]) -> Iterator[RenderableType]:
    """Title, price table, checkers that failed somewhere, expectations, the answer."""
    asked = summary["experiment"]
    yield Text(f"{asked['title']} ({asked['name']}): {summary['runs']:,} runs, {asked['engine']}", style="bold")
    if asked.get("question"):
        yield Text(asked["question"])
    cells = [cell for cell in summary["cells"] if cell["summary"] is not None]
    yield _prices(summary, cells)
    yield from _failed(cells)
    yield from _expected(cells)
    verdict = summary["verdict"]
    yield Text(summary["answer"] or f"Expectations: {EXPECTED[verdict]}.", style=STYLES[verdict])


def _prices(summary: dict[str, Any], cells: list[dict[str, Any]]) -> Table:
    shown = figures_of([summary])
    table = Table(box=None)
    table.add_column("median (95 % interval)", no_wrap=True)
    table.add_column("design")
    table.add_column("runs", justify="right")
    for figure in shown:
        table.add_column(figure.short_heading, justify="right")
    for cell in cells:
        found = cell["summary"]
        values = [interval(found["metrics"].get(figure.name), figure.unit) for figure in shown]
        table.add_row(Text(cell["name"]), cell["design"], f"{found['n']:,}", *values)
    return table


def _failed(cells: list[dict[str, Any]]) -> Iterator[RenderableType]:
    """The checkers that failed in some run, cell by cell, each with its share of runs."""
    table = Table("cell", "failed", box=None)
    table.add_column("in share of runs", justify="right")
    table.add_column("95 %", justify="right")
    for cell in cells:
        name = cell["name"]
        for checker, said in cell["summary"]["verdicts"].items():
            if said["failed"]:
                share = said["failed_share"]
                table.add_row(
                    Text(name), checker, f"{share['estimate']:.1%}", f"{share['low']:.1%} to {share['high']:.1%}"
                )
                name = ""
    if table.row_count:
        yield table


def _expected(cells: list[dict[str, Any]]) -> Iterator[RenderableType]:
    items = [(cell["name"], item) for cell in cells for item in cell["summary"]["expectations"]["items"]]
    if not items:
        return
    table = Table("cell", "expected", "found", "showed in", box=None)
    for name, item in items:
        n = item["showed"] + item["not_shown"] + item["unknown"]
        expected = Text(item["expected"])
        if item["reason"]:
            expected.append(f"\n{item['reason']}", style="italic")
        if item["verdict"] == Verdict.FAILED:
            seeds = ", ".join(str(seed) for seed in item["seeds_not_shown"][:5])
            expected.append(f"\nnot in seed {seeds}", style="dim")
        share = f"{item['showed']:,} of {n:,}"
        table.add_row(Text(name), expected, Text(FOUND[item["verdict"]], STYLES[item["verdict"]]), share)
    yield table
