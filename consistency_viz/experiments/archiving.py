"""Between the recorder and the rows: what a run's history begins with, and what becomes of its row at the end.

Both are called from recorder threads, by every web process, and again after a crash: each is one idempotent UPDATE.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from consistency_viz.experiments import stack, tracing
from consistency_viz.experiments.models import Run, history_path, moment
from consistency_viz.observation.recorder import Ending
from workers.model.history import Header

ACTIVE = (Run.State.RUNNING, Run.State.DRAINING)
REASON_LENGTH_MAX = 500


def header_of(run: Run, started_us: int) -> Header:
    """The first line of a run's history."""
    plan = stack.plan_of(run.document)
    return Header(
        scenario=run.scenario,
        design=run.design,
        seed=run.seed,
        driver=run.engine,
        replicas=list(plan.replicas),
        nodes=list(plan.nodes),
        run=run.id,
        started_us=started_us,
        plan=run.document,
    )


def mark_ended(ending: Ending) -> None:
    """The run is over and what there is of it is on disk."""
    changes: dict[str, Any] = {"state": ending.state, "reason": ending.reason[:REASON_LENGTH_MAX]}
    if ending.path is not None:
        changes["history"] = str(history_path(ending.run_id).relative_to(settings.DATA_DIR))
    if ending.started_us:
        changes["started_at"] = moment(ending.started_us)
    if ending.ended_us:
        changes["ended_at"] = moment(ending.ended_us)
    Run.objects.filter(pk=ending.run_id).update(**changes)
    if ending.path is not None:
        tracing.export_run(ending.run_id, ending.path)


def mark_lost(run_id: str, reason: str) -> None:
    """A run that cannot end in order any more; one that ended meanwhile keeps its end."""
    path = history_path(run_id)
    changes = {"state": Run.State.FAILED, "reason": reason[:REASON_LENGTH_MAX]}
    if path.exists():
        changes["history"] = str(path.relative_to(settings.DATA_DIR))
    Run.objects.filter(pk=run_id).exclude(state__in=Run.ENDED).update(**changes)


def mark_active(run: Run, state: str, started_us: int) -> None:
    """The server says that the run goes on; so does one that was given up too early."""
    if state in ACTIVE and run.state != state:
        changes = {"state": state, "reason": "", "started_at": moment(started_us), "ended_at": None, "history": ""}
        Run.objects.filter(pk=run.pk).update(**changes)
