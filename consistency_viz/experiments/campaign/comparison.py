"""The price table: cells side by side, each figure with its interval, across one experiment or several. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from consistency_viz.checkers.registry import CHECKERS
from consistency_viz.checkers.verdict import Verdict
from consistency_viz.experiments.campaign.answer import failing_alike
from consistency_viz.experiments.price_figures import BRIEF, PriceFigure, Unit, figure_named, told


class Table(NamedTuple):
    """Plain text by row and column; ``rows`` are as long as ``head``. ``alike``: what failed in every run of all."""

    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    alike: tuple[str, ...] = ()


def figures_of(summaries: Sequence[Mapping[str, Any]], prices: Sequence[PriceFigure] = BRIEF) -> list[PriceFigure]:
    """The figures that the cells are compared by: those that are asked about, then the ``prices`` that any cell has."""
    asked = asked_of(summaries)
    found = dict.fromkeys([*map(figure_named, asked), *prices])
    cells = [cell["summary"]["metrics"] for summary in summaries for cell in summary["cells"] if cell["summary"]]
    shown = [figure for figure in found if any(_tells(figure, metrics) for metrics in cells)]
    twice = {
        figure for figure in shown if any(_is_same(other, figure, cells) for other in shown[: shown.index(figure)])
    }
    return [figure for figure in shown if figure not in twice]


def asked_of(summaries: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of the figures that are asked about, the most important first."""
    return list(dict.fromkeys(name for one in summaries for name in one.get("asked", {}).get("metrics", ())))


def _is_same(figure: PriceFigure, other: PriceFigure, cells: Sequence[Mapping[str, Any]]) -> bool:
    """Whether one is the other under a narrower name: what all writers wait, where all of them place orders."""
    if figure.unit != "ms" or other.unit != "ms":
        return False
    values = [(metrics.get(figure.name), metrics.get(other.name)) for metrics in cells]
    return all(one == two for one, two in values) and any(one and one["max"] for one, _ in values)


def _tells(figure: PriceFigure, metrics: Mapping[str, Any]) -> bool:
    """Whether a cell has the figure, and something that it could be out of."""
    return figure.name in metrics and (not figure.of or bool(metrics.get(figure.of, {}).get("max")))


def compared(summaries: Sequence[dict[str, Any]]) -> Table:
    """Every cell of every summary as a row: medians with their 95 % intervals, and the checkers that failed."""
    cells = [(summary, cell) for summary in summaries for cell in summary["cells"] if cell["summary"] is not None]
    shown = figures_of(summaries)
    alike = failing_alike([cell for _, cell in cells])
    several = len(summaries) > 1
    titles = (figure.short_heading for figure in shown)
    head = (*(("experiment",) if several else ()), "cell", "design", "runs", *titles, "failed")
    rows = [
        (
            *((summary["experiment"]["name"],) if several else ()),
            cell["name"],
            cell["design"],
            f"{cell['summary']['n']:,}",
            *(interval(cell["summary"]["metrics"].get(one.name), one.unit) for one in shown),
            failed({name: said for name, said in cell["summary"]["verdicts"].items() if name not in alike}),
        )
        for summary, cell in cells
    ]
    return Table(head, rows, tuple(alike))


def interval(found: Mapping[str, Any] | None, unit: Unit = "count") -> str:
    """``72.5 (66.8 to 91.2)``; one number where all three read alike, a dash where there is no such figure."""
    if found is None:
        return "-"
    if found["low"] is None:
        return told(found["estimate"], unit)
    estimate = told(found["estimate"], unit)
    between = bounds(found, unit)
    return f"{estimate} ({between})" if between else estimate


def bounds(found: Mapping[str, Any], unit: Unit) -> str:
    """``66.8 to 91.2``, in the unit of the estimate beside it; nothing where there is no interval, or no width."""
    if found["low"] is None:
        return ""
    estimate, low, high = (told(found[name], unit).removesuffix(" %") for name in ("estimate", "low", "high"))
    return "" if low == estimate == high else f"{low} to {high}"


def in_order(verdicts: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What each checker said, in the order of all checkers: PostgreSQL keeps no order of keys."""
    return [(name, verdicts[name]) for name in CHECKERS if name in verdicts]


def failed(verdicts: Mapping[str, Any]) -> str:
    """The checkers that failed in some run, with the share of runs."""
    shares = [
        f"{name} {said['failed_share']['estimate']:.0%}"
        for name, said in in_order(verdicts)
        if said[Verdict.FAILED.value]
    ]
    return ", ".join(shares) or "none"
