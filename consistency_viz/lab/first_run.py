"""The run that the laboratory starts by itself, and the ones that an earlier laboratory left unfinished.

Whoever kills a laboratory leaves runs that still count as active; the next one ends them, so that they neither come
back to life nor take the place of new ones.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from consistency_viz.experiments import runs, stack
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.models import Run
from consistency_viz.lab.errors import LabError

END_TIMEOUT_S = 3.0
POLL_S = 0.05
LEFT_BEHIND = "its laboratory ended before it did"


def check_scenario(name: str) -> None:
    """Raise ``LabError`` for a name that the catalogue lacks, before anything is started for it."""
    names = [scenario.name for scenario in stack.catalogue()]
    if name not in names:
        raise LabError(f"--scenario {name}: there is no such scenario.", f"Choose one of {', '.join(names)}.")


def start(scenario: str, seed: int | None) -> Run:
    """Start the scenario live. Raises ``LabError`` if it is refused."""
    try:
        return runs.start_run(scenario, seed)
    except CommandRefused as refused:
        raise LabError(f"The scenario {scenario} was not started: {refused.text}", refused.remedy) from refused


def end(run: Run, *, hopeless: Callable[[], bool]) -> None:
    """Stop the run and wait until its history is complete, though not for long, and not once that is ``hopeless``."""
    if _ended(run):
        return
    try:
        runs.stop_run(run)
    except CommandRefused:
        return  # the server is away; the next laboratory ends the run
    deadline_s = time.monotonic() + END_TIMEOUT_S
    while not (_ended(run) or hopeless() or time.monotonic() > deadline_s):
        time.sleep(POLL_S)


def end_leftovers() -> int:
    """End the runs that an earlier laboratory left active. Returns how many there were."""
    leftovers = Run.objects.exclude(state__in=Run.ENDED)
    client = stack.client()
    for run in leftovers:
        if stack.control().run_status(client, run.id) is not None:
            stack.control().stop_run(client, run.id, LEFT_BEHIND)
        else:
            run.state, run.reason = Run.State.STOPPED, LEFT_BEHIND
            run.save(update_fields=["state", "reason"])
    return len(leftovers)


def _ended(run: Run) -> bool:
    run.refresh_from_db()
    return run.ended
