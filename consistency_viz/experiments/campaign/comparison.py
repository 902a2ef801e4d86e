"""The price table: cells side by side, each figure with its interval, across one experiment or several. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from consistency_viz.checkers.verdict import Verdict
from consistency_viz.experiments.campaign.answer import failing_alike
from consistency_viz.experiments.simulation_report import number

FIGURES: Final = (
    ("work.place_latency_ms_p50", "order p50 (ms)"),
    ("work.place_latency_ms_p99", "order p99 (ms)"),
    ("divergence.value.all.union_ms", "diverged (ms)"),
    ("divergence.value.all.window_ms_p99", "window p99 (ms)"),
    ("work.messages.delivered", "messages"),
)
"""What a design costs; a figure that no cell has is left out."""

TITLES: Final = dict(FIGURES)


class Table(NamedTuple):
    """Plain text by row and column; ``rows`` are as long as ``head``. ``alike``: what failed in every run of all."""

    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    alike: tuple[str, ...] = ()


def figures_of(summaries: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The figures that the cells are compared by, with their titles: those that are asked about, then the prices."""
    asked = [name for summary in summaries for name in summary.get("asked", {}).get("metrics", ())]
    names = dict.fromkeys([*asked, *TITLES])
    cells = [cell["summary"]["metrics"] for summary in summaries for cell in summary["cells"] if cell["summary"]]
    return [(name, title_of(name)) for name in names if any(name in metrics for metrics in cells)]


def title_of(figure: str) -> str:
    """A figure's name in words: ``counter.lost_increments`` is ``counter lost increments``."""
    return TITLES.get(figure) or figure.replace(".", " ").replace("_", " ")


def compared(summaries: Sequence[dict[str, Any]]) -> Table:
    """Every cell of every summary as a row: medians with their 95 % intervals, and the checkers that failed."""
    cells = [(summary, cell) for summary in summaries for cell in summary["cells"] if cell["summary"] is not None]
    shown = figures_of(summaries)
    alike = failing_alike([cell for _, cell in cells])
    several = len(summaries) > 1
    head = (*(("experiment",) if several else ()), "cell", "design", "runs", *(title for _, title in shown), "failed")
    rows = [
        (
            *((summary["experiment"]["name"],) if several else ()),
            cell["name"],
            cell["design"],
            f"{cell['summary']['n']:,}",
            *(interval(cell["summary"]["metrics"].get(name)) for name, _ in shown),
            failed({name: said for name, said in cell["summary"]["verdicts"].items() if name not in alike}),
        )
        for summary, cell in cells
    ]
    return Table(head, rows, tuple(alike))


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
