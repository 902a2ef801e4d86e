"""Distributions of a figure over runs: which share of the runs came to at most so much, a line for each variant. Pure.

Small multiples: one picture for each combination of swept values, all of a figure on one axis, so that variants are
compared within a picture and conditions from one to the next. Of the runs that are drawn (``figures.step_of``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from consistency_viz.experiments.price_figures import Unit, told
from consistency_viz.experiments.results import svg
from consistency_viz.experiments.results.figures import Panel, Row, ticks
from consistency_viz.experiments.results.series import series_of

RUNS_MIN: Final = 4
"""Fewer are better read from their points."""

FACETS_MAX: Final = 12
HEIGHT: Final = 120
SCALE: Final = 1_000
"""Of the inner picture, both ways; it is stretched to its place."""


class Line(NamedTuple):
    """A variant's runs: ``values`` from the least to the most."""

    series: int
    variant: str
    values: tuple[float, ...]


class Facet(NamedTuple):
    """The variants at one combination of swept values; ``title`` is empty where nothing is swept."""

    title: str
    lines: tuple[Line, ...]


class Steps(NamedTuple):
    """One figure."""

    name: str
    unit: Unit
    top: float
    facets: tuple[Facet, ...]


def steps(summary: Mapping[str, Any], panels: Sequence[Panel]) -> list[Steps]:
    """Of each panel's points, where there are enough of them and not too many pictures."""
    found = []
    for panel in panels:
        facets: dict[str, list[Line]] = {}
        for row in panel.rows:
            if len(row.points) >= RUNS_MIN:
                facets.setdefault(_facet(summary, row), []).append(_line(summary, row))
        if facets and len(facets) <= FACETS_MAX:
            pictures = tuple(Facet(title, tuple(lines)) for title, lines in facets.items())
            found.append(Steps(panel.figure.name, panel.figure.unit, panel.top, pictures))
    return found


def drawn(one: Steps) -> dict[str, Any]:
    """As a template draws it."""
    names = {line.variant: line.series for facet in one.facets for line in facet.lines}
    return {
        "facets": [
            {"title": facet.title, "svg": _svg(facet, one), "axis": svg.axis(one.top, one.unit)} for facet in one.facets
        ],
        "names": list(names.items()),
    }


def _facet(summary: Mapping[str, Any], row: Row) -> str:
    point = summary["cells"][row.position]["point"]
    return ", ".join(f"{path} = {value}" for path, value in point.items())


def _line(summary: Mapping[str, Any], row: Row) -> Line:
    variant = summary["cells"][row.position]["variant"]
    return Line(series_of(summary, variant), variant, tuple(sorted(value for _, value in row.points)))


def _svg(facet: Facet, one: Steps) -> SafeString:
    grid = format_html_join(
        "",
        '<line class="grid" x1="{0}" x2="{0}" y1="0" y2="{1}"/>',
        ((svg.at(value, one.top), HEIGHT) for value in ticks(one.top)),
    )
    half = format_html('<line class="grid" x1="0" x2="100%" y1="{0}" y2="{0}"/>', HEIGHT // 2)
    marks = format_html_join(
        "",
        '<text x="100%" y="{}" text-anchor="end">{}</text>',
        ((HEIGHT * (1 - share) + 13, f"{share:.0%}") for share in (0.5, 1)),
    )
    lines = format_html_join(
        "",
        '<polyline class="series-{}" points="{}"/>',
        ((line.series, _points(line.values, one.top)) for line in facet.lines),
    )
    return format_html(
        '<svg class="ecdf" width="100%" height="{0}" role="img" aria-label="{1}">{2}{3}{6}'
        '<svg width="100%" height="{0}" viewBox="0 0 {4} {4}" preserveAspectRatio="none">{5}</svg></svg>',
        HEIGHT,
        _said(facet, one.unit),
        grid,
        half,
        SCALE,
        lines,
        marks,
    )


def _points(values: Sequence[float], top: float) -> str:
    """The steps from the lower left to the upper right corner."""
    n = len(values)
    found = [f"0,{SCALE}"]
    for rank, value in enumerate(values):
        x = f"{SCALE * min(max(value / top, 0.0), 1.0):.1f}"
        found += [f"{x},{SCALE * (1 - rank / n):.0f}", f"{x},{SCALE * (1 - (rank + 1) / n):.0f}"]
    return " ".join([*found, f"{SCALE},0"])


def _said(facet: Facet, unit: Unit) -> str:
    quartiles = (
        f"{line.variant}: a quarter of {len(line.values):,} runs to {told(_at(line.values, 0.25), unit)}, "
        f"half to {told(_at(line.values, 0.5), unit)}, three quarters to {told(_at(line.values, 0.75), unit)}"
        for line in facet.lines
    )
    return f"{facet.title}{facet.title and ': '}{'; '.join(quartiles)}"


def _at(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))]
