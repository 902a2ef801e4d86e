"""Draws one live run for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from consistency_viz.experiments import fault_report, visibility_report
from consistency_viz.experiments.simulation_report import EXPECTED, FIGURES, expectations, number
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
    for name, title in FIGURES:
        value = _leaf(run.metrics, name)
        if value is not None:
            figures.add_row(title, number(value))
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


def _leaf(metrics: dict[str, Any], name: str) -> float | None:
    place: Any = metrics
    for step in name.split("."):
        place = place.get(step) if isinstance(place, dict) else None
    return float(place) if isinstance(place, int | float) else None
