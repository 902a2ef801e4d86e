"""Swept settings: curves with intervals over one, a heatmap over two; three are left to the strips. Pure.

What is drawn are the medians of the figures that the experiment is about, and how often each checker failed that found
something anywhere. Every dot and every field leads to one run: the one nearest to its median, or the first that failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from consistency_viz.experiments.campaign.comparison import asked_of, bounds, figures_of, in_order, interval
from consistency_viz.experiments.price_figures import PriceFigure, Unit, told
from consistency_viz.experiments.results.figures import Points, ceiling, ticks
from consistency_viz.experiments.results.series import series_of
from consistency_viz.experiments.results.svg import at

HEIGHT: Final = 180
SHADES: Final = 8
LEADING: Final = 3
"""So many are drawn at once where nobody asks about any."""

LEFT: Final = 18
RIGHT: Final = 6
"""Percent of the width left free: on the left for the numbers of the axis."""

ASIDE: Final = 0.8
"""Percent by which a series stands beside the one before, so that equal curves do not hide each other."""

Estimate = Mapping[str, Any]
"""``estimate``, ``low`` and ``high``, of which the last two may be ``None``."""


class Measure(NamedTuple):
    """Something that each cell has one estimate of. ``seed_of`` a cell by its position: a run that shows it.

    ``leads``: it is drawn at once, since the experiment or its scenario asks about it.
    """

    name: str
    title: str
    unit: Unit
    of: Callable[[Mapping[str, Any]], Estimate | None]
    seed_of: Callable[[int], int | None]
    leads: bool


class Place(NamedTuple):
    """A swept value (by its rank, so that unequal steps stay apart), the estimate there, and the run to look at."""

    rank: int
    estimate: float
    low: float | None
    high: float | None
    position: int
    seed: int | None


class Curves(NamedTuple):
    """One measure over one swept setting, a curve for each variant; ``values`` name the ranks.

    A line is (series, variant, places): a variant has the same series in every figure.
    """

    name: str
    title: str
    leads: bool
    unit: Unit
    path: str
    values: tuple[str, ...]
    top: float
    lines: tuple[tuple[int, str, tuple[Place, ...]], ...]


class Field(NamedTuple):
    """A place of a heatmap: the estimate, its interval, how strong its colour is (0 to 7), and the run to look at."""

    text: str
    between: str
    shade: int
    position: int | None = None
    seed: int | None = None


class Heat(NamedTuple):
    """One measure of one variant over two swept settings; ``rows`` by the first, each with its fields."""

    name: str
    title: str
    leads: bool
    variant: str
    paths: tuple[str, str]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Field, ...]], ...]

    @property
    def short(self) -> tuple[str, str]:
        """The last two steps of each path, as in the names of cells."""
        down, across = (".".join(path.split(".")[-2:]) for path in self.paths)
        return down, across


def measures(summary: Mapping[str, Any], points: Mapping[int, Points]) -> list[Measure]:
    """What is drawn over the swept settings: what is asked about first."""
    cells = [cell["summary"] for cell in summary["cells"] if cell["summary"] is not None]
    failing = dict.fromkeys(name for cell in cells for name, said in in_order(cell["verdicts"]) if said["failed"])
    found = [
        *(_median(summary, points, figure) for figure in figures_of([summary])),
        *(_failing(summary, checker) for checker in failing),
    ]
    if not any(one.leads for one in found):
        found = [one._replace(leads=place < LEADING) for place, one in enumerate(found)]
    return sorted(found, key=lambda one: not one.leads)


def _failing(summary: Mapping[str, Any], checker: str) -> Measure:
    def of(cell: Mapping[str, Any]) -> Estimate | None:
        said = cell["verdicts"].get(checker)
        return said["failed_share"] if said is not None and said["passed"] + said["failed"] else None

    def seed_of(position: int) -> int | None:
        seeds = summary["cells"][position]["summary"]["verdicts"][checker]["seeds_failed"]
        return seeds[0] if seeds else None

    leads = checker in summary.get("asked", {}).get("checkers", ())
    return Measure(f"failed {checker}", f"Runs in which {checker} failed", "share", of, seed_of, leads)


def _median(summary: Mapping[str, Any], points: Mapping[int, Points], figure: PriceFigure) -> Measure:
    def of(cell: Mapping[str, Any]) -> Estimate | None:
        found: Estimate | None = cell["metrics"].get(figure.name)
        return found

    def seed_of(position: int) -> int | None:
        there = points.get(position, {}).get(figure.name, ())
        median = summary["cells"][position]["summary"]["metrics"][figure.name]["estimate"]
        return min(there, key=lambda point: (abs(point[1] - median), point[0]))[0] if there else None

    return Measure(figure.name, figure.heading, figure.unit, of, seed_of, figure.name in asked_of([summary]))


def curves(summary: Mapping[str, Any], points: Mapping[int, Points]) -> list[Curves]:
    """Of an experiment that sweeps one setting."""
    cells = [(position, cell) for position, cell in enumerate(summary["cells"]) if cell["summary"] is not None]
    if not cells or len(cells[0][1]["point"]) != 1:
        return []
    (path,) = cells[0][1]["point"]
    values = list(dict.fromkeys(str(cell["point"][path]) for _, cell in cells))
    if len(values) < 2:
        return []
    found = []
    for measure in measures(summary, points):
        lines: dict[str, list[Place]] = {}
        for position, cell in cells:
            said = measure.of(cell["summary"])
            if said is not None:
                rank, seed = values.index(str(cell["point"][path])), measure.seed_of(position)
                place = Place(rank, said["estimate"], said["low"], said["high"], position, seed)
                lines.setdefault(cell["variant"], []).append(place)
        most = max((place.high or place.estimate for line in lines.values() for place in line), default=0)
        top = 1.0 if measure.name.startswith("failed ") else ceiling(most)
        drawn_lines = tuple((series_of(summary, variant), variant, tuple(line)) for variant, line in lines.items())
        found.append(
            Curves(measure.name, measure.title, measure.leads, measure.unit, path, tuple(values), top, drawn_lines)
        )
    return found


def heats(summary: Mapping[str, Any], points: Mapping[int, Points]) -> list[Heat]:
    """Of an experiment that sweeps two settings; shades go from the least to the most of all variants together."""
    cells = [(position, cell) for position, cell in enumerate(summary["cells"]) if cell["summary"] is not None]
    if not cells or len(cells[0][1]["point"]) != 2:
        return []
    down, across = cells[0][1]["point"]
    columns = list(dict.fromkeys(str(cell["point"][across]) for _, cell in cells))
    found = []
    for measure in measures(summary, points):
        having = [(at_, cell, said) for at_, cell in cells if (said := measure.of(cell["summary"])) is not None]
        estimates = [said["estimate"] for _, _, said in having]
        for variant in dict.fromkeys(cell["variant"] for _, cell, _ in having):
            rows: dict[str, dict[str, Field]] = {}
            for position, cell, said in having:
                if cell["variant"] == variant:
                    shade = _shade(said["estimate"], min(estimates), max(estimates))
                    text, between = told(said["estimate"], measure.unit), bounds(said, measure.unit)
                    field = Field(text, between, shade, position, measure.seed_of(position))
                    rows.setdefault(str(cell["point"][down]), {})[str(cell["point"][across])] = field
            fields = tuple(
                (key, tuple(row.get(column, Field("-", "", 0)) for column in columns)) for key, row in rows.items()
            )
            found.append(
                Heat(measure.name, measure.title, measure.leads, variant, (down, across), tuple(columns), fields)
            )
    return found


def drawn(summary: Mapping[str, Any], points: Mapping[int, Points]) -> dict[str, Any]:
    """Both, as a template draws them: the leading ones and the rest; the heatmaps of a measure stand together."""
    lines: list[dict[str, Any]] = [
        {"curves": one, "svg": _svg(one), "names": [(name, series) for series, name, _ in one.lines]}
        for one in curves(summary, points)
    ]
    measured: dict[str, list[Heat]] = {}
    for heat in heats(summary, points):
        measured.setdefault(heat.name, []).append(heat)
    together: list[dict[str, Any]] = [{"heat": same[0], "heats": same} for same in measured.values()]
    swept = next((tuple(cell["point"]) for cell in summary["cells"] if cell["summary"] is not None), ())
    return {
        "paths": swept,
        "curves": [one for one in lines if one["curves"].leads],
        "more_curves": [one for one in lines if not one["curves"].leads],
        "heats": [one for one in together if one["heat"].leads],
        "more_heats": [one for one in together if not one["heat"].leads],
    }


def _svg(one: Curves) -> SafeString:
    grid = format_html_join(
        "",
        '<line class="grid" x1="0" x2="100%" y1="{}" y2="{}"/><text x="0" y="{}">{}</text>',
        (
            (_y(value, one.top), _y(value, one.top), f"{float(_y(value, one.top)) - 3:.1f}", told(value, one.unit))
            for value in ticks(one.top)
        ),
    )
    lines = format_html_join("", "{}", ((_line(line, series, one),) for series, _, line in one.lines))
    marks = format_html_join(
        "",
        '<text x="{}" y="{}" text-anchor="middle">{}</text>',
        ((_x(rank, one), HEIGHT + 36, value[:12]) for rank, value in enumerate(one.values)),
    )
    said = f"{one.title} over {one.path}: " + "; ".join(
        f"{variant}: " + ", ".join(f"{one.values[place.rank]}: {_told(place, one.unit)}" for place in line)
        for _, variant, line in one.lines
    )
    return format_html(
        '<svg class="curves" width="100%" height="{}" role="img" aria-label="{}">{}{}{}</svg>',
        HEIGHT + 42,
        said,
        grid,
        lines,
        marks,
    )


def _line(line: Sequence[Place], series: int, one: Curves) -> SafeString:
    ways = format_html_join(
        "",
        '<line x1="{}" y1="{}" x2="{}" y2="{}"/>',
        (
            (_x(a.rank, one, series), _y(a.estimate, one.top), _x(b.rank, one, series), _y(b.estimate, one.top))
            for a, b in pairwise(line)
        ),
    )
    bars = format_html_join(
        "",
        '<line class="whisker" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>',
        (
            (_x(place.rank, one, series), _y(place.low, one.top), _y(place.high, one.top))
            for place in line
            if place.low is not None and place.high is not None
        ),
    )
    dots = format_html_join(
        "",
        '<circle cx="{}" cy="{}" r="4"{}/>',
        ((_x(p.rank, one, series), _y(p.estimate, one.top), _way_to(p)) for p in line),
    )
    return format_html('<g class="series-{}">{}{}{}</g>', series, ways, bars, dots)


def _x(rank: int, one: Curves, series: int = 1) -> str:
    room = 100 - LEFT - RIGHT
    return at(LEFT + room * rank / max(1, len(one.values) - 1) + ASIDE * (series - 1), 100)


def _y(value: float, top: float) -> str:
    return f"{HEIGHT + 16 - HEIGHT * min(value / top, 1):.1f}"


def _shade(value: float, least: float, most: float) -> int:
    return 0 if most <= least else min(SHADES - 1, int(SHADES * (value - least) / (most - least)))


def _way_to(place: Place) -> SafeString:
    """The run that a dot leads to."""
    if place.seed is None:
        return SafeString()
    return format_html(' data-position="{}" data-seed="{}"', place.position, place.seed)


def _told(place: Place, unit: Unit) -> str:
    return interval({"estimate": place.estimate, "low": place.low, "high": place.high}, unit)
