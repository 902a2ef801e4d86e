"""The page of a hunt: started from an experiment's results, watched by everybody, saved as a scenario."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from consistency_viz.experiments.campaign.models import Cell
from consistency_viz.experiments.campaign.models import Scenario as OwnScenario
from consistency_viz.experiments.commands import CommandRefused, check_may_experiment, may_experiment
from consistency_viz.experiments.errors import error
from consistency_viz.experiments.forms import text, whole_number
from consistency_viz.experiments.hunting import pursuing
from consistency_viz.experiments.hunting.models import Hunt

HOW: dict[str, str] = {
    "partition": "cut off",
    "link": "a link changed",
    "pause": "paused",
    "crash": "crashed",
    "clock": "its clock changed",
}


@require_safe
@never_cache
def hunt_detail(request: HttpRequest, name: str, hunt_id: int) -> HttpResponse:
    """How far a hunt is, and what it caught. While it goes on, the page fetches itself anew every second."""
    hunt = _named(name, hunt_id)
    saved = OwnScenario.objects.filter(name=hunt.saved_as).first() if hunt.saved_as else None
    found = hunt.found
    context = {
        "hunt": hunt,
        "experiment": hunt.experiment,
        "last_seed": hunt.first_seed + hunt.seeds - 1,
        "may_experiment": may_experiment(request),
        "saved": saved,
        "run": hunt.run,
        "schedule": [_fault_told(fault) for fault in found["faults"]] if found else [],
    }
    return render(request, "experiments/hunt.html", context)


@require_POST
def hunt_start(request: HttpRequest, name: str) -> HttpResponse:
    """Begin one."""
    try:
        check_may_experiment(request)
        position = whole_number("cell", text(request, "cell"))
        numbers = {field: whole_number(field, text(request, field)) for field in ("first_seed", "seeds", "faults")}
        cell = get_object_or_404(Cell.objects.select_related("experiment"), experiment__name=name, position=position)
        hunt = pursuing.start(cell, text(request, "what"), **numbers, created_by=request.user.get_username())
    except CommandRefused as refused:
        return error(request, refused.status, "Not started", refused.text, refused.remedy)
    return HttpResponseRedirect(hunt.get_absolute_url(), status=303)


@require_POST
def hunt_command(request: HttpRequest, name: str, hunt_id: int, command: str) -> HttpResponse:
    """Stop it, or go on."""
    hunt = _named(name, hunt_id)
    try:
        check_may_experiment(request)
        (pursuing.stop if command == "stop" else pursuing.go_on)(hunt)
    except CommandRefused as refused:
        return error(request, refused.status, "Not done", refused.text, refused.remedy)
    return HttpResponseRedirect(hunt.get_absolute_url(), status=303)


@require_POST
def hunt_save(request: HttpRequest, name: str, hunt_id: int) -> HttpResponse:
    """Save what it caught as a scenario, and show that in the admin to whoever may see it there."""
    hunt = _named(name, hunt_id)
    try:
        check_may_experiment(request)
        saved = pursuing.save_as_scenario(hunt, request.user.get_username())
    except CommandRefused as refused:
        return error(request, refused.status, "Not saved", refused.text, refused.remedy)
    seen = request.user.has_perm("experiments.view_scenario")
    there = reverse("admin:experiments_scenario_change", args=[saved.pk]) if seen else hunt.get_absolute_url()
    return HttpResponseRedirect(there, status=303)


def _named(name: str, hunt_id: int) -> Hunt:
    return get_object_or_404(
        Hunt.objects.select_related("experiment", "cell", "run"), pk=hunt_id, experiment__name=name
    )


def _fault_told(fault: dict[str, object]) -> dict[str, object]:
    """A fault of the schedule in a line: what, from when, for how long, and whatever else it says."""
    told_apart = ("kind", "at_s", "for_s", "label")
    others = {name: value for name, value in fault.items() if name not in told_apart and value is not False}
    return {
        "kind": fault["kind"],
        "how": HOW.get(str(fault["kind"]), ""),
        "at_s": fault["at_s"],
        "for_s": fault.get("for_s"),
        "told": ", ".join(
            f"{name.replace('_', ' ')}{'' if value is True else f' {_plain(value)}'}" for name, value in others.items()
        ),
    }


def _plain(value: object) -> str:
    if isinstance(value, list):
        return " | ".join(_plain(one) for one in value)
    if isinstance(value, dict):
        return " ".join(f"{name} {_plain(one)}" for name, one in value.items())
    return str(value)
