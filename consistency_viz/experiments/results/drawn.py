"""The figures of an experiment as the fragment that page and report share (templates/results/figures.html)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from django.db.models import F
from django.db.models.functions import Mod

from consistency_viz.experiments.campaign.models import Cell, Experiment
from consistency_viz.experiments.campaign.results import runs_of
from consistency_viz.experiments.expectations import numbers
from consistency_viz.experiments.price_figures import PRICES
from consistency_viz.experiments.results import ecdf, svg, sweeps
from consistency_viz.experiments.results.figures import Failing, Figures, Panel, figures, shown_of, step_of
from consistency_viz.experiments.simulations import SimulatedRun

CELLS_AT_ONCE: Final = 12
"""With more, the strips of a figure are folded: a sweep is read from its curves and heatmaps."""

CellPoints = dict[str, list[tuple[int, float]]]


def context(summary: Mapping[str, Any], points: Mapping[int, CellPoints]) -> dict[str, Any]:
    """What the fragment is given."""
    found: Figures = figures(summary, points)
    steps = {one.name: one for one in ecdf.steps(summary, found.panels)}
    drawn = [_panel(panel, steps.get(panel.figure.name)) for panel in found.panels]
    return {
        "answer": found.answer,
        "is_many": len(summary["cells"]) > CELLS_AT_ONCE,
        "asked_panels": [one for one in drawn if one["panel"].is_asked],
        "panels": [one for one in drawn if not one["panel"].is_asked and _leads(one["panel"])],
        "more_panels": [one for one in drawn if not one["panel"].is_asked and not _leads(one["panel"])],
        "failing": [_failing(checker, rows) for checker, rows in found.failing],
        "never": [_failing(checker, rows) for checker, rows in found.never],
        "share_axis": svg.scale([(0, "0 %"), (0.5, "50 %"), (1, "100 %")]),
        "expected": found.expected,
        "step": found.step,
        "sweep": sweeps.drawn(summary, points),
    }


def _panel(panel: Panel, steps: ecdf.Steps | None) -> dict[str, Any]:
    least, most = min(row.n for row in panel.rows), max(row.n for row in panel.rows)
    return {
        "panel": panel,
        "best": svg.BEST[panel.figure.better],
        "runs": f"{least:,} runs each" if least == most else f"{least:,} to {most:,} runs",
        "rows": svg.panel_rows(panel),
        "axis": svg.axis(panel.top, panel.figure.unit),
        "ecdf": None if steps is None else ecdf.drawn(steps),
    }


def _leads(panel: Panel) -> bool:
    """Whether a price is drawn at once: it is one of the brief, and not the same in every run."""
    return panel.figure.is_brief and len({value for row in panel.rows for value in (row.least, row.most)}) > 1


def _failing(checker: str, rows: Sequence[Failing]) -> dict[str, Any]:
    drawn = [{"row": row, "svg": svg.share(row), "told": svg.failing_told(row)} for row in rows]
    failing, failed = sum(row.failed > 0 for row in rows), sum(row.failed for row in rows)
    summed = f"failed in {failed:,} of {sum(row.judged for row in rows):,} runs, in {failing:,} of {len(rows):,} cells"
    return {"checker": checker, "rows": drawn, "summed": summed}


def names_of(asked: Iterable[str]) -> frozenset[str]:
    """The figures of which points are kept, where ``asked`` are those that are asked about."""
    return frozenset((*asked, *(price.name for price in PRICES)))


def points_of(experiment: Experiment, summary: Mapping[str, Any]) -> dict[int, CellPoints]:
    """The points of an experiment's rows, by the position of their cell; only of seeds that are drawn."""
    shown = shown_of(summary)
    names = frozenset(figure.name for figure in shown)
    cells = list(experiment.cells.all())
    step = step_of(len(cells), max((cell.results.count() for cell in cells), default=0), len(shown))
    found = {}
    for cell in cells:
        kept: CellPoints = {}
        for run in runs_of(cell) if step == 1 else _thinned(cell, experiment.first_seed, step):
            take(kept, run, names)
        found[cell.position] = kept
    return found


def _thinned(cell: Cell, first: int, step: int) -> Iterator[SimulatedRun]:
    return runs_of(cell, cell.results.annotate(rest=Mod(F("seed") - first, step)).filter(rest=0))


def take(kept: CellPoints, run: SimulatedRun, names: frozenset[str]) -> None:
    """Keep what of a run is drawn."""
    for name, value in numbers("", run.metrics):
        if name in names:
            kept.setdefault(name, []).append((run.seed, value))
