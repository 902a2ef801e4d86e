"""Experiments as rows: made from a specification, started, stopped, cloned.

Rules
1. Everything is checked before anything is written; a refusal says at which field what would be right.
2. Starting freezes the experiment: its cells hold the scenarios that are played, whatever becomes of their names.
3. Stopping keeps every result; starting again plays what is missing.
"""

from __future__ import annotations

import re
from typing import Any, Final

import yaml
from django.db import IntegrityError, transaction
from django.utils import timezone

from consistency_viz.experiments.campaign import cells as planning
from consistency_viz.experiments.campaign.models import Cell, Chunk, Experiment, Scenario, Variant
from consistency_viz.experiments.commands import CommandRefused
from workers.cluster.scenario import Scenario as ScenarioDocument
from workers.cluster.scenario_errors import Problem, ScenarioError

CHUNK_RUNS_MAX: Final = 50
CHUNKS_A_CELL_MIN: Final = 4
NAME_LENGTH_MAX: Final = 64


def known(name: str) -> ScenarioDocument | None:
    """A scenario by name: one of your own if there is one, else a shipped one."""
    own = Scenario.objects.filter(name=name).first()
    version = own.latest if own is not None else None
    if version is not None:
        return ScenarioDocument.model_validate(version.document)
    return planning.shipped(name)


def parse(text: str, source: str) -> planning.Planned:
    """The experiment of a YAML text, which may name scenarios of one's own."""
    return planning.parse_experiment(text, source, known)


def plan_of(experiment: Experiment) -> planning.Planned:
    """The experiment's plan as it is configured now; raises ``ScenarioError``."""
    return planning.plan(experiment.specification(), experiment.name, known)


@transaction.atomic
def create(planned: planning.Planned, created_by: str = "") -> Experiment:
    """A draft of a planned experiment; raises ``ScenarioError`` if its name is taken."""
    asked = planned.experiment
    given = asked.model_dump(mode="json", by_alias=True, exclude_unset=True)
    inline = isinstance(asked.scenario, dict)
    try:
        with transaction.atomic():
            experiment = Experiment.objects.create(
                name=asked.name,
                title=asked.title,
                question=asked.question,
                scenario=str(asked.scenario["name"]) if isinstance(asked.scenario, dict) else asked.scenario,
                document=asked.scenario if inline else None,
                engine=asked.engine,
                first_seed=asked.seeds.first,
                seeds=asked.seeds.count,
                settings=given.get("set", {}),
                sweep=given.get("sweep", {}),
                expect=given.get("expect", []),
                checkers=list(asked.checkers),
                created_by=created_by,
            )
    except IntegrityError:
        remedy = f"there is an experiment of this name; take another, such as {free_name(asked.name)}"
        raise ScenarioError(asked.name, [Problem(0, "name", repr(asked.name), remedy)]) from None
    Variant.objects.bulk_create(
        Variant(
            experiment=experiment,
            position=position,
            name=variant.name,
            design=variant.design or "",
            fix=variant.fix,
            settings=variant.model_dump(mode="json")["set"],
        )
        for position, variant in enumerate(asked.variants)
    )
    return experiment


def start(experiment: Experiment) -> str:
    """Let it be played, from the beginning or from where it was stopped; raises ``CommandRefused``."""
    if experiment.state == Experiment.State.STOPPED:
        return _resume(experiment)
    if not experiment.is_draft:
        remedy = "Clone it to play it again with other settings."
        raise CommandRefused(f"{experiment.name} was started before: it is {experiment.state}.", remedy, status=409)
    try:
        planned = plan_of(experiment)
    except ScenarioError as error:
        problem = error.problems[0]
        raise CommandRefused(
            f"{experiment.name} cannot be played: {problem.field}: {problem.remedy}.", "Mend it."
        ) from error
    variants = list(experiment.variants.all())
    with transaction.atomic():
        begun = Experiment.objects.filter(pk=experiment.pk, state=Experiment.State.DRAFT).update(
            state=Experiment.State.RUNNING, started_at=timezone.now(), reason="", ended_at=None
        )
        if begun != 1:
            raise CommandRefused(f"{experiment.name} was started a moment ago.", "Reload the page.", status=409)
        made = Cell.objects.bulk_create(
            Cell(
                experiment=experiment,
                variant=variants[cell.variant],
                position=position,
                name=cell.name,
                point=cell.point,
                document=cell.scenario.model_dump(mode="json"),
            )
            for position, cell in enumerate(planned.cells)
        )
        Chunk.objects.bulk_create(_chunks(experiment, made), batch_size=500)
    experiment.refresh_from_db()
    return f"{experiment.title} runs: {planned.runs:,} runs of {len(made)} cells."


def stop(experiment: Experiment) -> str:
    """Play no more of it; what was played stays, and ``start`` goes on from there."""
    stopped = Experiment.objects.filter(pk=experiment.pk, state=Experiment.State.RUNNING).update(
        state=Experiment.State.STOPPED, reason="stopped by hand", ended_at=timezone.now()
    )
    if stopped != 1:
        raise CommandRefused(f"{experiment.name} does not run: it is {experiment.state}.", "Reload.", status=409)
    experiment.refresh_from_db()
    return f"{experiment.title} is stopped. Start it again to play what is missing."


@transaction.atomic
def clone(experiment: Experiment, created_by: str = "") -> Experiment:
    """A draft that asks the same."""
    variants = list(experiment.variants.all())
    copied = Experiment.objects.create(
        name=free_name(experiment.name),
        title=experiment.title,
        question=experiment.question,
        scenario=experiment.scenario,
        document=experiment.document,
        engine=experiment.engine,
        first_seed=experiment.first_seed,
        seeds=experiment.seeds,
        settings=experiment.settings,
        sweep=experiment.sweep,
        expect=experiment.expect,
        checkers=experiment.checkers,
        created_by=created_by,
    )
    for variant in variants:
        variant.pk, variant.experiment = None, copied
    Variant.objects.bulk_create(variants)
    return copied


def free_name(name: str) -> str:
    """``name-2``, ``name-3``, ...: the first that no experiment has."""
    stem = re.sub(r"-\d{1,6}$", "", name)[: NAME_LENGTH_MAX - 8]
    taken = set(Experiment.objects.filter(name__startswith=stem).values_list("name", flat=True))
    number = 2
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"


def as_yaml(specification: dict[str, Any]) -> str:
    """A specification as its file."""
    return yaml.safe_dump(specification, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None)


def _resume(experiment: Experiment) -> str:
    begun = Experiment.objects.filter(pk=experiment.pk, state=Experiment.State.STOPPED).update(
        state=Experiment.State.RUNNING, reason="", ended_at=None
    )
    if begun != 1:
        raise CommandRefused(f"{experiment.name} was started a moment ago.", "Reload the page.", status=409)
    experiment.chunks.filter(done=False).update(holder="", held_until_us=0, attempts=0)
    experiment.findings.filter(kind="expectation").delete()
    experiment.refresh_from_db()
    return f"{experiment.title} goes on."


def _chunks(experiment: Experiment, cells: list[Cell]) -> list[Chunk]:
    """Every cell's seeds in parts, in turns of the cells: what can be seen early can be compared early."""
    if experiment.engine == Experiment.Engine.LIVE:
        size = 1
    else:
        size = max(1, min(CHUNK_RUNS_MAX, experiment.seeds // CHUNKS_A_CELL_MIN))
    end = experiment.first_seed + experiment.seeds
    return [
        Chunk(experiment=experiment, cell=cell, first_seed=first, count=min(size, end - first))
        for first in range(experiment.first_seed, end, size)
        for cell in cells
    ]
