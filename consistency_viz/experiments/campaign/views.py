"""The pages of experiments: which there are, how far one is, what it came to so far. Everyone may look."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from consistency_viz.experiments.campaign import conclusion, storing
from consistency_viz.experiments.campaign.dashboards import open_seed, opened_of
from consistency_viz.experiments.campaign.models import Cell, Experiment
from consistency_viz.experiments.campaign.progress import progress_of
from consistency_viz.experiments.commands import CommandRefused, check_may_experiment, may_experiment
from consistency_viz.experiments.errors import error
from consistency_viz.experiments.forms import text, whole_number
from consistency_viz.experiments.hunting import pursuing
from consistency_viz.experiments.hunting.schedules import FAULTS_MAX
from consistency_viz.experiments.results import downloads, drawn

LISTED_MAX: Final = 100
HUNTS_LISTED_MAX: Final = 20
SO_FAR_MAX: Final = 5_000
"""Runs of an unfinished experiment that a page sums up anew each time, in a second or so."""


@require_safe
@never_cache
def experiment_list(request: HttpRequest) -> HttpResponse:
    """Every experiment with its state, its progress and its verdict."""
    rows = [(one, *map(_told, progress_of(one))) for one in Experiment.objects.all()[:LISTED_MAX]]
    return render(request, "experiments/list.html", {"rows": rows, "may_experiment": may_experiment(request)})


def _told(count: int) -> str:
    return f"{count:,}"


@require_safe
@never_cache
def experiment_detail(request: HttpRequest, name: str) -> HttpResponse:
    """One experiment. While it runs, the page fetches itself anew every second."""
    experiment = get_object_or_404(Experiment, name=name)
    done, total = progress_of(experiment)
    summary = _summary(request, experiment, done)
    results = {} if summary is None else drawn.context(summary, drawn.points_of(experiment, summary))
    cells = list(experiment.cells.annotate(n=Count("results")))
    context = {"experiment": experiment, "done": done, "total": total, "cells": cells, "has_results": bool(results)}
    context |= {"done_told": _told(done), "total_told": _told(total), "may_see_so_far": 0 < done <= SO_FAR_MAX}
    context |= results | {"kinds": downloads.KINDS, "may_experiment": may_experiment(request)}
    context |= {"opened": opened_of(experiment), "hunts": experiment.hunts.select_related("cell")[:HUNTS_LISTED_MAX]}
    if cells:
        context |= {"hunted": pursuing.choices(experiment), "faults_max": FAULTS_MAX}
    return render(request, "experiments/detail.html", context)


def _summary(request: HttpRequest, experiment: Experiment, done: int) -> dict[str, Any] | None:
    """What it came to; of one that was stopped, or of one that runs if that is asked for, what there is so far."""
    if experiment.summary is not None or not done:
        return experiment.summary
    is_asked = experiment.state != Experiment.State.RUNNING or "so-far" in request.GET
    if not is_asked or done > SO_FAR_MAX:
        return None
    found = conclusion.summary_of(experiment.specification(), conclusion.cells_of(experiment), storing.known)
    kept: dict[str, Any] = msgspec.to_builtins(found)
    return kept


@require_POST
def experiment_command(request: HttpRequest, name: str, command: str) -> HttpResponse:
    """Start or stop it."""
    experiment = get_object_or_404(Experiment, name=name)
    try:
        check_may_experiment(request)
        (storing.start if command == "start" else storing.stop)(experiment)
    except CommandRefused as refused:
        return error(request, refused.status, "Not done", refused.text, refused.remedy)
    return HttpResponseRedirect(experiment.get_absolute_url(), status=303)


@require_safe
@never_cache
def experiment_results(request: HttpRequest, name: str, kind: str) -> HttpResponse:
    """Its results as a file."""
    experiment = get_object_or_404(Experiment, name=name)
    if kind not in downloads.KINDS:
        return error(
            request, 404, "No such file", f"There is no {kind[:20]}.", f"Ask for {', '.join(downloads.KINDS)}."
        )
    try:
        content = downloads.made(experiment, kind)
    except CommandRefused as refused:
        return error(request, refused.status, "No file", refused.text, refused.remedy)
    response = HttpResponse(content, content_type=downloads.KINDS[kind])
    response["Content-Disposition"] = f'attachment; filename="{experiment.name}.{kind}"'
    return response


@require_POST
def experiment_open_seed(request: HttpRequest, name: str) -> HttpResponse:
    """Open a run that a form names by its cell's position and its seed."""
    try:
        check_may_experiment(request)
        position, seed = (whole_number(field, text(request, field)) for field in ("cell", "seed"))
    except CommandRefused as refused:
        return error(request, refused.status, "Not opened", refused.text, refused.remedy)
    return experiment_open(request, name, position, seed)


@require_POST
def experiment_open(request: HttpRequest, name: str, position: int, seed: int) -> HttpResponse:
    """Open the run behind a result as a dashboard: played again, once, and kept."""
    cell = get_object_or_404(Cell, experiment__name=name, position=position)
    get_object_or_404(cell.results, seed=seed)
    try:
        check_may_experiment(request)
        run = open_seed(cell, seed)
    except CommandRefused as refused:
        return error(request, refused.status, "Not opened", refused.text, refused.remedy)
    return HttpResponseRedirect(reverse("run", args=[run.id]), status=303)
