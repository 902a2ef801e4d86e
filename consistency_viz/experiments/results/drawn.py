"""The figures of an experiment as the fragment that page and report share (templates/results/figures.html)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.db.models import F
from django.db.models.functions import Mod

from consistency_viz.experiments.campaign.comparison import FIGURES
from consistency_viz.experiments.campaign.models import Cell, Experiment
from consistency_viz.experiments.campaign.results import runs_of
from consistency_viz.experiments.expectations import numbers
from consistency_viz.experiments.results import svg, sweeps
from consistency_viz.experiments.results.figures import Figures, figures, step_of
from consistency_viz.experiments.simulations import SimulatedRun

SHOWN: Final = frozenset(name for name, _ in FIGURES)
CellPoints = dict[str, list[tuple[int, float]]]


def context(summary: Mapping[str, Any], points: Mapping[int, CellPoints]) -> dict[str, Any]:
    """What the fragment is given."""
    found: Figures = figures(summary, points)
    return {
        "panels": [
            {"panel": panel, "rows": svg.panel_rows(panel), "axis": svg.axis(panel.top)} for panel in found.panels
        ],
        "failing": [
            {
                "checker": checker,
                "rows": [{"row": row, "svg": svg.share(row), "told": svg.failing_told(row)} for row in rows],
            }
            for checker, rows in found.failing
        ],
        "share_axis": svg.scale([(0, "0 %"), (0.5, "50 %"), (1, "100 %")]),
        "expected": found.expected,
        "step": found.step,
        "sweep": sweeps.drawn(summary),
    }


def points_of(experiment: Experiment) -> dict[int, CellPoints]:
    """The points of an experiment's rows, by the position of their cell; only of seeds that are drawn."""
    cells = list(experiment.cells.all())
    step = step_of(len(cells), max((cell.results.count() for cell in cells), default=0))
    found = {}
    for cell in cells:
        kept: CellPoints = {}
        for run in runs_of(cell) if step == 1 else _thinned(cell, experiment.first_seed, step):
            take(kept, run)
        found[cell.position] = kept
    return found


def _thinned(cell: Cell, first: int, step: int) -> Iterator[SimulatedRun]:
    return runs_of(cell, cell.results.annotate(rest=Mod(F("seed") - first, step)).filter(rest=0))


def take(kept: CellPoints, run: SimulatedRun) -> None:
    """Keep what of a run is drawn."""
    for name, value in numbers("", run.metrics):
        if name in SHOWN:
            kept.setdefault(name, []).append((run.seed, value))
