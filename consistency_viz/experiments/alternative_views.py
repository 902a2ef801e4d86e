"""The commands that make a run beside a run, and the page that shows runs side by side.

A simulation takes a second at most, on a thread of its own: other requests go on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from consistency_viz.experiments import alternatives, announcing, forms, stack
from consistency_viz.experiments.commands import CommandRefused, check_may_command, refusal
from consistency_viz.experiments.errors import error, wants_json
from consistency_viz.experiments.forking.fork import fork, read_changes
from consistency_viz.experiments.forking.offer import offered
from consistency_viz.experiments.forking.told import told
from consistency_viz.experiments.models import Run
from consistency_viz.experiments.relatives import beside, relatives_of
from consistency_viz.experiments.views import led_to

COMPARED_MAX: Final = 4


@require_POST
async def run_simulate(request: HttpRequest) -> HttpResponse:
    """Simulate a scenario; the new run's page opens at its beginning and plays."""

    def made() -> tuple[str, str]:
        seed = forms.text(request, "seed")
        scenario = forms.text(request, "scenario")
        run = alternatives.simulate(scenario, forms.whole_number("seed", seed) if seed else None)
        return f"Run {run.id} was simulated.", f"{reverse('run', args=[run.id])}?play=1"

    return await _made(request, "Not simulated", made)


@require_POST
async def run_fix(request: HttpRequest, run_id: str) -> HttpResponse:
    """Run the fix of a run's scenario with the same seed; both open side by side."""

    def made() -> tuple[str, str]:
        broken = get_object_or_404(Run, pk=run_id)
        run = alternatives.mend(broken)
        announcing.announce(broken, run)
        return f"Run {run.id} started.", f"{beside(broken, run)}&play=1"

    return await _made(request, "Not started", made)


@require_http_methods(["GET", "POST"])
async def run_fork(request: HttpRequest, run_id: str) -> HttpResponse:
    """Fork a simulated run at ``at_us``, with ``changes`` as JSON; original and fork open side by side at that instant.

    GET answers what can be changed at ``?at_us=`` (``forking.offer``).
    """
    if request.method == "GET":
        return await sync_to_async(_offered)(request, run_id)

    def made() -> tuple[str, str]:
        original = get_object_or_404(Run, pk=run_id)
        at_us = forms.whole_number("at_us", forms.text(request, "at_us"))
        run = fork(original, at_us, read_changes(request.POST.get("changes", "")))
        announcing.announce(original, run)
        return f"Run {run.id} was forked.", beside(original, run, at_us)

    return await _made(request, "Not forked", made)


def _offered(request: HttpRequest, run_id: str) -> HttpResponse:
    try:
        at_us = forms.whole_number("at_us", request.GET.get("at_us", "0"))
        return JsonResponse(offered(get_object_or_404(Run, pk=run_id), at_us), headers={"Cache-Control": "no-store"})
    except CommandRefused as refused:
        return refusal(refused)


async def _made(request: HttpRequest, title: str, made: Callable[[], tuple[str, str]]) -> HttpResponse:
    try:
        await sync_to_async(check_may_command)(request)
        text, url = await sync_to_async(_and_close(made), thread_sensitive=False)()
    except CommandRefused as refused:
        if wants_json(request):
            return refusal(refused)
        return await sync_to_async(error)(request, refused.status, title, refused.text, refused.remedy)
    return led_to(request, text, url)


def _and_close(made: Callable[[], tuple[str, str]]) -> Callable[[], tuple[str, str]]:
    """On a thread of its own nobody else closes the connection to the database."""

    def and_close() -> tuple[str, str]:
        try:
            return made()
        finally:
            connections.close_all()

    return and_close


@require_GET
@never_cache
def relatives(request: HttpRequest, run_id: str) -> JsonResponse:
    """The runs that belong beside a run."""
    return JsonResponse({"relatives": relatives_of(get_object_or_404(Run, pk=run_id))})


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Runs side by side on one clock: ``?runs=a,b``, at most ``COMPARED_MAX``."""
    ids = list(dict.fromkeys(one for one in request.GET.get("runs", "").split(",") if one))
    known = Run.objects.in_bulk(ids[: COMPARED_MAX + 1])
    missing = [one for one in ids if one not in known]
    if not 2 <= len(ids) <= COMPARED_MAX or missing:
        text = f"There is no run {missing[0][:32]}." if missing else f"{len(ids)} runs cannot be shown side by side."
        remedy = f"Name 2 to {COMPARED_MAX} runs: /compare/?runs=first,second."
        return error(request, 404 if missing else 400, "Nothing to compare", text, remedy)
    runs = [_compared(known[one], letter) for one, letter in zip(ids, "ABCD", strict=False)]
    seeds = {known[one].seed for one in ids}
    context = {
        "runs": runs,
        "abouts": [run["about"] for run in runs],
        "count": len(runs),
        "seed": seeds.pop() if len(seeds) == 1 else None,
        "has_fork": any(run["about"]["fork_at_us"] is not None for run in runs),
    }
    return render(request, "runs/compare.html", context)


def _compared(run: Run, letter: str) -> dict[str, Any]:
    plan = stack.plan_of(run.document)
    return {
        "row": run,
        "letter": letter,
        "fork_at_s": None if run.fork_at_us is None else run.fork_at_us / 1e6,
        "changes": told(run),
        "subject": stack.subject_of(plan),
        "about": {
            "id": run.id,
            "title": run.title,
            "design": run.design,
            "engine": run.engine,
            "past": reverse("run", args=[run.id]),
            "findings": reverse("findings", args=[run.id]),
            "ended": run.ended,
            "fork_at_us": run.fork_at_us,
        },
    }
