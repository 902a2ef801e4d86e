"""One run as one HTML file, from its history alone: verdicts, witnesses, windows, faults, fresh reads, figures.

The same for a live run that has just ended and for one that is exported a year later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from consistency_viz.checkers.divergence.tracker import WindowTracker
from consistency_viz.checkers.fault_touch import FaultTouch
from consistency_viz.checkers.registry import check, create
from consistency_viz.checkers.verdict import Result, Verdict, of_results
from consistency_viz.checkers.work_done import WorkDone
from consistency_viz.experiments import fault_report
from consistency_viz.experiments.expectations import ExpectationTally, judge, numbers
from consistency_viz.experiments.pbs_beside import beside, measured_for
from consistency_viz.experiments.price_figures import price_of, told
from consistency_viz.experiments.results import svg
from consistency_viz.experiments.results.figures import ceiling, ticks
from consistency_viz.experiments.results.report import page
from consistency_viz.experiments.simulation_report import FIGURES, number
from consistency_viz.observation.history import HistoryReader
from workers.cluster.scenario import Scenario
from workers.model.observation import Observation

KEYS_DRAWN: Final = 40
WINDOWS_DRAWN_EACH: Final = 200
WINDOWS_KEPT: Final = 200_000
ASKED_EVERY: Final = 5_000
"""Observations after which the tracker is asked what opened and closed: it keeps so much and no more."""

NAME_LENGTH_MAX: Final = 120
TEXT_LENGTH_MAX: Final = 600
FIGURES_MAX: Final = 2_000


class KeyWindows(NamedTuple):
    """When replicas differed about a key, in milliseconds from the run's start; ``None``: to the end and beyond."""

    key: str
    windows: tuple[tuple[float, float | None], ...]
    total_ms: float
    left_out: int


def of_history(path: Path, *, ended_us: int | None = None, standing: str = "") -> tuple[str, int]:
    """The report, and how many observations it is of. ``standing``: how the run ended, which no history says.

    Raises ``HistoryError`` for a bad file and ``ReportTooLargeError``.
    """
    work, touch = WorkDone(), FaultTouch()
    with HistoryReader(path) as reader:
        header = reader.header
        scenario = Scenario.model_validate(header.plan) if header.plan else None
        reads = measured_for(scenario) if scenario is not None else None
        tracker = WindowTracker(header, watch=True)
        windows: dict[tuple[str, int], int | None] = {}

        def seen() -> Iterator[Observation]:
            for count, observation in enumerate(reader):
                work.observe(observation)
                touch.observe(observation)
                tracker.observe(observation)
                if reads is not None:
                    reads.observe(observation)
                if count % ASKED_EVERY == 0:
                    _take(windows, tracker)
                yield observation

        results = check(create(header), seen(), ended_us)
        end_us = max(ended_us or 0, reader.last_us)
        tracker.advance(end_us + 1)
        _take(windows, tracker)
        observations = reader.observations
    metrics = {result.checker: result.metrics for result in results} | {"work": work.metrics()}
    figures = list(numbers("", metrics))
    expected = _expected(scenario, {result.checker: result.verdict for result in results}, metrics)
    visibility = None if reads is None or scenario is None else beside(scenario, reads.curve())
    span_ms = max(end_us - header.started_us, 1) / 1_000
    known = dict(figures)
    context = {
        "title": _short(scenario.title if scenario is not None else header.scenario),
        "head": _short(f"{header.scenario}, seed {header.seed}, {header.driver}{standing and f': {standing}'}"),
        "standing": f"{observations:,} observations in {span_ms / 1_000:,.1f} s; design {header.design}.",
        "verdict": of_results(results),
        "expectations": expected,
        "results": [_result(result) for result in sorted(results, key=_rank) if result.applicable],
        "idle": [_result(result) for result in results if not result.applicable],
        "windows": _windows_drawn(by_key(windows, header.started_us, end_us), span_ms),
        "faults": [_fault(one.to_json(), header.started_us) for one in touch.report()],
        "visibility": visibility,
        "visibility_rows": _fresh(visibility),
        "share_axis": svg.scale([(0, "0 %"), (0.5, "50 %"), (1, "100 %")]),
        "leading": [
            (figure.heading, told(value, figure.unit))
            for figure in FIGURES
            if (value := price_of(figure, known)) is not None
        ],
        "figures": [(_short(name), number(value)) for name, value in figures[:FIGURES_MAX]],
    }
    return page("results/run.html", context), observations


def by_key(windows: Mapping[tuple[str, int], int | None], started_us: int, end_us: int) -> list[KeyWindows]:
    """Windows (key, from) to their ends as rows, the key that differed longest first. Pure."""
    rows: dict[str, list[tuple[float, float | None]]] = {}
    for (key, from_us), to_us in sorted(windows.items()):
        ended = None if to_us is None else (to_us - started_us) / 1_000
        rows.setdefault(key, []).append(((from_us - started_us) / 1_000, ended))
    end_ms = (end_us - started_us) / 1_000
    found = [
        KeyWindows(
            key,
            tuple(row[:WINDOWS_DRAWN_EACH]),
            sum((end_ms if ended is None else ended) - began for began, ended in row),
            max(0, len(row) - WINDOWS_DRAWN_EACH),
        )
        for key, row in rows.items()
    ]
    return sorted(found, key=lambda row: (-row.total_ms, row.key))


