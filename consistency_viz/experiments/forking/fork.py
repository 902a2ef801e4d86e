"""A simulated run played again, otherwise from an instant on. Blocking; nothing is half-created.

A fork is the same document and seed with more faults, more changes of instances, or an alteration. Chance is keyed by
message, so nothing before its instant can tell the difference: the two histories are the same lines up to there.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from consistency_viz.experiments import stack
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.forking.offer import CHANGES_MAX, instances_at, scenario_at, value_at
from consistency_viz.experiments.forking.words import label_of, said
from consistency_viz.experiments.models import Run, microseconds
from consistency_viz.experiments.simulated_runs import check_room, materialise
from workers.cluster.plan import Plan
from workers.cluster.scenario_errors import Problem, ScenarioError
from workers.cluster.scenario_text import check

BYTES_MAX: Final = 16_384
WHAT_CHANGES_ARE: Final = (
    'Send a list of {"set": "network.default.loss", "value": 0.2} and {"fault": {"kind": "pause", "node": "tax"}}.'
)
_NOT_OURS: Final = ("name", "at_s")


class ForkRefused(CommandRefused):
    """A change that cannot be: ``index`` in the list of changes, and of it the ``field`` and its ``value``."""

    def __init__(self, text: str, remedy: str, index: int, field: str = "", value: str = "") -> None:
        super().__init__(text, remedy)
        self.where = {"index": str(index), "field": field, "value": value}


def read_changes(raw: str) -> list[dict[str, Any]]:
    """Changes that come as JSON, not checked yet."""
    text = "These changes cannot be read."
    if len(raw) > BYTES_MAX:
        raise CommandRefused(text, f"Use at most {BYTES_MAX:,} bytes.")
    try:
        found = msgspec.json.decode(raw, type=list[dict[str, Any]])
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise CommandRefused(text, WHAT_CHANGES_ARE) from error
    return found


def fork(run: Run, at_us: int, changes: Sequence[Mapping[str, Any]]) -> Run:
    """Play a simulated run again, otherwise from ``at_us`` on.

    A change is ``{"set": path, "value": ...}``, of which ``offer`` says which there are, or ``{"fault": entry}`` with
    an entry as in a scenario's section ``faults``; its ``for_s`` counts from ``at_us``.
    """
    if run.engine != Run.Engine.SIMULATED:
        text = "Only a simulated run can be forked: chance and time of a live one cannot be had again."
        raise CommandRefused(text, "Simulate its scenario, and fork that.", status=409)
    end_us = microseconds(run.ended_at)
    if not 0 <= at_us < end_us:
        raise CommandRefused("This instant is not in the run.", f"Choose one of its {end_us / 1e6:.1f} seconds.")
    if not 1 <= len(changes) <= CHANGES_MAX:
        raise CommandRefused(f"{len(changes)} changes make no fork.", f"Choose 1 to {CHANGES_MAX} of them.")
    check_room()
    return materialise(_document(run, at_us, changes), run.seed, fork_of=run, fork_at_us=at_us)


def _document(run: Run, at_us: int, changes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The scenario with these changes, checked; without its fix where that would not go together with them."""
    document, plan, at_s = copy.deepcopy(run.document), stack.plan_of(run.document), at_us / 1e6
    places: dict[str, int] = {}
    settings: dict[str, Any] = {}
    for section in ("faults", "changes", "alterations"):
        document[section] = list(document.get(section) or [])
    for index, change in enumerate(changes):
        if isinstance(entry := change.get("fault"), dict):
            places[f"faults.{len(document['faults'])}"] = index
            document["faults"].append({k: v for k, v in entry.items() if k not in _NOT_OURS} | {"at_s": at_s})
        elif isinstance(path := change.get("set"), str) and "value" in change:
            value = change["value"]
            if path.startswith("nodes.") and path.endswith(".instances"):
                node = path.split(".")[1]
                _check_other(index, path, value, instances_at(plan, node, at_us) if node in plan.nodes else None)
                places[f"changes.{len(document['changes'])}"] = index
                document["changes"].append({"at_s": at_s, "node": node, "instances": value})
            elif path in settings:
                raise ForkRefused("This is set twice.", "Remove one of them.", index, path)
            else:
                places[f"alterations.{len(document['alterations'])}.set.{path}"] = index
                settings[path] = value
        else:
            raise ForkRefused("This change cannot be read.", WHAT_CHANGES_ARE, index)
    if settings:
        document["alterations"].append({"at_s": at_s, "set": settings})
    _checked(document, places)
    _check_all_other(document, plan, at_us, settings, places)
    return document


def _checked(document: dict[str, Any], places: Mapping[str, int]) -> None:
    try:
        check(document, "fork")
    except ScenarioError as error:
        wrong = [problem for problem in error.problems if not problem.field.startswith("fix")]
        if wrong:
            raise _refused(wrong, places) from error
        document["fix"] = None
        _checked(document, places)


def _refused(problems: Sequence[Problem], places: Mapping[str, int]) -> CommandRefused:
    """Of the first problem that is one of ours, in the words of the field that was filled in."""
    for problem in problems:
        for place, index in places.items():
            if problem.field == place or problem.field.startswith(f"{place}."):
                field = problem.field.removeprefix(place).removeprefix(".") or place.partition(".set.")[2]
                name = label_of(field) if "alterations" in place else field
                shown = f"{name or 'This change'}{f' = {problem.value}' if problem.value else ''}"
                return ForkRefused(f"{shown} cannot be used.", _sentence(problem.remedy), index, field, problem.value)
    first = problems[0]
    return CommandRefused(f"The fork cannot be played: {first.field}.", _sentence(first.remedy))


def _check_all_other(
    document: dict[str, Any], plan: Plan, at_us: int, settings: Mapping[str, Any], places: Mapping[str, int]
) -> None:
    before, after = scenario_at(plan, at_us), scenario_at(stack.plan_of(document), at_us)
    for path in settings:
        index = next(index for place, index in places.items() if place.endswith(f".set.{path}"))
        _check_other(index, path, value_at(after, path), value_at(before, path))


def _check_other(index: int, path: str, value: Any, now: Any) -> None:
    if value == now:
        text = f"{label_of(path)} is {said(path, value)} at this instant already."
        raise ForkRefused(text, "Choose another value, or remove this change.", index, path, said(path, value))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
