"""Runs: started, stopped, looked into; and the faults of those that go on."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from ninja import Query, Router, Status

from consistency_viz.api.keys import FAULTS, READ, RUN
from consistency_viz.api.schemas import FaultId, InjectedOut, Page, RunId, RunIn, RunOut, Said
from consistency_viz.experiments import fault_injection, runs
from consistency_viz.experiments.findings import findings_of
from consistency_viz.experiments.models import Run

router = Router(tags=["runs"])


@router.get("", response=list[RunOut], auth=READ)
def run_list(request: HttpRequest, page: Query[Page]) -> list[dict[str, Any]]:
    """Runs, the newest first."""
    return [run_out(run) for run in Run.objects.all()[page.offset : page.offset + page.limit]]


@router.post("", response={201: RunOut}, auth=RUN)
def run_start(request: HttpRequest, given: RunIn) -> Any:
    """Start a shipped scenario live."""
    return Status(201, run_out(runs.start_run(given.scenario, given.seed)))


@router.get("/{run_id}", response=RunOut, auth=READ)
def run_detail(request: HttpRequest, run_id: RunId) -> dict[str, Any]:
    """One run."""
    return run_out(_run(run_id))


@router.post("/{run_id}/stop", response=Said, auth=RUN)
def run_stop(request: HttpRequest, run_id: RunId) -> dict[str, str]:
    """Ask a run to stop; it is over when its state says so."""
    return {"text": runs.stop_run(_run(run_id))}


@router.get("/{run_id}/findings", response=dict[str, Any], auth=READ)
def run_findings(request: HttpRequest, run_id: RunId) -> dict[str, Any]:
    """What was found in a run that is over; looked for the first time that anybody asks."""
    return findings_of(_run(run_id))


@router.get("/{run_id}/faults", response=list[dict[str, Any]], auth=READ)
def fault_list(request: HttpRequest, run_id: RunId) -> list[dict[str, Any]]:
    """Every fault of a run that has begun, and what it touched."""
    return fault_injection.faults_of(_run(run_id))


@router.post("/{run_id}/faults", response={201: InjectedOut}, auth=FAULTS)
def fault_inject(request: HttpRequest, run_id: RunId, entry: dict[str, Any]) -> Any:
    """Let a fault begin now: one entry of a scenario's section `faults`."""
    found = fault_injection.inject(_run(run_id), entry)
    return Status(201, {**found._asdict(), "text": found.text})


@router.delete("/{run_id}/faults/{fault_id}", response=Said, auth=FAULTS)
def fault_heal(request: HttpRequest, run_id: RunId, fault_id: FaultId) -> dict[str, str]:
    """Let a fault end now."""
    return {"text": fault_injection.heal(_run(run_id), fault_id)}


def run_out(run: Run) -> dict[str, Any]:
    """A run as the API shows it."""
    fields = ("id", "title", "scenario", "design", "engine", "seed", "state", "reason", "started_at", "ended_at")
    links = {"page": reverse("run", args=[run.id]), "history": run.history_url}
    return {name: getattr(run, name) for name in fields} | links


def _run(run_id: str) -> Run:
    return get_object_or_404(Run, pk=run_id)
