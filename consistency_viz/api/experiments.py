"""Experiments: asked, started, stopped, and what came of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from consistency_viz.api.keys import CONFIGURE, READ, RUN, author
from consistency_viz.api.problems import ApiError
from consistency_viz.api.runs import run_out
from consistency_viz.api.schemas import (
    ExperimentFull,
    ExperimentOut,
    FindingOut,
    HuntIn,
    HuntOut,
    Name,
    NoteIn,
    Page,
    Position,
    ResultOut,
    RunOut,
    Said,
    Seed,
)
from consistency_viz.checkers.verdict import Verdict
from consistency_viz.experiments.campaign import conclusion, junit, storing
from consistency_viz.experiments.campaign.cells import plan
from consistency_viz.experiments.campaign.dashboards import open_seed
from consistency_viz.experiments.campaign.models import Cell, Experiment, Finding, Result
from consistency_viz.experiments.campaign.progress import progress_of
from consistency_viz.experiments.campaign.results import unpack
from consistency_viz.experiments.campaign.specification import Experiment as Specification
from consistency_viz.experiments.hunting import pursuing
from consistency_viz.experiments.hunting.models import Hunt

router = Router(tags=["experiments"])
findings = Router(tags=["findings"])
EXPERIMENTS_MAX = 1_000
FILES: dict[str, Any] = {kind: {"schema": {}} for kind in ("application/json", "application/yaml", "application/xml")}


@router.get("", response=list[ExperimentOut], auth=READ)
def experiment_list(request: HttpRequest, page: Query[Page]) -> list[dict[str, Any]]:
    """Experiments, the newest first."""
    return [_about(one) for one in Experiment.objects.all()[page.offset : page.offset + page.limit]]


@router.post("", response={201: ExperimentFull}, auth=CONFIGURE)
def experiment_create(request: HttpRequest, asked: Specification) -> Any:
    """Ask: a draft, checked whole. Start it with `/start`."""
    if Experiment.objects.count() >= EXPERIMENTS_MAX:
        raise ApiError(409, f"There are {EXPERIMENTS_MAX} experiments; delete some first.")
    fields = asked.model_dump(mode="json", by_alias=True, exclude_unset=True)
    made = storing.create(plan(fields, asked.name, storing.known), author(request))
    return Status(201, _full(made))


@router.get("/{name}", response=ExperimentFull, auth=READ)
def experiment_detail(request: HttpRequest, name: Name) -> dict[str, Any]:
    """One experiment, what was asked, and how far it is."""
    return _full(_named(name))


@router.delete("/{name}", response={204: None}, auth=CONFIGURE)
def experiment_delete(request: HttpRequest, name: Name) -> Any:
    """Delete it with its results and findings; one that runs must be stopped first."""
    experiment = _named(name)
    if experiment.state == Experiment.State.RUNNING:
        raise ApiError(409, "It runs; stop it first.")
    experiment.delete()
    return Status(204, None)


@router.post("/{name}/start", response=Said, auth=RUN)
def experiment_start(request: HttpRequest, name: Name) -> dict[str, str]:
    """Play it, or what is missing of it."""
    return {"text": storing.start(_named(name))}


@router.post("/{name}/stop", response=Said, auth=RUN)
def experiment_stop(request: HttpRequest, name: Name) -> dict[str, str]:
    """Play no more of it; what was played stays."""
    return {"text": storing.stop(_named(name))}


@router.post("/{name}/clone", response={201: ExperimentFull}, auth=CONFIGURE)
def experiment_clone(request: HttpRequest, name: Name) -> Any:
    """A draft that asks the same, under another name."""
    if Experiment.objects.count() >= EXPERIMENTS_MAX:
        raise ApiError(409, f"There are {EXPERIMENTS_MAX} experiments; delete some first.")
    return Status(201, _full(storing.clone(_named(name), author(request))))


@router.get("/{name}/summary", response=dict[str, Any], auth=READ)
def experiment_summary(request: HttpRequest, name: Name) -> Any:
    """Every cell summed up, as far as it was played (docs/experiments.md says what is in it)."""
    return msgspec.to_builtins(_summary(_named(name)))


@router.get("/{name}/results", response=list[ResultOut], auth=READ)
def experiment_results(
    request: HttpRequest, name: Name, page: Query[Page], cell: Annotated[Position | None, Query()] = None
) -> list[dict[str, Any]]:
    """What single runs showed, by cell and seed; of one cell alone with `cell`, its position."""
    chosen = Result.objects.filter(cell__experiment=_named(name))
    if cell is not None:
        chosen = chosen.filter(cell__position=cell)
    rows = chosen.select_related("layout", "cell").order_by("cell__position", "seed")
    return [_result(row) for row in rows[page.offset : page.offset + page.limit]]


@router.post("/{name}/cells/{position}/seeds/{seed}/open", response=RunOut, auth=RUN)
def experiment_open(request: HttpRequest, name: Name, position: Position, seed: Seed) -> Any:
    """The run behind a result as a dashboard: played again in virtual time, once, and kept with its history."""
    cell = get_object_or_404(Cell, experiment=_named(name), position=position)
    if not cell.results.filter(seed=seed).exists():
        raise Http404
    return run_out(open_seed(cell, seed))


@router.get("/{name}/export", auth=READ, response={200: Any}, openapi_extra={"responses": {200: {"content": FILES}}})
def experiment_export(
    request: HttpRequest, name: Name, format: Annotated[Literal["yaml", "json", "junit"], Query()] = "yaml"
) -> HttpResponse:
    """The experiment as its file, or what it came to as JSON or as a JUnit report."""
    experiment = _named(name)
    if format == "yaml":
        return HttpResponse(storing.as_yaml(experiment.specification()), content_type="application/yaml")
    summary = _summary(experiment)
    if format == "json":
        return HttpResponse(msgspec.json.encode(summary), content_type="application/json")
    return HttpResponse(junit.report(summary), content_type="application/xml")


@router.get("/{name}/findings", response=list[FindingOut], auth=READ)
def experiment_findings(request: HttpRequest, name: Name) -> list[dict[str, Any]]:
    """What it showed, with the evidence."""
    return [_finding(one) for one in _named(name).findings.select_related("cell", "experiment")]


@router.get("/{name}/hunts", response=list[HuntOut], auth=READ)
def hunt_list(request: HttpRequest, name: Name, page: Query[Page]) -> list[dict[str, Any]]:
    """The hunts in an experiment, the newest first."""
    chosen = _named(name).hunts.select_related("cell", "experiment")
    return [_hunt(one) for one in chosen[page.offset : page.offset + page.limit]]


@router.post("/{name}/hunts", response={201: HuntOut}, auth=RUN)
def hunt_start(request: HttpRequest, name: Name, asked: HuntIn) -> Any:
    """Search seeds, and faults drawn for each, for a run that breaks an expectation, and shrink what is found."""
    cell = get_object_or_404(Cell, experiment=_named(name), position=asked.cell)
    numbers = asked.dict(exclude={"cell", "what"})
    return Status(201, _hunt(pursuing.start(cell, asked.what, **numbers, created_by=author(request))))


@router.get("/{name}/hunts/{hunt_id}", response=HuntOut, auth=READ)
def hunt_detail(request: HttpRequest, name: Name, hunt_id: Seed) -> dict[str, Any]:
    """One hunt: how far it is, what it caught."""
    return _hunt(get_object_or_404(_named(name).hunts.select_related("cell"), pk=hunt_id))


@router.post("/{name}/hunts/{hunt_id}/stop", response=HuntOut, auth=RUN)
def hunt_stop(request: HttpRequest, name: Name, hunt_id: Seed) -> dict[str, Any]:
    """Try no more."""
    hunt = get_object_or_404(_named(name).hunts.select_related("cell"), pk=hunt_id)
    pursuing.stop(hunt)
    return _hunt(hunt)


@findings.get("", response=list[FindingOut], auth=READ)
def finding_list(
    request: HttpRequest,
    page: Query[Page],
    verdict: Annotated[Literal["passed", "failed", "unknown"] | None, Query()] = None,
) -> list[dict[str, Any]]:
    """The findings of all experiments, the newest first."""
    chosen = Finding.objects.select_related("cell", "experiment").order_by("-id")
    if verdict is not None:
        chosen = chosen.filter(verdict=verdict)
    return [_finding(one) for one in chosen[page.offset : page.offset + page.limit]]


@findings.patch("/{finding_id}", response=FindingOut, auth=CONFIGURE)
def finding_note(request: HttpRequest, finding_id: Seed, given: NoteIn) -> dict[str, Any]:
    """Write what people make of it."""
    finding = get_object_or_404(Finding.objects.select_related("cell", "experiment"), pk=finding_id)
    finding.note = given.note
    finding.save(update_fields=["note"])
    return _finding(finding)


def _named(name: str) -> Experiment:
    return get_object_or_404(Experiment, name=name)


def _about(one: Experiment) -> dict[str, Any]:
    done, total = progress_of(one)
    fields = ("name", "title", "question", "scenario", "engine", "state", "reason", "verdict")
    dates = ("created_at", "started_at", "ended_at")
    return {name: getattr(one, name) for name in (*fields, *dates)} | {"runs_done": done, "runs_total": total}


def _full(one: Experiment) -> dict[str, Any]:
    return _about(one) | {"specification": one.specification()}


def _summary(experiment: Experiment) -> dict[str, Any]:
    """The summary that was kept at the end, or one of what there is so far."""
    if experiment.summary is not None and experiment.state == Experiment.State.FINISHED:
        kept: dict[str, Any] = experiment.summary
        return kept
    return conclusion.summary_of(experiment.specification(), conclusion.cells_of(experiment), storing.known)


def _result(row: Result) -> dict[str, Any]:
    run = unpack(row, row.layout, len(row.shown))
    return {
        "cell": row.cell.position,
        "seed": row.seed,
        "end_ms": row.end_ms,
        "error": row.error,
        "verdicts": {name: verdict.value for name, verdict in run.verdicts.items()},
        "expectations": [Verdict(one.verdict).value for one in run.expectations],
        "figures": run.metrics,
    }


def _hunt(one: Hunt) -> dict[str, Any]:
    fields = ("id", "expected", "state", "reason", "first_seed", "seeds", "faults", "tried", "unknown", "found")
    names = {"experiment": one.experiment.name, "cell": one.cell.name, "run": one.run_id, "saved_as": one.saved_as}
    return {name: getattr(one, name) for name in fields} | names


def _finding(one: Finding) -> dict[str, Any]:
    fields = ("id", "kind", "title", "because", "verdict", "reason", "evidence", "note")
    cell = one.cell.name if one.cell is not None else None
    return {name: getattr(one, name) for name in fields} | {"experiment": one.experiment.name, "cell": cell}
