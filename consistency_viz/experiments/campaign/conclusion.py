"""What an experiment shows: every cell summed up, every expectation held to its runs, findings with their evidence.

The same for an experiment in the database and for one that ``manage.py experiment`` plays in its own process.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from django.db import transaction
from django.utils import timezone

from consistency_viz.checkers.verdict import Verdict, overall
from consistency_viz.experiments.campaign import storing
from consistency_viz.experiments.campaign.answer import answer
from consistency_viz.experiments.campaign.cells import Known, shipped
from consistency_viz.experiments.campaign.comparison import figures_of
from consistency_viz.experiments.campaign.models import Cell, Experiment, Finding
from consistency_viz.experiments.campaign.results import tally_of
from consistency_viz.experiments.campaign.scenario_asks import checkers_asked, metrics_asked
from consistency_viz.experiments.tally import Tally

VERSION: Final = 1
"""Of the shape of ``summary_of``; it goes up when a reader would have to change."""

TITLE_LENGTH_MAX: Final = 300
REASON_LENGTH_MAX: Final = 500


class CellTally(NamedTuple):
    """A cell and the sum of its runs. ``tally`` is ``None`` where nothing was played yet."""

    name: str
    variant: str
    design: str
    point: dict[str, Any]
    tally: Tally | None


def summary_of(specification: dict[str, Any], cells: Sequence[CellTally], known: Known = shipped) -> dict[str, Any]:
    """The experiment and its cells, as the API, ``experiment --json`` and the report have it (docs/experiments.md).

    ``known`` finds its scenario, for the figures and checkers that the scenario asks about.
    """
    asked = {"metrics": metrics_asked(specification, known), "checkers": checkers_asked(specification, known)}
    summary: dict[str, Any] = {
        "version": VERSION,
        "experiment": specification,
        "asked": asked,
        "verdict": verdict_of(cells),
        "runs": sum(cell.tally.n for cell in cells if cell.tally is not None),
        "cells": [
            {
                "name": cell.name,
                "variant": cell.variant,
                "design": cell.design,
                "point": cell.point,
                "summary": cell.tally.summary() if cell.tally is not None else None,
            }
            for cell in cells
        ],
    }
    played = [cell for cell in summary["cells"] if cell["summary"] is not None]
    return summary | {"answer": answer(played, figures_of([summary]), asked["checkers"], summary["verdict"])}


def verdict_of(cells: Iterable[CellTally]) -> Verdict | None:
    """Over all expectations of all cells: ``None`` where nothing is expected, unknown where nothing was played."""
    told: list[Verdict] = []
    for cell in cells:
        if cell.tally is None:
            told.append(Verdict.UNKNOWN)
        elif cell.tally.expectations.verdict is not None:
            told.append(cell.tally.expectations.verdict)
    return overall(told) if told else None


def cells_of(experiment: Experiment) -> list[CellTally]:
    """The cells of an experiment with what they have so far."""
    found = []
    for cell in experiment.cells.select_related("variant"):
        tally = tally_of(cell)
        played = tally if tally.n else None
        found.append(CellTally(cell.name, cell.variant.name, cell.document["design"], cell.point, played))
    return found


def conclude(experiment: Experiment) -> bool:
    """Sum up an experiment whose runs are all there and end it; false if it was ended meanwhile."""
    cells = cells_of(experiment)
    summary = summary_of(experiment.specification(), cells, storing.known)
    rows = [
        finding
        for row, cell in zip(experiment.cells.all(), cells, strict=True)
        for finding in _findings(experiment, row, cell)
    ]
    with transaction.atomic():
        ended = Experiment.objects.filter(pk=experiment.pk, state=Experiment.State.RUNNING).update(
            state=Experiment.State.FINISHED,
            ended_at=timezone.now(),
            summary=summary,
            verdict=summary["verdict"].value if summary["verdict"] is not None else "",
        )
        if ended != 1:
            return False
        experiment.findings.filter(kind=Finding.Kind.EXPECTATION).delete()
        Finding.objects.bulk_create(rows)
    return True


def _findings(experiment: Experiment, row: Cell, cell: CellTally) -> list[Finding]:
    if cell.tally is None:
        return []
    return [
        Finding(
            experiment=experiment,
            cell=row,
            title=item["expected"][:TITLE_LENGTH_MAX],
            because=item["because"][:TITLE_LENGTH_MAX],
            verdict=item["verdict"].value,
            reason=item["reason"][:REASON_LENGTH_MAX],
            evidence={name: item[name] for name in ("showed", "not_shown", "unknown", "share", "seeds_not_shown")},
        )
        for item in cell.tally.expectations.to_json()["items"]
    ]
