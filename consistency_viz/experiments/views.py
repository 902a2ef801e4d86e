"""The pages of runs, and the commands on them. What a command does is ``runs``' business."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from consistency_viz.experiments import course_page, forms, own_scenarios, runs, stack, tokens
from consistency_viz.experiments.campaign import roles
from consistency_viz.experiments.commands import (
    PRESENTER,
    CommandRefused,
    check_may_command,
    is_presenter,
    presenter_command,
    refusal,
)
from consistency_viz.experiments.errors import error, wants_json
from consistency_viz.experiments.findings import findings_of
from consistency_viz.experiments.lookers import look
from consistency_viz.experiments.models import Run
from consistency_viz.experiments.relatives import relatives_of
from consistency_viz.experiments.story import story_of

RUNS_LISTED_MAX = 50
FIXES_LISTED_MAX = 3
CHUNK_BYTES = 64 * 1024


@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """The course and the other scenarios, with what goes on now before and what is over after them."""
    listed = list(Run.objects.all()[:RUNS_LISTED_MAX])
    active = [run for run in listed if not run.ended]
    context = {
        "active": active,
        "past": [run for run in listed if run.ended],
        "course": course_page.course(active),
        "further": course_page.further(active),
        "problems": own_scenarios.own().problems if is_presenter(request) else (),
        "is_presenter": is_presenter(request),
    }
    return render(request, "runs/list.html", context)


@require_safe
def run_detail(request: HttpRequest, run_id: str) -> HttpResponse:
    """One run: the page that the socket fills."""
    run = _run(run_id)
    plan = stack.plan_of(run.document)
    subject = stack.subject_of(plan)
    context = {
        "run": run,
        "is_presenter": is_presenter(request),
        "socket_path": f"/ws/runs/{run.id}/",
        "nodes_scalable": [] if run.ended else list(plan.nodes),
        "subject": subject,
        "story": story_of(plan.scenario, run),
        "fixes": run.fixes.all()[:FIXES_LISTED_MAX],
        "relatives": relatives_of(run),
        "nodes": list(plan.nodes),
        "label_placed": "Orders placed" if subject == "order" else "Updates",
        "label_settled": "Settled" if subject == "order" else "Keys in agreement",
        "label_emails": "E-mails sent" if subject == "order" else "Reads",
        "skus": stack.prices(),
        "countries": stack.countries(),
        "real_faults": stack.real_faults(),
    }
    return render(request, "runs/detail.html", context)


@require_POST
def run_start(request: HttpRequest) -> HttpResponse:
    """Start a scenario; a form is sent on to the new run's page, a script gets its address."""
    try:
        check_may_command(request)
        seed = forms.text(request, "seed")
        run = runs.start_run(forms.text(request, "scenario"), forms.whole_number("seed", seed) if seed else None)
    except CommandRefused as refused:
        return error(request, refused.status, "Not started", refused.text, refused.remedy)
    return _started(request, run)


def _started(request: HttpRequest, run: Run) -> HttpResponse:
    return led_to(request, f"Run {run.id} started.", reverse("run", args=[run.id]))


def led_to(request: HttpRequest, text: str, url: str) -> HttpResponse:
    """The answer to what made a run: a form is sent on to ``url``, a script gets it."""
    if wants_json(request):
        return JsonResponse({"ok": True, "text": text, "url": url})
    return HttpResponseRedirect(url, status=303)


@presenter_command
def run_order(request: HttpRequest, run_id: str) -> HttpResponse:
    """Place one order by hand; a browser is one client session, whatever it orders."""
    session = request.session.setdefault("hand", f"hand-{secrets.token_hex(2)}")
    return _done(runs.place_order(_run(run_id), forms.order(request), session))


@presenter_command
def run_stop(request: HttpRequest, run_id: str) -> HttpResponse:
    """Stop a run."""
    return _done(runs.stop_run(_run(run_id)))


@presenter_command
def run_scale(request: HttpRequest, run_id: str) -> HttpResponse:
    """Change how many instances a service has."""
    instances = forms.whole_number("instances", forms.text(request, "instances"))
    return _done(runs.scale(_run(run_id), forms.text(request, "node"), instances))


@require_GET  # not by HEAD: what looks at links before people do would use the token up
@never_cache
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Redeem a one-time token: this browser is the presenter's from now on, in the admin too."""
    if not tokens.redeem(token):
        text = "This link was used before, or is too old: it opens the presenter's seat once."
        remedy = "Restart the server for a new link; if this browser used it, just open the list of runs."
        return error(request, 403, "This link no longer opens", text, remedy)
    roles.sign_in_presenter(request)
    request.session[PRESENTER] = True
    response = HttpResponseRedirect(_safe_path(request.GET.get("next", "")))
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_GET
@never_cache
async def findings(request: HttpRequest, run_id: str) -> JsonResponse:
    """What was found in a run that is over; looked for on a looker's thread, the first time that anybody asks."""
    run = await sync_to_async(_run)(run_id)
    try:
        return JsonResponse(await look(request, f"findings {run_id}", findings_of, run))
    except CommandRefused as refused:
        return refusal(refused)


@require_GET
async def history(request: HttpRequest, run_id: str) -> HttpResponse | StreamingHttpResponse:
    """Download the history of a finished run, as it lies in the archive."""
    run = await sync_to_async(_run)(run_id)
    if not run.history:
        text = f"The history of run {run.id} is not complete: the run is {run.state}."
        return await sync_to_async(error)(request, 404, "No history yet", text, "Wait until the run has ended.")
    try:
        file = await sync_to_async(_open)(run.history_path)
    except FileNotFoundError:
        text = f"The history file of run {run.id} is gone from the data directory."
        return await sync_to_async(error)(request, 404, "No history", text, "Run the scenario again with its seed.")
    response = StreamingHttpResponse(_chunks(file), content_type="application/x-ndjson")
    response["Content-Disposition"] = f'attachment; filename="{run.id}.jsonl"'
    return response


async def _chunks(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while chunk := await sync_to_async(file.read)(CHUNK_BYTES):
            yield chunk


def _open(path: Path) -> BinaryIO:
    return path.open("rb")


def _run(run_id: str) -> Run:
    return get_object_or_404(Run, pk=run_id)


def _done(text: str) -> JsonResponse:
    return JsonResponse({"ok": True, "text": text})


def _safe_path(target: str) -> str:
    """``target`` if it is a path on this site, else the list of runs."""
    is_local = target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if is_local else reverse("runs")
