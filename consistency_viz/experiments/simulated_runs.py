"""A simulated run that is kept: played in virtual time, its history where every run's is, its row as if it had ended.

Rules
1. The history is written beside its place and moved there when it is whole; the row is saved after that, and the file
   goes again if the row cannot be. A failure leaves nothing.
2. Recorder time is virtual time: a run begins at 0, and ``ended_at`` is that many microseconds after 1970. Two runs of
   one seed can so be laid side by side, line by line.
3. Bounded by events of the simulator and by the size of the history. Blocking (0.05 s for most lessons, 1.5 s for the
   largest): callers on an event loop use a thread.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.models import Run, history_path, moment, new_run_id
from consistency_viz.experiments.simulations import header_of
from consistency_viz.observation.history_writer import HistoryWriter
from workers.cluster.plan import Plan, build
from workers.cluster.scenario import Scenario
from workers.model.observation import Observation, Turn
from workers.simulation.world import SimulationTooLongError, World

EVENTS_MAX: Final = 1_000_000
OBSERVATIONS_MAX: Final = 1_000_000
ENDLESS_S: Final = 60.0
"""How long a scenario without an end is played."""

RUNS_KEPT_MAX: Final = 2_000
SEED_LIMIT: Final = 2**63
SMALLER: Final = "Lower its duration_s, or the number or rate of what its clients do."


class _TooMuchError(RuntimeError):
    """More was observed than is kept."""


def materialise(
    document: dict[str, Any],
    seed: int,
    *,
    fix_of: Run | None = None,
    fork_of: Run | None = None,
    fork_at_us: int | None = None,
) -> Run:
    """Play a scenario (``document``: its fields, as JSON) with ``seed``, and keep it as a finished run.

    Raises ``CommandRefused`` for a scenario that is none, a seed out of range, or a run that would be too large.
    """
    plan = _plan(document, seed)
    run = Run(
        id=new_run_id(),
        scenario=plan.scenario.name,
        title=plan.scenario.title,
        design=plan.scenario.design,
        summary=plan.scenario.summary,
        document=plan.scenario.model_dump(mode="json"),
        seed=seed,
        engine=Run.Engine.SIMULATED,
        state=Run.State.FINISHED,
        reason="",
        fix_of=fix_of,
        fork_of=fork_of,
        fork_at_us=fork_at_us,
    )
    run.history = run.history_name
    end_us = _write(plan, run.id)
    try:
        run.ended_at = moment(end_us)
        run.save(force_insert=True)
    except BaseException:
        run.history_path.unlink(missing_ok=True)
        raise
    return run


def check_room() -> None:
    """Refuse another run where enough are kept already."""
    if Run.objects.count() >= RUNS_KEPT_MAX:
        text = f"{RUNS_KEPT_MAX:,} runs are kept already."
        raise CommandRefused(text, "Delete some in the admin first.", status=409)


def with_an_end(scenario: Scenario) -> Scenario:
    """The scenario itself, or, of one that is played until somebody stops it, ``ENDLESS_S`` of it."""
    if scenario.duration_s is not None:
        return scenario
    return scenario.model_copy(update={"duration_s": ENDLESS_S})


def _plan(document: dict[str, Any], seed: int) -> Plan:
    if not 0 <= seed < SEED_LIMIT:
        raise CommandRefused(f"The seed {seed} is out of range.", f"Use a whole number from 0 to {SEED_LIMIT - 1}.")
    try:
        scenario = Scenario.model_validate(document).model_copy(update={"seed": seed})
        return build(with_an_end(scenario))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise CommandRefused(f"The scenario is not valid: {where}: {first['msg']}.", "Mend this field.") from error
    except ValueError as error:
        raise CommandRefused(f"The scenario cannot be played: {error}", "Mend the scenario.") from error


def _write(plan: Plan, run_id: str) -> int:
    """Play the plan into the history of ``run_id``; returns the virtual time of its end in microseconds."""
    path = history_path(run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.playing")
    try:
        end_us = _play(plan, unfinished)
        unfinished.replace(path)
    except (SimulationTooLongError, _TooMuchError) as error:
        name = plan.scenario.name
        raise CommandRefused(f"A simulated run of {name} would be too large to keep.", SMALLER) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return end_us


def _play(plan: Plan, path: Path) -> int:
    index = 0
    with HistoryWriter(path, header_of(plan, "simulated")) as writer:

        def record(at_us: int, turn: Turn) -> None:
            nonlocal index
            for body in turn.bodies:
                writer.append(Observation(index, at_us, turn.node, body))
                index += 1
            if index > OBSERVATIONS_MAX:
                raise _TooMuchError

        return World(plan, record, events_max=EVENTS_MAX).run()
