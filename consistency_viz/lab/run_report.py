"""Draws one live run for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from consistency_viz.experiments import fault_report, visibility_report
from consistency_viz.experiments.expectations import numbers
from consistency_viz.experiments.price_figures import price_of, told
from consistency_viz.experiments.simulation_report import EXPECTED, FIGURES, expectations
from consistency_viz.lab.headless import LiveRun


def render(run: LiveRun) -> Iterator[RenderableType]:
    """What ran and how it ended, the verdicts, the expectations, the figures, the witnesses."""
    yield Text(f"{run.scenario}, seed {run.seed}, live: {run.state} ({run.reason})", style="bold")
    yield Text(f"{run.observations:,} observations in {run.duration_ms / 1_000:,.1f} s")
    verdicts = Table("checker", "verdict", "reason", box=None)
    for result in run.results:
        verdicts.add_row(result.checker, result.verdict.value, result.reason)
    yield verdicts
    yield from expectations(run.expectations)
    figures = Table("figure", "value", box=None)
    known = dict(numbers("", run.metrics))
    for figure in FIGURES:
        value = price_of(figure, known)
        if value is not None:
            figures.add_row(figure.heading, told(value, figure.unit))
    yield figures
    yield from visibility_report.render(run.visibility)
    yield from fault_report.render(run.faults)
    for result in run.results:
        for witness in result.witnesses:
            yield Text(f"{result.checker}: {witness.text}")
    yield Text(f"Exit status {run.exit_status}: {_because(run)}.")


def _because(run: LiveRun) -> str:
    if run.state != "finished":
        return f"the run did not finish, it is {run.state}"
    return EXPECTED[run.expectations["verdict"]]
