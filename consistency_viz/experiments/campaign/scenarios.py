"""Scenarios of one's own: checked as files are, kept in versions, shown beside what they were made from."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from consistency_viz.experiments.campaign.differences import Difference, differences
from consistency_viz.experiments.campaign.models import Scenario, ScenarioVersion
from workers.cluster.catalogue import load, names
from workers.cluster.scenario import Scenario as Document
from workers.cluster.scenario_errors import Problem, ScenarioError
from workers.cluster.scenario_text import parse

SCENARIOS_MAX: Final = 500
VERSIONS_MAX: Final = 200


def check(text: str, name: str | None = None) -> Document:
    """The scenario of a YAML text, if it may be kept: under ``name`` alone where one is changed that is there.

    Raises ``ScenarioError`` with everything that is wrong.
    """
    document = parse(text, name or "scenario")
    if name is not None and document.name != name:
        remedy = f"this scenario is called {name}; another name makes another scenario: add it as a new one"
        raise ScenarioError(name, [Problem(0, "name", repr(document.name), remedy)])
    if document.name in names():
        remedy = f"a shipped scenario has this name; take another, such as my-{document.name}"
        raise ScenarioError(document.name, [Problem(0, "name", repr(document.name), remedy)])
    return document


@transaction.atomic
def save(text: str, *, based_on: str = "", note: str = "", created_by: str = "", name: str | None = None) -> Scenario:
    """Keep a YAML text as the newest version of the scenario that it names; raises ``ScenarioError``.

    A text that says what the newest version says makes no new one.
    """
    document = check(text, name)
    if based_on and based_on not in names():
        raise ScenarioError(document.name, [Problem(0, "based_on", repr(based_on), "name a shipped scenario, or none")])
    scenario = Scenario.objects.filter(name=document.name).first()
    if scenario is None:
        if Scenario.objects.count() >= SCENARIOS_MAX:
            remedy = f"there are {SCENARIOS_MAX} scenarios already; delete some first"
            raise ScenarioError(document.name, [Problem(0, "", "", remedy)])
        scenario = Scenario.objects.create(name=document.name, title=document.title, design=document.design)
    newest = scenario.latest
    if newest is None or newest.text != text:
        number = 1 if newest is None else newest.number + 1
        ScenarioVersion.objects.create(
            scenario=scenario,
            number=number,
            text=text,
            document=document.model_dump(mode="json", exclude_unset=True),
            note=note,
            created_by=created_by,
        )
        scenario.versions.filter(number__lte=number - VERSIONS_MAX).delete()
    scenario.title, scenario.design = document.title, document.design
    scenario.based_on = based_on or scenario.based_on
    scenario.save()
    return scenario


def against_default(scenario: Scenario) -> list[Difference]:
    """What the newest version changes in the shipped scenario that it is based on."""
    newest = scenario.latest
    if newest is None or scenario.based_on not in names():
        return []
    return differences(load(scenario.based_on).model_dump(mode="json"), newest.document)
