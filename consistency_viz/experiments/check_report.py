"""Draws the verdicts on a history for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from consistency_viz.checkers.verdict import Result, Verdict
from consistency_viz.experiments import fault_report
from consistency_viz.observation.checking import Report

_STYLE: Final = {Verdict.PASSED: "bold green", Verdict.FAILED: "bold red", Verdict.UNKNOWN: "bold yellow"}


def render(report: Report) -> Iterator[RenderableType]:
    """The parts of the report, top to bottom. Texts from the file are shown as they are, never as markup."""
    header = report.header
    if header.driver != "jepsen":
        head = f"{header.scenario} / {header.design}, seed {header.seed}, {header.driver}: "
        head += f"{report.observations:,} observations in {report.duration_ms:,.0f} ms"
    else:
        head = f"{header.scenario}, {header.driver}: {report.observations:,} events in {report.duration_ms:,.0f} ms"
    yield Text(_printable(head))
    yield from (Text(_printable(note), style="dim") for note in report.notes)
    yield _verdicts(report.results)
    for result in report.results:
        if result.checker == "divergence" and result.applicable:
            yield _windows(result.metrics)
    yield from fault_report.render(report.faults, header.started_us)
    for result in report.results:
        yield from _witnesses(result)
    yield Text.assemble("Verdict: ", (report.verdict.value, _STYLE[report.verdict]))


def _verdicts(results: list[Result]) -> Table:
    table = Table("checker", "verdict", "reason")
    for result in results:
        verdict = Text(result.verdict.value, _STYLE[result.verdict] if result.applicable else "dim")
        table.add_row(result.checker, verdict, Text(_printable(result.reason)))
    return table


def _windows(metrics: dict[str, Any]) -> Table:
    """The windows of ``divergence``: one row for each view and scope."""
    table = Table(title="divergence windows", title_justify="left")
    table.add_column("view")
    table.add_column("scope")
    for name in ("closed", "open", "union ms", "longest ms", "p50 ms", "p95 ms", "p99 ms"):
        table.add_column(name, justify="right")
    for view in ("value", "updates"):
        for scope, row in metrics[view].items():
            numbers = [f"{row['windows_closed']:,}", f"{row['windows_open']:,}"]
            numbers += [_ms(row[name]) for name in ("union_ms", "longest_ms")]
            numbers += [_ms(row[f"window_ms_{q}"]) for q in ("p50", "p95", "p99")]
            table.add_row(view, scope, *numbers)
    return table


def _witnesses(result: Result) -> Iterator[Text]:
    for witness in result.witnesses:
        line = Text(f"{result.checker}: ", style="bold")
        line.append(_printable(witness.text), style="not bold")
        if witness.indices:
            line.append(f" [observations {', '.join(map(str, witness.indices))}]", style="not bold dim")
        yield line
    if result.witnesses_skipped:
        yield Text(f"{result.checker}: and {result.witnesses_skipped:,} more witnesses")


def _ms(value: float | None) -> str:
    return "not reached" if value is None else f"{value:,.3f}".rstrip("0").rstrip(".")


def _printable(text: str) -> str:
    """Without control characters: a history is untrusted, and a terminal obeys them."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
