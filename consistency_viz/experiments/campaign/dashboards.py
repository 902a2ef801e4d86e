"""From a result to a dashboard: the seed is played again as a run that is kept, once; a live one is there already."""

from __future__ import annotations

from typing import Final

from django.db import IntegrityError, transaction
from django.urls import reverse

from consistency_viz.experiments.campaign.models import Cell, Experiment
from consistency_viz.experiments.models import Run
from consistency_viz.experiments.simulated_runs import materialise

OPENED_MAX: Final = 1_000


def opened_of(experiment: Experiment) -> dict[str, str]:
    """The runs behind results that are kept: by ``position:seed`` of the cell, where each is. Anybody may look."""
    kept = (
        Run.objects.filter(cell__experiment=experiment).exclude(history="").values_list("pk", "cell__position", "seed")
    )
    return {f"{position}:{seed}": reverse("run", args=[pk]) for pk, position, seed in kept[:OPENED_MAX]}


def open_seed(cell: Cell, seed: int) -> Run:
    """The run of this cell and seed, to look at; raises ``CommandRefused`` if it would be too large to keep."""
    there = Run.objects.filter(cell=cell, seed=seed).first()
    if there is not None:
        return there
    run = materialise(cell.document, seed)
    try:
        with transaction.atomic():
            Run.objects.filter(pk=run.pk).update(experiment=cell.experiment, cell=cell, title=_title(cell))
    except IntegrityError:  # somebody opened it at the same moment; one is enough
        run.history_path.unlink(missing_ok=True)
        run.delete()
        return Run.objects.get(cell=cell, seed=seed)
    run.refresh_from_db()
    return run


def _title(cell: Cell) -> str:
    return f"{cell.experiment.title}: {cell.name}"[:80]