def _take(windows: dict[tuple[str, int], int | None], tracker: WindowTracker) -> None:
    for window in tracker.changes():
        if window.view == "value" and window.scope == "all":
            place = (window.key, window.from_us)
            if place in windows or len(windows) < WINDOWS_KEPT:
                windows[place] = window.to_us


def _windows_drawn(rows: Sequence[KeyWindows], span_ms: float) -> dict[str, Any]:
    top = ceiling(span_ms)
    drawn = [{"key": _short(row.key), "svg": _bars(row, span_ms, top), "told": _told(row)} for row in rows[:KEYS_DRAWN]]
    axis = svg.scale([(value / top, f"{number(value / 1_000)} s") for value in ticks(top)])
    return {"rows": drawn, "left_out": max(0, len(rows) - KEYS_DRAWN), "axis": axis}


def _bars(row: KeyWindows, span_ms: float, top: float) -> SafeString:
    bars = format_html_join(
        "",
        '<rect class="window" x="{}" width="{}%" y="5" height="14"/>',
        (
            (svg.at(began, top), f"{max(100 * ((span_ms if ended is None else ended) - began) / top, 0.15):.2f}")
            for began, ended in row.windows
        ),
    )
    told = f"{_short(row.key)}: {_told(row)}"
    return format_html(
        '<svg class="strip" width="100%" height="24" role="img" aria-label="{}">{}{}</svg>', told, svg.grid(24), bars
    )


def _told(row: KeyWindows) -> str:
    count = len(row.windows) + row.left_out
    still = ", one still open" if any(ended is None for _, ended in row.windows) else ""
    return f"{number(round(row.total_ms, 1))} ms in {count:,} window{'' if count == 1 else 's'}{still}"


def _fresh(found: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Measured shares with their intervals, each with the prediction as a line."""
    if found is None:
        return []
    return [
        {
            "after": f"{number(round(point['after_ms'], 1))} ms after",
            "told": f"{point['share']:.1%} ({point['low']:.1%} to {point['high']:.1%}) of {point['n']:,}; "
            f"predicted {point['predicted']:.1%}",
            "svg": format_html(
                '<svg class="strip" width="100%" height="24" role="img" aria-label="{}">{}'
                '<rect class="fresh" x="{}" width="{}%" y="6" height="12"/>'
                '<line class="median" x1="{}" x2="{}" y1="2" y2="22"/></svg>',
                f"fresh {point['share']:.1%}, predicted {point['predicted']:.1%}",
                svg.grid(24),
                svg.at(point["low"], 1),
                f"{max(100 * (point['high'] - point['low']), 0.3):.2f}",
                svg.at(point["predicted"], 1),
                svg.at(point["predicted"], 1),
            ),
        }
        for point in found["points"]
    ]


def _expected(scenario: Scenario | None, verdicts: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[Any]:
    if scenario is None:
        return []
    tally = ExpectationTally(scenario.expect)
    tally.add(scenario.seed, judge(scenario.expect, verdicts, metrics))
    items: list[Any] = tally.to_json()["items"]
    return items


def _rank(result: Result) -> int:
    """Failures first."""
    return (Verdict.FAILED, Verdict.UNKNOWN, Verdict.PASSED).index(result.verdict)


def _result(result: Result) -> dict[str, Any]:
    return {
        "checker": result.checker,
        "verdict": result.verdict.value,
        "applicable": result.applicable,
        "reason": _short(result.reason, TEXT_LENGTH_MAX),
        "witnesses": [
            {"text": _short(witness.text, TEXT_LENGTH_MAX), "indices": witness.indices} for witness in result.witnesses
        ],
        "witnesses_skipped": result.witnesses_skipped,
    }


def _fault(fault: Mapping[str, Any], started_us: int) -> dict[str, Any]:
    ended_us = fault["ended_us"]
    return {
        "fault": _short(fault["fault"]),
        "what": _short(fault["what"]),
        "began_s": f"{(fault['began_us'] - started_us) / 1e6:,.3f}",
        "ended_s": "the end" if ended_us is None else f"{(ended_us - started_us) / 1e6:,.3f}",
        "told": _short(fault_report.summary(fault), TEXT_LENGTH_MAX),
        "nothing": fault["nothing"],
    }


def _short(text: str, most: int = NAME_LENGTH_MAX) -> str:
    """Names come from strangers, as long as they like, with characters that show nothing."""
    clean = "".join(char if char.isprintable() else "\ufffd" for char in text)
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"
