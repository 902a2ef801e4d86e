"""Draws simulated runs for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from consistency_viz.experiments.simulations import SimulatedRun
from workers.cluster.scenario import Scenario

FIGURES: Final = (
    ("divergence.value.all.windows_closed", "divergence windows closed"),
    ("divergence.value.all.windows_open", "divergence windows still open"),
    ("divergence.value.all.union_ms", "diverged, all keys together (ms)"),
    ("divergence.value.all.window_ms_p50", "divergence window p50 (ms)"),
    ("divergence.value.all.window_ms_p99", "divergence window p99 (ms)"),
    ("work.operations.place.ok", "orders accepted"),
    ("work.operations.place.fail", "orders refused"),
    ("work.operations.place.info", "orders of unknown outcome"),
    ("work.place_latency_ms_p50", "order latency p50 (ms)"),
    ("work.place_latency_ms_p99", "order latency p99 (ms)"),
    ("work.effects.email", "e-mails"),
    ("work.messages.delivered", "messages delivered"),
    ("work.messages.dropped", "messages lost"),
)
"""The figures that a reader asks for first, by name and in words; ``--json`` has all of them."""


def render(scenario: Scenario, runs: Sequence[SimulatedRun], summary: dict[str, Any]) -> Iterator[RenderableType]:
    """Verdicts, then figures: a median with its interval, or the one value of a single run."""
    n = summary["n"]
    seeds = f"seed {runs[0].seed}" if n == 1 else f"{n:,} runs, seeds {runs[0].seed} to {runs[-1].seed}"
    yield Text(f"{scenario.title} ({scenario.name}, {scenario.design}): {seeds}", style="bold")
    yield _verdicts(runs, summary)
    table = Table("figure", box=None)
    for title in ("median", "95% interval", "min", "max") if n > 1 else ("value",):
        table.add_column(title, justify="right")
    for name, title in FIGURES:
        found = summary["metrics"].get(name)
        if found is None:
            continue
        if n == 1:
            table.add_row(title, number(found["estimate"]))
            continue
        interval = "sample too small" if found["low"] is None else f"{number(found['low'])} – {number(found['high'])}"  # noqa: RUF001
        table.add_row(title, number(found["estimate"]), interval, number(found["min"]), number(found["max"]))
    yield table
    for run in runs[:3]:
        for result in run.results:
            for witness in result.witnesses[:2]:
                yield Text(f"seed {run.seed}, {result.checker}: {witness.text}")


def _verdicts(runs: Sequence[SimulatedRun], summary: dict[str, Any]) -> Table:
    table = Table("checker", "passed", "failed", "unknown", "", box=None)
    for checker, found in summary["verdicts"].items():
        share = found["failed_share"]
        text = found["note"]
        if found["failed"]:
            text = f"failed in {share['estimate']:.1%} of runs (95%: {share['low']:.1%} to {share['high']:.1%})"
        if len(runs) == 1:
            text = next(result.reason for result in runs[0].results if result.checker == checker)
        table.add_row(checker, *(f"{found[name]:,}" for name in ("passed", "failed", "unknown")), text)
    return table


def number(value: float) -> str:
    """A figure for people: thousands separated, at most one decimal."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
