"""Draws one live run for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from consistency_viz.experiments.simulation_report import FIGURES, number
from consistency_viz.lab.headless import LiveRun


def render(run: LiveRun) -> Iterator[RenderableType]:
    """What ran and how it ended, the verdicts, the figures, the witnesses."""
    yield Text(f"{run.scenario}, seed {run.seed}, live: {run.state} ({run.reason})", style="bold")
    yield Text(f"{run.observations:,} observations in {run.duration_ms / 1_000:,.1f} s")
    verdicts = Table("checker", "verdict", "reason", box=None)
    for result in run.results:
        verdicts.add_row(result.checker, result.verdict.value, result.reason)
    yield verdicts
    figures = Table("figure", "value", box=None)
    for name, title in FIGURES:
        value = _leaf(run.metrics, name)
        if value is not None:
            figures.add_row(title, number(value))
    yield figures
    for result in run.results:
        for witness in result.witnesses:
            yield Text(f"{result.checker}: {witness.text}")


def _leaf(metrics: dict[str, Any], name: str) -> float | None:
    place: Any = metrics
    for step in name.split("."):
        place = place.get(step) if isinstance(place, dict) else None
    return float(place) if isinstance(place, int | float) else None
