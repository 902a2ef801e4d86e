"""Draws simulated runs for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from consistency_viz.checkers.verdict import Verdict
from consistency_viz.experiments import fault_report, pooled_windows, visibility_report
from consistency_viz.experiments.price_figures import PRICES, PriceFigure, teller
from consistency_viz.experiments.tally import Tally
from workers.cluster.schema.story import VerdictExpected

STYLES: Final = {None: "", Verdict.PASSED: "bold green", Verdict.FAILED: "bold red", Verdict.UNKNOWN: "bold yellow"}
COUNTS: Final = (
    ("divergence.value.all.windows_closed", "divergence windows closed"),
    ("divergence.value.all.windows_open", "divergence windows still open"),
    ("work.operations.place.ok", "orders accepted"),
    ("work.operations.place.fail", "orders refused"),
    ("work.operations.place.info", "orders of unknown outcome"),
    ("work.effects.email", "e-mails"),
    ("work.messages.delivered", "messages delivered"),
    ("work.messages.dropped", "messages lost"),
)
"""Beside the prices, how much there was of everything; ``--json`` has all figures."""

FIGURES: Final = (
    *PRICES,
    *(PriceFigure(name, name, title, title, "count", "", "the run") for name, title in COUNTS),
)
"""What a reader asks for first."""


EXPECTED: Final = {
    None: "nothing is expected of this scenario",
    Verdict.PASSED: "what was expected was found",
    Verdict.FAILED: "NOT what was expected",
    Verdict.UNKNOWN: "whether this is what was expected cannot be told",
}
"""The verdict on a scenario's expectations in words."""

FOUND: Final = {Verdict.PASSED: "as expected", Verdict.FAILED: "NOT", Verdict.UNKNOWN: "cannot be told"}
"""The verdict on one expectation: "passed" beside "failed is expected" would read as its opposite."""

WITNESSES_MAX: Final = 2


def render(tally: Tally, summary: dict[str, Any]) -> Iterator[RenderableType]:
    """Verdicts, expectations, figures: a median with its interval, or the one value of a single run; witnesses."""
    n, scenario = tally.n, tally.scenario
    first = tally.first[0].seed
    seeds = f"seed {first}" if n == 1 else f"{n:,} runs, seeds {first} to {tally.last_seed}"
    yield Text(f"{scenario.title} ({scenario.name}, {scenario.design}): {seeds}", style="bold")
    yield _verdicts(tally, summary)
    idle = _idle(tally, summary)
    if idle:
        yield Text(f"Nothing to judge: {', '.join(idle)}.", style="dim")
    yield from expectations(summary["expectations"])
    yield _figures(n, summary["metrics"])
    if n > 1 and summary["windows"] is not None:
        yield Text(pooled_windows.in_words(summary["windows"]))
    yield from visibility_report.render(summary["visibility"])
    if n == 1:
        yield from fault_report.render(tally.first[0].faults)
    asked = [item.checker for item in scenario.expect if isinstance(item, VerdictExpected)]
    for run in tally.first:
        for result in sorted(run.results, key=lambda result: result.checker not in asked):  # what is expected first
            for witness in result.witnesses[:WITNESSES_MAX]:
                yield Text(f"seed {run.seed}, {result.checker}: {witness.text}")


def expectations(found: dict[str, Any]) -> Iterator[RenderableType]:
    """What was expected, whether it was found, in which share of the runs, and why it matters."""
    items = found["items"]
    if not items:
        return
    table = Table("expected", "found", "showed in", "because", box=None)
    for item in items:
        share = item["share"]
        n = item["showed"] + item["not_shown"] + item["unknown"]
        interval = f" ({share['low']:.0%} to {share['high']:.0%})" if n > 1 else ""
        because = Text(item["because"])
        if item["reason"]:
            because.append(f"\n{item['reason']}", style="italic")
        table.add_row(
            Text(item["expected"]),
            Text(FOUND[item["verdict"]], STYLES[item["verdict"]]),
            f"{item['showed']:,} of {n:,}{interval}",
            because,
        )
    yield table
    yield Text(f"Expectations: {EXPECTED[found['verdict']]}.", style=STYLES[found["verdict"]])


def _figures(n: int, metrics: dict[str, Any]) -> Table:
    table = Table("figure", box=None)
    for title in ("median", "95% interval", "min", "max") if n > 1 else ("value",):
        table.add_column(title, justify="right")
    for figure in FIGURES:
        found = metrics.get(figure.name)
        if found is None or (figure.of and not metrics.get(figure.of, {}).get("max")):
            continue
        tell = teller(figure.unit)
        if n == 1:
            table.add_row(figure.heading, tell(found["estimate"]))
            continue
        interval = "sample too small" if found["low"] is None else f"{tell(found['low'])} – {tell(found['high'])}"  # noqa: RUF001
        table.add_row(figure.heading, tell(found["estimate"]), interval, tell(found["min"]), tell(found["max"]))
    return table


def _verdicts(tally: Tally, summary: dict[str, Any]) -> Table:
    table = Table("checker", "passed", "failed", "unknown", "", box=None)
    idle = _idle(tally, summary)
    for checker, found in summary["verdicts"].items():
        if checker in idle:
            continue
        share = found["failed_share"]
        text = found["note"]
        if found["failed"]:
            text = f"failed in {share['estimate']:.1%} of runs (95%: {share['low']:.1%} to {share['high']:.1%})"
        if tally.n == 1:
            text = next(result.reason for result in tally.first[0].results if result.checker == checker)
        table.add_row(checker, *(f"{found[name]:,}" for name in ("passed", "failed", "unknown")), Text(text))
    return table


def _idle(tally: Tally, summary: dict[str, Any]) -> list[str]:
    """The checkers that judged no run because there was nothing for them; one that gave up is none of them."""
    gave_up = {result.checker for run in tally.first for result in run.results if result.applicable}
    verdicts = summary["verdicts"].items()
    return [name for name, found in verdicts if not found["passed"] + found["failed"] and name not in gave_up]


def number(value: float) -> str:
    """A figure for people: thousands separated, at most one decimal."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
