"""Hunts as rows: started, stopped, gone on with by whichever process is free, saved as a scenario.

Rules
1. As chunks of an experiment (``campaign.playing``): held for a time by one process, which may be killed at any moment.
   The search then goes on after the last seed that was noted; shrinking begins again, and comes to the same.
2. Whoever lost a hunt, or whose hunt was stopped, writes nothing more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from consistency_viz.checkers.verdict import Verdict
from consistency_viz.experiments.campaign import scenarios
from consistency_viz.experiments.campaign.models import Cell, Experiment, Finding
from consistency_viz.experiments.campaign.models import Scenario as OwnScenario
from consistency_viz.experiments.campaign.playing import LEASE_S, new_holder, now_us
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.fault_schedule import as_yaml
from consistency_viz.experiments.hunting.hunt import Quarry, judged, shrunk, trial_of
from consistency_viz.experiments.hunting.models import Hunt
from consistency_viz.experiments.hunting.schedules import FAULTS_MAX
from consistency_viz.experiments.models import Run
from consistency_viz.experiments.simulated_runs import materialise
from workers.cluster.catalogue import names
from workers.cluster.scenario import Scenario
from workers.cluster.scenario_errors import ScenarioError
from workers.cluster.schema.story import CHECKERS, EVERY_RUN, Expectation, VerdictExpected
from workers.simulation.world import SimulationTooLongError

SEEDS_MAX: Final = 100_000
HUNTS_MAX: Final = 200
NOTED_S: Final = 0.5
"""How far it is, is noted at least this often."""

UNPLAYABLE: Final = (SimulationTooLongError, ArithmeticError, LookupError, TypeError, ValueError)


class _NoLongerOursError(Exception):
    """The hunt was stopped, or another process has it."""


def choices(experiment: Experiment) -> list[tuple[str, str]]:
    """What may be hunted, by value and in words: what is expected of every run, of some, then every checker."""
    expected = sorted(enumerate(_expectations(experiment)), key=lambda pair: pair[1].in_share_of_runs != EVERY_RUN)
    said = [(f"expectation:{number}", str(one)) for number, one in expected]
    return [*said, *((f"checker:{name}", f"{name}: passed, in every run") for name in CHECKERS)]


def start(
    cell: Cell, what: str, *, first_seed: int = 1, seeds: int = 200, faults: int = 0, created_by: str = ""
) -> Hunt:  # fmt: skip
    """Begin a hunt in a cell's scenario; ``what`` is a value of ``choices``. Raises ``CommandRefused``."""
    for value, low, high, name in (
        (seeds, 1, SEEDS_MAX, "seeds"), (faults, 0, FAULTS_MAX, "faults"), (first_seed, 0, 2**62, "first seed"),
    ):  # fmt: skip
        if not low <= value <= high:
            raise CommandRefused(f"{value} {name} is out of range.", f"Use {low} to {high:,}.")
    if Hunt.objects.count() >= HUNTS_MAX:
        raise CommandRefused(f"There are {HUNTS_MAX} hunts already.", "Delete an experiment that has some.", 409)
    wanted = _wanted(cell.experiment, what)
    return Hunt.objects.create(
        experiment=cell.experiment,
        cell=cell,
        document=cell.document,
        wanted=wanted.model_dump(mode="json", exclude_none=True),
        expected=str(wanted)[:300],
        first_seed=first_seed,
        seeds=seeds,
        faults=faults,
        created_by=created_by,
    )


def stop(hunt: Hunt) -> None:
    """Try no more; ``go_on`` tries the rest."""
    _change(hunt, Hunt.State.RUNNING, state=Hunt.State.STOPPED, reason="stopped by hand", ended_at=timezone.now())


def go_on(hunt: Hunt) -> None:
    """Try what is left."""
    _change(
        hunt, Hunt.State.STOPPED,
        state=Hunt.State.RUNNING, reason="", ended_at=None, holder="", held_until_us=0, attempts=0,
    )  # fmt: skip


