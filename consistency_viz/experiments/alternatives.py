"""Runs in virtual time, of a scenario or of what mends a run; forks are in ``forking``. Blocking."""

from __future__ import annotations

from consistency_viz.experiments import runs
from consistency_viz.experiments.models import Run
from consistency_viz.experiments.simulated_runs import check_room, materialise
from workers.cluster.fixing import FixError, fixed
from workers.cluster.scenario import Scenario


def simulate(name: str, seed: int | None = None) -> Run:
    """Play a shipped scenario in virtual time, with its own seed or another."""
    scenario = runs.shipped(name)
    check_room()
    return materialise(scenario.model_dump(mode="json"), scenario.seed if seed is None else seed)


def mend(broken: Run) -> Run:
    """Play what mends a run's scenario, with the same seed and by the same engine."""
    if broken.engine != Run.Engine.SIMULATED:
        return runs.start_fix(broken)
    check_room()
    try:
        document = fixed(Scenario.model_validate(broken.document)).model_dump(mode="json")
    except FixError as error:
        raise runs.no_fix(broken) from error
    return materialise(document, broken.seed, fix_of=broken)
