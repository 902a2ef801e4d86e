"""The figures of an experiment as data, from its summary and the values of its runs. Pure.

Page and report draw these and nothing else, so that they cannot differ. Numbers are those of the summary
(``conclusion.summary_of``); the points beside them are single runs, thinned by seed where there are too many to draw.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from consistency_viz.checkers.verdict import Verdict, overall
from consistency_viz.experiments.campaign.answer import sentences
from consistency_viz.experiments.campaign.comparison import asked_of, figures_of, in_order
from consistency_viz.experiments.price_figures import PRICES, PriceFigure

Points = Mapping[str, Sequence[tuple[int, float]]]
"""Of one cell: by figure, (seed, value) of single runs."""

POINTS_MAX: Final = 12_000
"""Drawn in all figures of an experiment together: about 1 MB."""

TICKS: Final = 4
ROUND: Final = (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10, 12)


class Row(NamedTuple):
    """One cell in one panel. ``low`` and ``high`` are the 95 % interval of the median, ``None`` for too few runs.

    ``mark`` is ``best``, ``alike`` (its interval meets that of the best) or empty: among the cells that share its
    swept values, and only if they differ.
    """

    position: int
    cell: str
    n: int
    estimate: float
    low: float | None
    high: float | None
    least: float
    q25: float
    q75: float
    most: float
    mark: str
    points: tuple[tuple[int, float], ...]


class Panel(NamedTuple):
    """One figure over all cells that have it, on one axis from 0 to ``top``; ``is_asked``: somebody asks about it."""

    figure: PriceFigure
    is_asked: bool
    top: float
    rows: tuple[Row, ...]


class Failing(NamedTuple):
    """How often a checker failed in a cell: a share with its Wilson interval, or that it was not observed."""

    position: int
    cell: str
    checker: str
    failed: int
    judged: int
    share: float
    low: float
    high: float
    note: str
    seeds: tuple[int, ...]


class Expected(NamedTuple):
    """Whether an expectation was met in a cell, and the seeds in which it did not show."""

    position: int
    cell: str
    verdict: Verdict
    reason: str
    showed: int
    n: int
    seeds: tuple[int, ...]


class Held(NamedTuple):
    """An expectation held to its cells: the cells in which it was met, and those in which it was not, with why."""

    expected: str
    because: str
    verdict: Verdict
    met: tuple[Expected, ...]
    others: tuple[Expected, ...]


class Figures(NamedTuple):
    """All that is drawn of an experiment.

    ``answer``: its parts. ``never``: the checkers that could judge and found nothing anywhere.
    """

    answer: tuple[str, ...]
    panels: tuple[Panel, ...]
    failing: tuple[tuple[str, tuple[Failing, ...]], ...]
    never: tuple[tuple[str, tuple[Failing, ...]], ...]
    expected: tuple[Held, ...]
    step: int


def figures(summary: Mapping[str, Any], points: Mapping[int, Points]) -> Figures:
    """Everything, from a summary and the points of its cells by position (only every ``step``-th seed is used)."""
    cells = [(at, cell["name"], cell["summary"]) for at, cell in enumerate(summary["cells"]) if cell["summary"]]
    seeds = summary["experiment"].get("seeds") or {}
    shown, asked = shown_of(summary), asked_of([summary])
    step = step_of(len(summary["cells"]), max((found["n"] for _, _, found in cells), default=0), len(shown))
    first = seeds.get("first", 1)
    drawn = range(first, 2**63, step)
    swept = [str(cell["point"]) for cell in summary["cells"]]
    panels = [_panel(figure, cells, points, swept, drawn, is_asked=figure.name in asked) for figure in shown]
    judged = _failing(cells)
    return Figures(
        _answer(summary),
        tuple(panels),
        tuple(one for one in judged if any(row.failed for row in one[1])),
        tuple(one for one in judged if not any(row.failed for row in one[1])),
        _held(cells),
        step,
    )


def _answer(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """The conclusion, a line for each of its parts."""
    cells = [cell for cell in summary["cells"] if cell["summary"] is not None]
    checkers = summary.get("asked", {}).get("checkers", ())
    verdict = Verdict(summary["verdict"]) if summary.get("verdict") else None
    said = sentences(cells, figures_of([summary]), checkers, verdict)
    return tuple(f"{part[0].upper()}{part[1:]}." for parts in said for part in parts)


def shown_of(summary: Mapping[str, Any]) -> list[PriceFigure]:
    """The figures that are drawn: those that are asked about, then every price that some cell has."""
    return figures_of([summary], PRICES)


def step_of(cells: int, runs: int, figures_drawn: int) -> int:
    """Every how many-th seed is drawn, for ``runs`` in each of ``cells``."""
    return max(1, math.ceil(cells * runs * figures_drawn / POINTS_MAX))


def ceiling(value: float) -> float:
    """The next number that is not below and whose quarters are round; 1 for nothing."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(factor * power for factor in ROUND if factor * power >= value * (1 - 1e-9))


