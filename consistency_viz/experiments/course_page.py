"""The catalogue as a page shows it: the course in its order, then everything else by what it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from consistency_viz.experiments import stack
from consistency_viz.experiments.models import Run
from workers.cluster.plan import build
from workers.cluster.scenario import Scenario


class Group(NamedTuple):
    """Scenarios of one kind. ``id`` is their place on the page."""

    id: str
    title: str
    about: str


class Entry(NamedTuple):
    """One line of the catalogue. ``run`` is one that goes on now, if there is one."""

    scenario: Scenario
    anomaly: str
    minutes: str
    run: Run | None


GROUPS: Final = (
    Group("orders", "The order flow, in other designs", "The same shop, coordinated in other ways."),
    Group("regions", "Replicated regions", "Every region takes writes, and tells the others."),
    Group("quorums", "Quorums", "A leaderless store: N replicas, of which R answer a read and W a write."),
    Group("leaders", "Leaders and hot keys", "One may write, and everybody wants to."),
)

_KNOWN: dict[str, str] = {}


def _sorted_out() -> tuple[tuple[Scenario, ...], Mapping[str, tuple[Scenario, ...]]]:
    """The lessons in their order, and the other scenarios by group."""
    found = stack.catalogue()
    lessons = [scenario for scenario in found if scenario.lesson is not None]
    others: dict[str, list[Scenario]] = {group.id: [] for group in GROUPS}
    for scenario in found:
        if scenario.lesson is None:
            others[group_of(scenario)].append(scenario)
    lessons.sort(key=_number)
    return tuple(lessons), {group: tuple(found) for group, found in others.items()}


def group_of(scenario: Scenario) -> str:
    """The group that a scenario belongs to, by the nodes that its design has; worked out once for each design."""
    if scenario.design not in _KNOWN:
        _KNOWN[scenario.design] = _group(scenario)
    return _KNOWN[scenario.design]


def _group(scenario: Scenario) -> str:
    plan = build(scenario)
    roles = {node.role for node in plan.nodes.values()}
    if stack.subject_of(plan) == "order":
        return "orders"
    if "coordinator" in roles:
        return "quorums"
    return "regions" if "replica" in roles else "leaders"


def course(active: Iterable[Run]) -> list[Entry]:
    """The lessons, each with its run that goes on now."""
    on_now = {run.scenario: run for run in active}
    return [_entry(scenario, on_now) for scenario in _sorted_out()[0]]


def further(active: Iterable[Run]) -> list[tuple[Group, list[Entry]]]:
    """The other scenarios by group, without groups that have none."""
    on_now = {run.scenario: run for run in active}
    by_group = _sorted_out()[1]
    return [(group, [_entry(one, on_now) for one in by_group[group.id]]) for group in GROUPS if by_group[group.id]]


def _entry(scenario: Scenario, on_now: Mapping[str, Run]) -> Entry:
    minutes = f"{scenario.lesson.minutes:g} min" if scenario.lesson is not None else ""
    return Entry(scenario, scenario.anomaly.replace("-", " "), minutes, on_now.get(scenario.name))


def _number(scenario: Scenario) -> int:
    return scenario.lesson.number if scenario.lesson is not None else 0
