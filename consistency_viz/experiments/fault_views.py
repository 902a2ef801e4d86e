"""The commands on the faults of a run over HTTP; what they do is the business of ``fault_injection``."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from consistency_viz.experiments import fault_injection, fault_schedule, forms
from consistency_viz.experiments.commands import CommandRefused, check_may_command, presenter_command, refusal
from consistency_viz.experiments.errors import error
from consistency_viz.experiments.models import Run
from consistency_viz.experiments.views import led_to


@presenter_command
def run_fault(request: HttpRequest, run_id: str) -> HttpResponse:
    """Let a fault begin: the field ``fault`` is its entry as JSON."""
    run = get_object_or_404(Run, pk=run_id)
    injected = fault_injection.inject(run, fault_injection.read_entry(request.POST.get("fault", "")))
    told = {"text": injected.text, "fault": injected.id, "entry": injected.entry, "targets": injected.targets}
    return JsonResponse({"ok": True, **told})


@presenter_command
def run_heal(request: HttpRequest, run_id: str) -> HttpResponse:
    """Heal a fault: the field ``fault`` is its id."""
    text = fault_injection.heal(get_object_or_404(Run, pk=run_id), forms.text(request, "fault"))
    return JsonResponse({"ok": True, "text": text})


@require_POST
async def run_real_fault(request: HttpRequest, run_id: str) -> HttpResponse:
    """A real fault: the field ``how`` names it, ``confirmed`` says "yes" where runs are destroyed.

    It answers when the fault is over, which takes seconds: on a thread of its own, or nobody else were served.
    """
    try:
        await sync_to_async(check_may_command)(request)
        how, confirmed = forms.text(request, "how"), forms.text(request, "confirmed") == "yes"
        text = await sync_to_async(_do_really, thread_sensitive=False)(run_id, how, confirmed)
    except CommandRefused as refused:
        return refusal(refused)
    return JsonResponse({"ok": True, "text": text})


def _do_really(run_id: str, how: str, confirmed: bool) -> str:  # noqa: FBT001 - by its place, from one caller
    try:
        return fault_injection.do_really(get_object_or_404(Run, pk=run_id), how, confirmed=confirmed)
    finally:
        connections.close_all()


@require_POST
async def run_rerun(request: HttpRequest, run_id: str) -> HttpResponse:
    """Start a run that is over once more, its faults as they were recorded; answers as starting a run does."""
    try:
        await sync_to_async(check_may_command)(request)
        run = await sync_to_async(_rerun, thread_sensitive=False)(run_id)
    except CommandRefused as refused:
        return await sync_to_async(error)(request, refused.status, "Not started", refused.text, refused.remedy)
    return led_to(request, f"Run {run.id} started.", reverse("run", args=[run.id]))


def _rerun(run_id: str) -> Run:
    """On a thread of its own, for it reads the whole history, and nobody else closes the connection there."""
    try:
        return fault_schedule.rerun(get_object_or_404(Run, pk=run_id))
    finally:
        connections.close_all()
