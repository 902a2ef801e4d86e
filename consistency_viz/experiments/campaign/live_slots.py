"""Live runs of experiments: they wait for a slot, one chunk a run, and leave a result as a simulated run does.

The presenter's slot is left free. A run that failed or was stopped by hand is played once more, then said to be broken.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError

from consistency_viz.checkers.registry import CHECKERS
from consistency_viz.checkers.verdict import Verdict, overall
from consistency_viz.experiments import runs
from consistency_viz.experiments.campaign import results
from consistency_viz.experiments.campaign.models import Chunk, Experiment
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.expectations import Found
from consistency_viz.experiments.findings import findings_of
from consistency_viz.experiments.models import Run, microseconds
from consistency_viz.experiments.simulations import SimulatedRun
from workers.cluster.scenario import Scenario

log = logging.getLogger(__name__)

SLOTS: Final = runs.RUNS_ACTIVE_MAX - 1
"""At most; ``CV_LIVE_SLOTS`` may say fewer, since live runs that share cores slow each other down."""

TRIES_MAX: Final = 2


def slots() -> int:
    """How many runs may be active, those of the presenter counted, for one of an experiment to join them."""
    asked = settings.LIVE_SLOTS
    return SLOTS if asked is None else max(1, min(int(asked), SLOTS))


def fill(experiment: Experiment) -> None:
    """Take in the runs that have ended, and start as many as there are free slots."""
    for chunk in experiment.chunks.filter(done=False).select_related("cell"):
        run = Run.objects.filter(cell=chunk.cell, seed=chunk.first_seed).first()
        if run is None:
            if Run.objects.exclude(state__in=Run.ENDED).count() >= slots() or not _start(experiment, chunk):
                return
        elif run.ended:
            _take_in(chunk, run)


def stop_what_nobody_waits_for() -> None:
    """Runs of experiments that do not run any more."""
    idle = Run.objects.filter(experiment__isnull=False, engine=Run.Engine.LIVE).exclude(state__in=Run.ENDED)
    for run in idle.exclude(experiment__state=Experiment.State.RUNNING):
        try:
            runs.stop_run(run)
        except CommandRefused as refused:
            log.warning("run %s could not be stopped: %s", run.id, refused)


def _start(experiment: Experiment, chunk: Chunk) -> bool:
    scenario = Scenario.model_validate(chunk.cell.document).model_copy(update={"seed": chunk.first_seed})
    try:
        runs.start(scenario, experiment=experiment, cell=chunk.cell)
    except IntegrityError:
        return True  # another reconciler was quicker
    except CommandRefused as refused:
        log.warning("a run of %s could not be started: %s", experiment.name, refused)
        return False
    return True


def _take_in(chunk: Chunk, run: Run) -> None:
    found = findings_of(run) if run.state == Run.State.FINISHED else {"state": "none", "text": run.reason}
    if found["state"] == "ready":
        row, layout = results.pack(chunk.cell_id, _as_run(run, found))
        results.save([row], [layout])
    elif chunk.attempts + 1 < TRIES_MAX:
        Chunk.objects.filter(pk=chunk.pk).update(attempts=chunk.attempts + 1)
        Run.objects.filter(pk=run.pk).update(cell=None)
        return
    else:
        scenario = Scenario.model_validate(chunk.cell.document)
        results.save([results.broken(chunk.cell, scenario, run.seed, f"{run.state}: {found['text']}")], [])
    Chunk.objects.filter(pk=chunk.pk).update(done=True)


def _as_run(run: Run, found: dict[str, Any]) -> SimulatedRun:
    """What was found in a live run, in the shape that a simulated one has."""
    said = {name: verdict for verdict in Verdict for name in _names(found, verdict)}
    verdicts = {name: said[name] for name in CHECKERS if name in said}
    expectations = [Found(Verdict(item["verdict"]), None, item["reason"]) for item in found["expectations"]]
    end_ms = (microseconds(run.ended_at) - microseconds(run.started_at)) / 1_000
    return SimulatedRun(run.seed, end_ms, overall(verdicts.values()), verdicts, found["figures"], [], expectations)


def _names(found: dict[str, Any], verdict: Verdict) -> list[str]:
    named = found[verdict.value]
    return [item["checker"] for item in named] if verdict == Verdict.FAILED else named
