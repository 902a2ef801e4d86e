"""The price table: cells side by side, each figure with its interval, across one experiment or several. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from consistency_viz.checkers.verdict import Verdict
from consistency_viz.experiments.simulation_report import number

FIGURES: Final = (
    ("work.place_latency_ms_p50", "order p50 (ms)"),
    ("work.place_latency_ms_p99", "order p99 (ms)"),
    ("divergence.value.all.union_ms", "diverged (ms)"),
    ("divergence.value.all.window_ms_p99", "window p99 (ms)"),
    ("work.messages.delivered", "messages"),
)
"""What a design costs; a figure that no cell has is left out."""


class Table(NamedTuple):
    """Plain text by row and column; ``rows`` are as long as ``head``."""

    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


def compared(summaries: Sequence[dict[str, Any]]) -> Table:
    """Every cell of every summary as a row: medians with their 95 % intervals, and the checkers that failed."""
    cells = [(summary, cell) for summary in summaries for cell in summary["cells"] if cell["summary"] is not None]
    shown = [(name, title) for name, title in FIGURES if any(name in cell["summary"]["metrics"] for _, cell in cells)]
    several = len(summaries) > 1
    head = (*(("experiment",) if several else ()), "cell", "design", "runs", *(title for _, title in shown), "failed")
    rows = [
        (
            *((summary["experiment"]["name"],) if several else ()),
            cell["name"],
            cell["design"],
            f"{cell['summary']['n']:,}",
            *(interval(cell["summary"]["metrics"].get(name)) for name, _ in shown),
            failed(cell["summary"]["verdicts"]),
        )
        for summary, cell in cells
    ]
    return Table(head, rows)


def interval(found: dict[str, Any] | None) -> str:
    """``72.5 (66.8 to 91.2)``; a dash where there is no such figure."""
    if found is None:
        return "-"
    if found["low"] is None:
        return number(found["estimate"])
    return f"{number(found['estimate'])} ({number(found['low'])} to {number(found['high'])})"


def failed(verdicts: dict[str, Any]) -> str:
    """The checkers that failed in some run, with the share of runs."""
    shares = [
        f"{name} {said['failed_share']['estimate']:.0%}"
        for name, said in verdicts.items()
        if said[Verdict.FAILED.value]
    ]
    return ", ".join(shares) or "none"