def save_as_scenario(hunt: Hunt, created_by: str = "") -> OwnScenario:
    """Keep what was caught as a scenario of one's own, which can be played, changed and experimented with."""
    if hunt.found is None:
        raise CommandRefused("Nothing was caught, so there is nothing to save.", "Try more seeds, or more faults.", 409)
    base = Scenario.model_validate(hunt.document).name
    note = f"Hunted down: breaks {hunt.expected}"[:200]
    try:
        saved = scenarios.save(
            hunt.found["yaml"], based_on=base if base in names() else "", note=note, created_by=created_by
        )
    except ScenarioError as error:
        raise CommandRefused(f"It cannot be saved: {error}", "Take the YAML, and save it by hand.", 409) from None
    Hunt.objects.filter(pk=hunt.pk).update(saved_as=saved.name)
    return saved


def pursue(hunt_id: int, should_stop: Callable[[], bool] = lambda: False, worker: str = "") -> None:
    """Go on with a hunt until it ends, is stopped, or this process is asked to stop. Keeps what it did."""
    holder = new_holder(worker)
    hunt = _claim(hunt_id, holder)
    if hunt is None:
        return
    try:
        _search(hunt, holder, should_stop)
    except _NoLongerOursError:
        pass
    except CommandRefused as refused:
        _note(hunt, holder, state=Hunt.State.FAILED, reason=str(refused)[:500], ended_at=timezone.now())


def free(worker_mark: str) -> None:
    """Let go of what an earlier life of a worker held."""
    held = Hunt.objects.filter(state=Hunt.State.RUNNING, held_until_us__gt=0)
    (held.filter(holder="") | held.filter(holder__startswith=worker_mark)).update(holder="", held_until_us=0)


def told(quarry: Quarry) -> dict[str, Any]:
    """What a row keeps of what was caught."""
    return {
        "seed": quarry.scenario.seed,
        "expectation": quarry.expectation,
        "reason": quarry.reason,
        "faults_before": quarry.faults_before,
        "faults": [fault.model_dump(mode="json", exclude_none=True) for fault in quarry.scenario.faults],
        "work_before": quarry.work_before,
        "work_after": quarry.work_after,
        "questions": quarry.questions,
        "yaml": as_yaml(quarry.scenario),
    }


def _search(hunt: Hunt, holder: str, should_stop: Callable[[], bool]) -> None:
    scenario = Scenario.model_validate(hunt.document)
    wanted = _parsed(hunt.document, hunt.wanted)
    noted_s = time.monotonic()
    while hunt.found_seed is None and hunt.tried < hunt.seeds:
        seed = hunt.first_seed + hunt.tried
        verdict = _verdict(scenario, wanted, seed, hunt.faults)
        hunt.tried += 1
        hunt.unknown += verdict == Verdict.UNKNOWN
        if verdict == Verdict.FAILED:
            hunt.found_seed = seed
        if hunt.found_seed is not None or time.monotonic() - noted_s > NOTED_S:
            _note(hunt, holder, tried=hunt.tried, unknown=hunt.unknown, found_seed=hunt.found_seed, attempts=0)
            noted_s = time.monotonic()
            if hunt.found_seed is None and should_stop():
                _note(hunt, holder, holder="", held_until_us=0)
                return
    if hunt.found_seed is not None:
        _catch(hunt, holder, scenario, wanted, hunt.found_seed)
        return
    _note(
        hunt, holder,
        tried=hunt.tried, unknown=hunt.unknown, state=Hunt.State.FINISHED, holder="", ended_at=timezone.now(),
    )  # fmt: skip


