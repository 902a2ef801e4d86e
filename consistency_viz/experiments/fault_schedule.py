"""The faults of a run as they were recorded, as a schedule: to run them again, or to keep as a scenario.

Rules
1. A fault begins and ends when it was recorded to, counted from the start of the run; one that was injected is
   scheduled like any other. Those of the scenario that were still to come when the run ended stay where they were.
2. Real faults (a killed process, a server that was stopped) are not part of the model, and of no schedule.
3. Orders by hand and instances that were added by hand are not repeated: a seed says what the clients do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import yaml

from consistency_viz.experiments import runs, simulated_runs
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.models import Run
from consistency_viz.observation.checking import BadRequestError
from consistency_viz.observation.history import HistoryError, HistoryReader
from workers.cluster.faults import faults_of_history, ids_of
from workers.cluster.scenario import Scenario
from workers.cluster.scenario_errors import ScenarioError
from workers.cluster.scenario_text import check, parse
from workers.cluster.schema.faults import FAULTS_MAX
from workers.model.history import Header
from workers.model.observation import Faulted, Observation

REAL: Final = "real"
YAML_WIDTH: Final = 120


def recorded(header: Header, observations: Iterable[Observation]) -> Scenario:
    """The scenario of a history with the faults as they were recorded. Raises ``ScenarioError`` if that is none."""
    last_us = header.started_us

    def modelled() -> Iterator[Observation]:
        nonlocal last_us
        for observation in observations:
            last_us = max(last_us, observation.at_us)
            if isinstance(observation.body, Faulted) and observation.body.what != REAL:
                yield observation

    began = faults_of_history(modelled(), header.started_us)
    known = {entry["name"] for entry in began}
    planned = Scenario.model_validate(header.plan)
    to_come = [
        {**entry.model_dump(mode="json", exclude_none=True), "name": fault_id}
        for fault_id, entry in zip(ids_of(planned.faults), planned.faults, strict=True)
        if fault_id not in known and entry.at_s * 1e6 > last_us - header.started_us
    ]
    faults = [*began, *to_come]
    if len(faults) > FAULTS_MAX:
        raise BadRequestError(
            f"the run had {len(faults)} faults, and a scenario takes {FAULTS_MAX}", "record a run with fewer"
        )
    return check({**header.plan, "seed": header.seed, "faults": faults}, "the recorded schedule")


def as_yaml(scenario: Scenario) -> str:
    """The scenario as YAML that ``scenarios validate`` reads as this very scenario; defaults are left out."""
    for leaves_out in (True, False):
        fields = scenario.model_dump(mode="json", exclude_defaults=leaves_out)
        fields = {name: fields.pop(name) for name in ("name", "title", "design", "seed") if name in fields} | fields
        fields["faults"] = [_without_nothing(entry.model_dump(mode="json")) for entry in scenario.faults]
        text = yaml.dump(fields, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=YAML_WIDTH)
        try:
            if parse(text, scenario.name) == scenario:
                return text
        except ScenarioError:
            if not leaves_out:
                raise
    raise BadRequestError(f"scenario {scenario.name} cannot be written as YAML", "export the history as native instead")


def of_history(source: Any) -> Scenario:
    """The recorded schedule of a history file. Raises ``HistoryError``, ``BadRequestError`` or ``ScenarioError``."""
    with HistoryReader(source) as reader:
        if not reader.header.plan:
            raise BadRequestError(f"{source} does not say which scenario ran", "export a run that was recorded here")
        return recorded(reader.header, reader)


def rerun(run: Run) -> Run:
    """Start the run again: the same seed, the faults as they were recorded, the same engine."""
    if not run.ended or not run.history:
        text = f"Run {run.id} is {run.state}, and its faults are not all recorded."
        raise CommandRefused(text, "Stop it, or wait until it has ended.", status=409)
    try:
        scenario = of_history(run.history_path)
    except (HistoryError, BadRequestError, ScenarioError, OSError) as error:
        text = f"The faults of run {run.id} cannot be read from its history: {error}."
        raise CommandRefused(text, "Start its scenario again from the list of runs.", status=409) from error
    if run.engine == Run.Engine.SIMULATED:
        return simulated_runs.materialise(scenario.model_dump(mode="json"), scenario.seed)
    return runs.start(scenario)


class _Plain(yaml.SafeDumper):
    """Writes no anchors: scenarios do not read them."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out."""
        return True


def _without_nothing(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if value is not None}
