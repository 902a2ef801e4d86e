"""Swept settings: curves with intervals over one, a heatmap over two; three are left to the strips. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from consistency_viz.experiments.campaign.comparison import FIGURES, interval
from consistency_viz.experiments.results.figures import ceiling, ticks
from consistency_viz.experiments.results.svg import at
from consistency_viz.experiments.simulation_report import number

HEIGHT: Final = 180
SHADES: Final = 8
SERIES: Final = 7
LEFT: Final = 18
RIGHT: Final = 6
"""Percent of the width left free: on the left for the numbers of the axis."""

ASIDE: Final = 0.8
"""Percent by which a series stands beside the one before, so that equal curves do not hide each other."""


class Place(NamedTuple):
    """A swept value (by its rank, so that unequal steps stay apart), and the median there with its interval."""

    rank: int
    estimate: float
    low: float | None
    high: float | None


class Curves(NamedTuple):
    """One figure over one swept setting, a curve for each variant; ``values`` name the ranks.

    A line is (series, variant, places): a variant has the same series in every figure.
    """

    name: str
    title: str
    path: str
    values: tuple[str, ...]
    top: float
    lines: tuple[tuple[int, str, tuple[Place, ...]], ...]


class Heat(NamedTuple):
    """One figure of one variant over two swept settings; ``rows`` by the first, each with (text, shade 0 to 7)."""

    name: str
    title: str
    variant: str
    paths: tuple[str, str]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]


def curves(summary: Mapping[str, Any]) -> list[Curves]:
    """Of an experiment that sweeps one setting."""
    cells = [cell for cell in summary["cells"] if cell["summary"] is not None]
    if not cells or len(cells[0]["point"]) != 1:
        return []
    (path,) = cells[0]["point"]
    values = list(dict.fromkeys(str(cell["point"][path]) for cell in cells))
    variants = list(dict.fromkeys(cell["variant"] for cell in cells))
    found = []
    for name, title in FIGURES:
        lines: dict[str, list[Place]] = {}
        for cell in cells:
            said = cell["summary"]["metrics"].get(name)
            if said is not None:
                place = Place(values.index(str(cell["point"][path])), said["estimate"], said["low"], said["high"])
                lines.setdefault(cell["variant"], []).append(place)
        if lines and len(values) > 1:
            most = max(place.high or place.estimate for line in lines.values() for place in line)
            drawn_lines = tuple(
                (_series(variants.index(variant)), variant, tuple(line)) for variant, line in lines.items()
            )
            found.append(Curves(name, title, path, tuple(values), ceiling(most), drawn_lines))
    return found


def heats(summary: Mapping[str, Any]) -> list[Heat]:
    """Of an experiment that sweeps two settings; shades go from the least to the most of all variants together."""
    cells = [cell for cell in summary["cells"] if cell["summary"] is not None]
    if not cells or len(cells[0]["point"]) != 2:
        return []
    down, across = cells[0]["point"]
    columns = list(dict.fromkeys(str(cell["point"][across]) for cell in cells))
    found = []
    for name, title in FIGURES:
        having = [cell for cell in cells if name in cell["summary"]["metrics"]]
        estimates = [cell["summary"]["metrics"][name]["estimate"] for cell in having]
        for variant in dict.fromkeys(cell["variant"] for cell in having):
            rows: dict[str, dict[str, tuple[str, int]]] = {}
            for cell in having:
                if cell["variant"] == variant:
                    said = cell["summary"]["metrics"][name]
                    shade = _shade(said["estimate"], min(estimates), max(estimates))
                    rows.setdefault(str(cell["point"][down]), {})[str(cell["point"][across])] = (interval(said), shade)
            told = tuple((key, tuple(row.get(column, ("-", 0)) for column in columns)) for key, row in rows.items())
            found.append(Heat(name, title, variant, (down, across), tuple(columns), told))
    return found


def drawn(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Both, as a template draws them."""
    return {
        "curves": [
            {
                "curves": one,
                "svg": _svg(one),
                "names": [(name, series) for series, name, _ in one.lines],
            }
            for one in curves(summary)
        ],
        "heats": heats(summary),
    }


def _svg(one: Curves) -> SafeString:
    grid = format_html_join(
        "",
        '<line class="grid" x1="0" x2="100%" y1="{}" y2="{}"/><text x="0" y="{}">{}</text>',
        (
            (_y(value, one.top), _y(value, one.top), f"{float(_y(value, one.top)) - 3:.1f}", number(value))
            for value in ticks(one.top)
        ),
    )
    lines = format_html_join("", "{}", ((_line(line, series, one),) for series, _, line in one.lines))
    marks = format_html_join(
        "",
        '<text x="{}" y="{}" text-anchor="middle">{}</text>',
        ((_x(rank, one), HEIGHT + 36, value[:12]) for rank, value in enumerate(one.values)),
    )
    told = f"{one.title} over {one.path}: " + "; ".join(
        f"{variant}: " + ", ".join(f"{one.values[place.rank]}: {_told(place)}" for place in line)
        for _, variant, line in one.lines
    )
    return format_html(
        '<svg class="curves" width="100%" height="{}" role="img" aria-label="{}">{}{}{}</svg>',
        HEIGHT + 42,
        told,
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
        "", '<circle cx="{}" cy="{}" r="4"/>', ((_x(p.rank, one, series), _y(p.estimate, one.top)) for p in line)
    )
    return format_html('<g class="series-{}">{}{}{}</g>', series, ways, bars, dots)


def _x(rank: int, one: Curves, series: int = 1) -> str:
    room = 100 - LEFT - RIGHT
    return at(LEFT + room * rank / max(1, len(one.values) - 1) + ASIDE * (series - 1), 100)


def _y(value: float, top: float) -> str:
    return f"{HEIGHT + 16 - HEIGHT * min(value / top, 1):.1f}"


def _series(index: int) -> int:
    return index % SERIES + 1


def _shade(value: float, least: float, most: float) -> int:
    return 0 if most <= least else min(SHADES - 1, int(SHADES * (value - least) / (most - least)))


def _told(place: Place) -> str:
    return interval({"estimate": place.estimate, "low": place.low, "high": place.high})