def _catch(hunt: Hunt, holder: str, scenario: Scenario, wanted: Expectation, seed: int) -> None:
    """Shrink what the seed breaks, keep the smallest run, and end the hunt."""
    noted_s, asked = time.monotonic(), 0

    def another() -> None:
        nonlocal noted_s, asked
        asked += 1
        if time.monotonic() - noted_s > NOTED_S:
            _note(hunt, holder, asked=asked)
            noted_s = time.monotonic()

    quarry = shrunk(trial_of(scenario, seed, hunt.faults), wanted, another=another)
    _note(hunt, holder, asked=asked)
    run = materialise(quarry.scenario.model_dump(mode="json"), quarry.scenario.seed)
    try:
        with transaction.atomic():
            Run.objects.filter(pk=run.pk).update(experiment=hunt.experiment)
            _note(
                hunt, holder,
                found=told(quarry), run=run, state=Hunt.State.FINISHED, holder="", ended_at=timezone.now(),
            )  # fmt: skip
            Finding.objects.create(
                experiment=hunt.experiment,
                cell=hunt.cell,
                kind=Finding.Kind.HUNT,
                title=quarry.expectation[:300],
                verdict=Verdict.FAILED.value,
                reason=quarry.reason[:500],
                evidence={"hunt": hunt.pk, "run": run.pk, "seed": seed, "faults": len(quarry.scenario.faults)},
            )
    except BaseException:
        run.history_path.unlink(missing_ok=True)
        run.delete()
        raise


def _verdict(scenario: Scenario, wanted: Expectation, seed: int, faults: int) -> Verdict:
    try:
        return judged(trial_of(scenario, seed, faults), wanted).verdict
    except UNPLAYABLE:
        return Verdict.UNKNOWN


def _claim(hunt_id: int, holder: str) -> Hunt | None:
    due = Hunt.objects.filter(pk=hunt_id, state=Hunt.State.RUNNING)
    free_ones = due.filter(holder="") | due.filter(held_until_us__lt=now_us())
    hunt = Hunt.objects.select_related("experiment", "cell").filter(pk=hunt_id).first()
    if hunt is None:
        return None
    claimed = free_ones.update(holder=holder, held_until_us=_until_us(), attempts=hunt.attempts + 1)
    return hunt if claimed == 1 else None


def _note(hunt: Hunt, holder: str, /, **fields: Any) -> None:
    """Write to the row and hold it longer; raises ``_NoLongerOursError``."""
    ours = Hunt.objects.filter(pk=hunt.pk, holder=holder, state=Hunt.State.RUNNING)
    if ours.update(**{"held_until_us": _until_us(), **fields}) != 1:
        raise _NoLongerOursError


def _change(hunt: Hunt, state: str, /, **fields: Any) -> None:
    if Hunt.objects.filter(pk=hunt.pk, state=state).update(**fields) != 1:
        hunt.refresh_from_db()
        raise CommandRefused(f"This hunt is {hunt.state}.", "Reload the page.", 409)
    hunt.refresh_from_db()


def _expectations(experiment: Experiment) -> list[Expectation]:
    """Those of all variants, without the names of the variants."""
    cell = experiment.cells.first()
    if cell is None:
        return []
    return [
        _parsed(cell.document, {name: value for name, value in item.items() if name != "variants"})
        for item in experiment.expect
    ]


def _wanted(experiment: Experiment, what: str) -> Expectation:
    kind, _, which = what.partition(":")
    if kind == "checker" and which in CHECKERS:
        return VerdictExpected(checker=which, verdict="passed", because="This is what is hunted.")  # type: ignore[arg-type]
    expected = _expectations(experiment)
    if kind == "expectation" and which.isdigit() and int(which) < len(expected):
        return expected[int(which)]
    raise CommandRefused(f"Nobody knows what {what[:40]!r} is.", "Choose an expectation or a checker.")


def _parsed(document: Mapping[str, Any], wanted: Mapping[str, Any]) -> Expectation:
    return Scenario.model_validate({**document, "expect": [wanted]}).expect[0]


def _until_us() -> int:
    return now_us() + int(LEASE_S * 1_000_000)
