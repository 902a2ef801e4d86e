"""How far an experiment is."""

from __future__ import annotations

from consistency_viz.experiments.campaign.models import Experiment, Result


def progress_of(experiment: Experiment) -> tuple[int, int]:
    """Runs that have a result, and runs in all; of a draft, what its variants and sweep come to."""
    if experiment.is_draft:
        cells = experiment.variants.count()
        for values in experiment.sweep.values():
            cells *= values["count"] if isinstance(values, dict) else len(values)
        return 0, cells * experiment.seeds
    done = Result.objects.filter(cell__experiment=experiment).count()
    return done, experiment.cells.count() * experiment.seeds
