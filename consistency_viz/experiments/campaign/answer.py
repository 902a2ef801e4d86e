"""What an experiment comes to, in a sentence or two for people: what sets the cells apart, what they share. Pure.

Rules
1. A figure or a checker sets cells apart only where 95 % intervals do not meet; nothing is said of the rest.
2. The figures and checkers that were asked about are looked at first, in the order in which they were asked.
3. Of two cells both are told; of more the lowest and the highest.
4. What fails in every run of every cell alike is said apart: it is no verdict on any variant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from consistency_viz.experiments.price_figures import PriceFigure, told
from consistency_viz.experiments.simulation_report import EXPECTED

FIGURES_TOLD_MAX: Final = 2
CHECKERS_TOLD_MAX: Final = 3

Cells = Sequence[Mapping[str, Any]]
"""Cells of ``conclusion.summary_of`` that have a summary."""


def answer(cells: Cells, figures: Sequence[PriceFigure], checkers: Sequence[str] = (), verdict: Any = None) -> str:
    """The sentences. ``figures`` and the names of ``checkers``: the most important first."""
    return " ".join(_sentence(parts) for parts in sentences(cells, figures, checkers, verdict))


def sentences(
    cells: Cells, figures: Sequence[PriceFigure], checkers: Sequence[str] = (), verdict: Any = None
) -> list[list[str]]:
    """The same, each sentence by its parts."""
    if not cells:
        return []
    said: list[list[str]] = []
    if len(cells) > 1:
        apart = [
            *[text for figure in figures if (text := _figure(cells, figure))][:FIGURES_TOLD_MAX],
            *[text for name in _ordered(cells, checkers) if (text := _checker(cells, name))][:CHECKERS_TOLD_MAX],
        ]
        none = ["No figure and no checker sets the cells apart", "more seeds would tell finer differences"]
        said.append(apart or none)
        alike = failing_alike(cells)
        if alike:
            said.append([f"In every run of every cell alike: {', '.join(alike)} failed, which tells none from another"])
    if verdict is not None:
        said.append([f"expectations: {EXPECTED[verdict]}"])
    return said


def failing_alike(cells: Cells) -> list[str]:
    """The checkers that failed in every run of each of several cells: they tell none of them from the others."""
    if len(cells) < 2:
        return []
    shares = [{name: said["failed_share"]["estimate"] for name, said in _verdicts(cell).items()} for cell in cells]
    return [name for name in shares[0] if all(share.get(name) == 1 for share in shares)]


def _figure(cells: Cells, figure: PriceFigure) -> str:
    name = figure.name
    having = [(cell["name"], cell["summary"]["metrics"][name]) for cell in cells if name in cell["summary"]["metrics"]]
    having.sort(key=lambda pair: pair[1]["estimate"])
    if len(having) < 2 or not _apart(having[0][1], having[-1][1]):
        return ""
    (least, low), (most, high) = having[0], having[-1]
    unit = " ms" if figure.unit == "ms" else ""
    lowest, highest = (f"{told(found['estimate'], figure.unit)}{unit}" for found in (low, high))
    return f"{figure.title}: {lowest} in “{least}”, {highest} in “{most}” (medians)"


def _checker(cells: Cells, name: str) -> str:
    having = [(cell["name"], said) for cell in cells if (said := _verdicts(cell).get(name)) is not None]
    having.sort(key=lambda pair: pair[1]["failed_share"]["estimate"])
    if len(having) < 2 or having[0][1]["failed_share"]["high"] >= having[-1][1]["failed_share"]["low"]:
        return ""
    (least, low), (most, high) = having[0], having[-1]
    return f"{name} failed in {_count(low)} runs of “{least}”, in {_count(high)} of “{most}”"


def _apart(low: Mapping[str, Any], high: Mapping[str, Any]) -> bool:
    """Whether the intervals of two medians do not meet; with too few runs for an interval, the extents do not."""
    top = low["high"] if low["high"] is not None else low["max"]
    bottom = high["low"] if high["low"] is not None else high["min"]
    return bool(low["n"] > 1 and high["n"] > 1 and top < bottom)


def _count(said: Mapping[str, Any]) -> str:
    n = sum(said[verdict] for verdict in ("passed", "failed", "unknown"))
    return f"{said['failed']:,} of {n:,}"


def _ordered(cells: Cells, checkers: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*checkers, *(name for cell in cells for name in _verdicts(cell))]))


def _verdicts(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = cell["summary"]["verdicts"]
    return found


def _sentence(parts: Sequence[str]) -> str:
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."