def ticks(top: float) -> list[float]:
    """Where an axis from 0 to ``top`` is marked."""
    return [top * index / TICKS for index in range(TICKS + 1)]


def _panel(
    figure: PriceFigure,
    cells: Sequence[tuple[int, str, Mapping[str, Any]]],
    points: Mapping[int, Points],
    points_swept: Sequence[str],
    seeds: range,
    *,
    is_asked: bool,
) -> Panel:
    name = figure.name
    having = [(at, cell, found["metrics"][name]) for at, cell, found in cells if name in found["metrics"]]
    peers: dict[str, list[Mapping[str, Any]]] = {}
    for at, _, found in having:
        peers.setdefault(points_swept[at], []).append(found)
    rows = tuple(
        Row(
            at,
            cell,
            found["n"],
            found["estimate"],
            found["low"],
            found["high"],
            found["min"],
            found.get("q25", found["min"]),
            found.get("q75", found["max"]),
            found["max"],
            _mark(found, peers[points_swept[at]], figure.better),
            tuple((seed, value) for seed, value in points.get(at, {}).get(name, ()) if seed in seeds),
        )
        for at, cell, found in having
    )
    return Panel(figure, is_asked, ceiling(max((row.most for row in rows), default=0)), rows)


def _mark(found: Mapping[str, Any], peers: Sequence[Mapping[str, Any]], better: str) -> str:
    if not better or all(peer["estimate"] == found["estimate"] for peer in peers):
        return ""
    best = (min if better == "lower" else max)(peers, key=lambda peer: float(peer["estimate"]))
    if found["estimate"] == best["estimate"]:
        return "best"
    if None in (found["low"], best["low"]):
        return ""
    meets = found["low"] <= best["high"] and best["low"] <= found["high"]
    return "alike" if meets else ""


def _failing(
    cells: Sequence[tuple[int, str, Mapping[str, Any]]],
) -> tuple[tuple[str, tuple[Failing, ...]], ...]:
    """By checker, those that could judge some run of some cell."""
    by_checker: dict[str, list[Failing]] = {}
    for at, cell, found in cells:
        for checker, said in in_order(found["verdicts"]):
            judged = said["passed"] + said["failed"]
            share = said["failed_share"]
            row = Failing(
                at,
                cell,
                checker,
                said["failed"],
                judged,
                share["estimate"],
                share["low"],
                share["high"],
                said["note"],
                tuple(said["seeds_failed"]),
            )
            by_checker.setdefault(checker, []).append(row)
    return tuple((checker, tuple(rows)) for checker, rows in by_checker.items() if any(row.judged for row in rows))


def _held(cells: Sequence[tuple[int, str, Mapping[str, Any]]]) -> tuple[Held, ...]:
    """By expectation, those that were not met first."""
    found: dict[tuple[str, str], list[Expected]] = {}
    for at, cell, summary in cells:
        for item in summary["expectations"]["items"]:
            found.setdefault((item["expected"], item["because"]), []).append(_expected(at, cell, item))
    held = [
        Held(
            expected,
            because,
            overall(one.verdict for one in rows),
            tuple(one for one in rows if one.verdict == Verdict.PASSED),
            tuple(one for one in rows if one.verdict != Verdict.PASSED),
        )
        for (expected, because), rows in found.items()
    ]
    return tuple(sorted(held, key=lambda one: (Verdict.FAILED, Verdict.UNKNOWN, Verdict.PASSED).index(one.verdict)))


def _expected(at: int, cell: str, item: Mapping[str, Any]) -> Expected:
    return Expected(
        at,
        cell,
        Verdict(item["verdict"]),
        item["reason"],
        item["showed"],
        item["showed"] + item["not_shown"] + item["unknown"],
        tuple(item["seeds_not_shown"]),
    )
