"""Scenarios: the shipped ones and one's own."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Status

from consistency_viz.api.keys import CONFIGURE, READ, author
from consistency_viz.api.schemas import DifferenceOut, Name, ScenarioFull, ScenarioIn, ScenarioOut
from consistency_viz.experiments.campaign import scenarios
from consistency_viz.experiments.campaign.models import Scenario
from consistency_viz.experiments.stack import catalogue
from workers.cluster.catalogue import load, names, text_of

router = Router(tags=["scenarios"])


@router.get("", response=list[ScenarioOut], auth=READ)
def scenario_list(request: HttpRequest) -> list[dict[str, Any]]:
    """Every scenario: your own first, then the shipped ones in the order of the course."""
    own = [_own(scenario) for scenario in Scenario.objects.all()]
    shipped = [
        {"name": s.name, "title": s.title, "design": s.design, "shipped": True, "version": 0} for s in catalogue()
    ]
    return own + shipped


@router.get("/{name}", response=ScenarioFull, auth=READ)
def scenario_detail(request: HttpRequest, name: Name) -> dict[str, Any]:
    """One scenario with its text."""
    scenario = Scenario.objects.filter(name=name).first()
    version = scenario.latest if scenario is not None else None
    if scenario is not None and version is not None:
        return {**_own(scenario), "text": version.text, "document": version.document}
    if name not in names():
        raise Http404
    found = load(name)
    about = {"name": found.name, "title": found.title, "design": found.design, "shipped": True, "version": 0}
    return {**about, "text": text_of(name), "document": found.model_dump(mode="json")}


@router.post("", response={201: ScenarioOut}, auth=CONFIGURE)
def scenario_save(request: HttpRequest, given: ScenarioIn) -> Any:
    """Keep a YAML text as a new scenario, or as the next version of the one that it names."""
    saved = scenarios.save(given.text, based_on=given.based_on, note=given.note, created_by=author(request))
    return Status(201, _own(saved))


@router.get("/{name}/differences", response=list[DifferenceOut], auth=READ)
def scenario_differences(request: HttpRequest, name: Name) -> list[dict[str, str]]:
    """What one of your own changes in the shipped scenario that it is based on."""
    scenario = Scenario.objects.filter(name=name).first()
    if scenario is None:
        raise Http404
    return [found._asdict() for found in scenarios.against_default(scenario)]


@router.delete("/{name}", response={204: None}, auth=CONFIGURE)
def scenario_delete(request: HttpRequest, name: Name) -> Any:
    """Delete one of your own with its versions; what was played keeps its copy."""
    if not Scenario.objects.filter(name=name).delete()[0]:
        raise Http404
    return Status(204, None)


def _own(scenario: Scenario) -> dict[str, Any]:
    version = scenario.latest
    number = version.number if version is not None else 0
    about = {"name": scenario.name, "title": scenario.title, "design": scenario.design}
    return {**about, "shipped": False, "version": number}
