"""Figures as static SVG. Pure: text in, text out; what comes from strangers is escaped by ``format_html``.

Only x is in percent and nothing is scaled, so that a strip is as legible on a phone as on a projector. No style
attributes: the page's Content-Security-Policy forbids them, and static/css/results.css has the look.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from consistency_viz.experiments.campaign.comparison import interval
from consistency_viz.experiments.price_figures import Unit, told
from consistency_viz.experiments.results.figures import Failing, Panel, Row, ticks

STRIP_HEIGHT: Final = 34
MIDDLE: Final = 17
SPREAD: Final = 22
"""Pixels over which points are scattered, so that equal ones do not hide each other."""

AXIS_HEIGHT: Final = 18
BEST: Final = {"lower": "lowest", "higher": "highest", "": ""}


def strip(row: Row, panel: Panel) -> SafeString:
    """The runs of one cell as points over a box of their quartiles, the median with its interval as a bar."""
    top, unit = panel.top, panel.figure.unit
    mark = {"best": f", {BEST[panel.figure.better]}", "alike": ", not told apart from the best"}.get(row.mark, "")
    half = f"half of them {told(row.q25, unit)} to {told(row.q75, unit)}"
    said = f"{row.cell}: median {_told(row, unit)}, {row.n:,} runs, {half}{mark}"
    bar = SafeString()
    if row.low is not None and row.high is not None:
        bar = format_html('<rect class="interval" y="11" height="12"{}/>', _span(row.low, row.high, top))
    return format_html(
        '<svg class="strip" width="100%" height="{}" role="img" aria-label="{}">{}'
        '<line class="extent" x1="{}" x2="{}" y1="{}" y2="{}"/><rect class="box" y="4" height="26" rx="2"{}/>{}{}'
        '<line class="median" x1="{}" x2="{}" y1="5" y2="29"/></svg>',
        STRIP_HEIGHT,
        said,
        grid(STRIP_HEIGHT),
        at(row.least, top),
        at(row.most, top),
        MIDDLE,
        MIDDLE,
        _span(row.q25, row.q75, top),
        bar,
        format_html_join(
            "",
            '<circle class="run" cx="{}" cy="{}" r="2.5" data-seed="{}"/>',
            ((at(value, top), _scattered(seed), seed) for seed, value in row.points),
        ),
        at(row.estimate, top),
        at(row.estimate, top),
    )


def axis(top: float, unit: Unit) -> SafeString:
    """The numbers under a panel."""
    return scale([(value / top, told(value, unit)) for value in ticks(top)])


def scale(marks: Iterable[tuple[float, str]]) -> SafeString:
    """An axis of (share of the width, text)."""
    texts = format_html_join(
        "",
        '<text x="{}" y="13" text-anchor="{}">{}</text>',
        ((at(place, 1), "start" if place <= 0 else "end" if place >= 1 else "middle", text) for place, text in marks),
    )
    return format_html('<svg class="axis" width="100%" height="{}" aria-hidden="true">{}</svg>', AXIS_HEIGHT, texts)


def share(row: Failing) -> SafeString:
    """The share of runs that failed, from 0 to 100 %, with its interval."""
    said = f"{row.cell}: {failing_told(row)}"
    bar = SafeString()
    if row.judged:
        bar = format_html(
            '<rect class="interval" y="6" height="12"{}/><line class="median" x1="{}" x2="{}" y1="2" y2="22"/>',
            _span(row.low, row.high, 1),
            at(row.share, 1),
            at(row.share, 1),
        )
    return format_html(
        '<svg class="strip{}" width="100%" height="24" role="img" aria-label="{}">{}{}</svg>',
        " is-bad" if row.failed else "",
        said,
        grid(24),
        bar,
    )


def failing_told(row: Failing) -> str:
    """``93 % (86.3 % to 96.6 %): 93 of 100 runs``, or that it was not observed, in how many runs."""
    if not row.judged:
        return "nothing to judge"
    high = told(row.high, "share")
    if not row.failed:
        return f"none in {row.judged:,} runs (at most {high})"
    found = {"estimate": row.share, "low": row.low, "high": row.high}
    return f"{interval(found, 'share')}: {row.failed:,} of {row.judged:,} runs"


def at(value: float, top: float) -> str:
    """A place on the axis in percent; what lies outside is held at its end."""
    return f"{100 * min(max(value / top, 0.0), 1.0):.2f}%"


def _span(low: float, high: float, top: float) -> SafeString:
    width = max(100 * (min(high / top, 1) - max(low / top, 0)), 0.3)
    return format_html(' x="{}" width="{}%"', at(low, top), f"{width:.2f}")


def grid(height: int) -> SafeString:
    """The lines behind a strip, at each quarter of its axis."""
    lines = "".join(
        f'<line class="grid" x1="{place}%" x2="{place}%" y1="0" y2="{height}"/>' for place in (0, 25, 50, 75, 100)
    )
    return mark_safe(lines)  # noqa: S308 - numbers of our own


def _scattered(seed: int) -> str:
    """A height that looks drawn and is the same every time (Knuth's multiplicative hash)."""
    draw = (seed * 2_654_435_761 % 2**32) / 2**32
    return f"{MIDDLE + SPREAD * (draw - 0.5):.1f}"


def _told(row: Row, unit: Unit) -> str:
    return interval({"estimate": row.estimate, "low": row.low, "high": row.high}, unit)


def panel_rows(panel: Panel) -> list[dict[str, object]]:
    """The rows of a panel as a template draws them."""
    unit = panel.figure.unit
    return [{"row": row, "svg": strip(row, panel), "told": _told(row, unit)} for row in panel.rows]
