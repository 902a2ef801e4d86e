"""Runs beside a run: simulated, mended, or forked at an instant of its past. Blocking; nothing is half-created.

A fork is the same document and seed with one more fault. Chance is keyed by message, so nothing before the fault's
beginning can tell the difference: the two histories are the same lines up to that instant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from consistency_viz.experiments import runs, stack
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.models import Run, microseconds
from consistency_viz.experiments.simulated_runs import materialise
from workers.cluster.fixing import FixError, fixed
from workers.cluster.scenario import Scenario

RUNS_KEPT_MAX: Final = 2_000
LATENCY_MS_MAX: Final = 600_000
LINK_CHANGES: Final = ("cut", "lossy", "slow")
NODE_CHANGES: Final = ("pause", "crash")


def simulate(name: str, seed: int | None = None) -> Run:
    """Play a shipped scenario in virtual time, with its own seed or another."""
    scenario = runs.shipped(name)
    _check_room()
    return materialise(scenario.model_dump(mode="json"), scenario.seed if seed is None else seed)


def mend(broken: Run) -> Run:
    """Play what mends a run's scenario, with the same seed and by the same engine."""
    if broken.engine != Run.Engine.SIMULATED:
        return runs.start_fix(broken)
    _check_room()
    try:
        document = fixed(Scenario.model_validate(broken.document)).model_dump(mode="json")
    except FixError as error:
        raise runs.no_fix(broken) from error
    return materialise(document, broken.seed, fix_of=broken)


def fork(run: Run, at_us: int, change: Mapping[str, str]) -> Run:
    """Play a simulated run again, otherwise from ``at_us`` on.

    ``change``: ``kind`` with ``from`` and ``to`` (``cut``; ``lossy`` with ``percent``; ``slow`` with ``ms``) or with
    ``node`` (``pause``, ``crash``), and ``for_s``, empty for the rest of the run.
    """
    if run.engine != Run.Engine.SIMULATED:
        text = "Only a simulated run can be forked: chance and time of a live one cannot be had again."
        raise CommandRefused(text, "Simulate its scenario, and fork that.", status=409)
    end_us = microseconds(run.ended_at)
    if not 0 <= at_us < end_us:
        raise CommandRefused("This instant is not in the run.", f"Choose one of its {end_us / 1e6:.1f} seconds.")
    _check_room()
    document = dict(run.document)
    faults = [{**fault, "at_s": at_us / 1e6, "for_s": _seconds(change)} for fault in _faults(run, change)]
    document["faults"] = [*document.get("faults", []), *faults]
    return materialise(document, run.seed, fork_of=run, fork_at_us=at_us)


def _faults(run: Run, change: Mapping[str, str]) -> list[dict[str, Any]]:
    """What is to be otherwise, as entries of a scenario's faults."""
    kind = change.get("kind", "")
    if kind in NODE_CHANGES:
        return [{"kind": kind, "node": _node(run, change, "node")}]
    if kind not in LINK_CHANGES:
        raise CommandRefused("There is no such change.", f"Choose one of {', '.join(LINK_CHANGES + NODE_CHANGES)}.")
    first, second = _node(run, change, "from"), _node(run, change, "to")
    if first == second:
        raise CommandRefused(f"{first} has no link to itself.", "Choose two services.")
    if kind == "cut":
        return [{"kind": "partition", "between": [[first], [second]]}]
    if kind == "lossy":
        trouble: dict[str, Any] = {"loss": _number(change, "percent", 100) / 100}
    else:
        trouble = {"latency": {"kind": "constant", "ms": _number(change, "ms", LATENCY_MS_MAX)}}
    return [{"kind": "link", "source": a, "target": b, **trouble} for a, b in ((first, second), (second, first))]


def _node(run: Run, change: Mapping[str, str], field: str) -> str:
    nodes, name = stack.plan_of(run.document).nodes, change.get(field, "")
    if name not in nodes:
        raise CommandRefused(f"The field {field} names no service of this run.", f"Choose one of {', '.join(nodes)}.")
    return name


def _seconds(change: Mapping[str, str]) -> float | None:
    return _number(change, "for_s", 86_400) if change.get("for_s") else None


def _number(change: Mapping[str, str], field: str, most: float) -> float:
    """A number above 0 and up to ``most``."""
    try:
        value = float(change.get(field, ""))
    except ValueError:
        value = -1.0
    if not 0 < value <= most:
        raise CommandRefused(f"The field {field} cannot be used.", f"Use a number above 0, up to {most:g}.")
    return value


def _check_room() -> None:
    if Run.objects.count() >= RUNS_KEPT_MAX:
        text = f"{RUNS_KEPT_MAX:,} runs are kept already."
        raise CommandRefused(text, "Delete some in the admin first.", status=409)
