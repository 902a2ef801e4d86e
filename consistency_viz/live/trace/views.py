"""The space-time diagram's page, and what it asks for: pieces of the trace, single observations, conflicts."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import msgspec
from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from consistency_viz.experiments import stack
from consistency_viz.experiments.commands import CommandRefused, refusal
from consistency_viz.experiments.lookers import look
from consistency_viz.experiments.models import Run, microseconds
from consistency_viz.live.answers import compressed
from consistency_viz.live.conflicts import conflicts_of
from consistency_viz.live.trace.columns import KINDS
from consistency_viz.live.trace.pieces import BadCursorError, Pieces
from workers.model.history import line

DIGITS_MAX: Final = 18
OBSERVATION_BYTES_MAX: Final = 64 * 1024


@require_safe
def spacetime(request: HttpRequest, run_id: str) -> HttpResponse:
    """The diagram on a page of its own."""
    run = _run(run_id)
    return render(request, "runs/spacetime.html", {"run": run})


@require_GET
@never_cache
async def trace(request: HttpRequest, run_id: str) -> HttpResponse:
    """One piece of a run's trace: ``?cursor=`` or ``?from_us=``, and ``&to_us=``."""
    run, nodes = await sync_to_async(_run_and_nodes)(run_id)
    try:
        cursor = request.GET.get("cursor", "")
        from_us = _whole(request, "from_us") or 0
        to_us = _whole(request, "to_us")
        return await look(request, "", lambda: compressed(request, _piece(run, nodes, cursor, from_us, to_us)))
    except CommandRefused as refused:
        return refusal(refused)


@require_GET
@never_cache
async def observation(request: HttpRequest, run_id: str, index: int) -> HttpResponse:
    """One observation in full, as its line in the history has it."""
    run = await sync_to_async(_run)(run_id)
    try:
        raw = await look(request, "", _observation, run, index)
    except CommandRefused as refused:
        return refusal(refused)
    return HttpResponse(raw, content_type="application/json")


@require_GET
@never_cache
async def conflicts(request: HttpRequest, run_id: str) -> HttpResponse:
    """The biographies of a run's conflicts, as far as it has been recorded."""
    run = await sync_to_async(_run)(run_id)
    try:
        return compressed(request, await look(request, f"conflicts {run_id}", conflicts_of, run))
    except CommandRefused as refused:
        return refusal(refused)


def _piece(run: Run, nodes: tuple[str, ...], cursor: str, from_us: int, to_us: int | None) -> bytes:
    about: dict[str, Any] = {
        "kinds": KINDS,
        "nodes": nodes,
        "started_us": microseconds(run.started_at),
        "ended": run.ended,
    }
    try:
        with Pieces(run.history_path) as pieces:
            piece = pieces.piece(cursor, from_us, to_us)
            return msgspec.json.encode({**about, "total": pieces.count(), **piece})
    except FileNotFoundError:
        if run.ended:
            raise _gone(run) from None
        return msgspec.json.encode({**about, "total": 0, "first": 0, "count": 0, "next": "", "more": False})
    except BadCursorError as error:
        raise CommandRefused(f"cursor: {error}.", "Reload the page.", status=400) from error


def _observation(run: Run, index: int) -> bytes:
    try:
        with Pieces(run.history_path) as pieces:
            found = pieces.observation(index)
    except FileNotFoundError:
        raise _gone(run) from None
    if found is None:
        raise CommandRefused(f"Observation {index} is not in this history.", "Reload the page.", status=404)
    raw = line(found)
    if len(raw) > OBSERVATION_BYTES_MAX:
        text = f"Observation {index} has {len(raw):,} bytes."
        raise CommandRefused(text, "Download the history to read it.", status=413)
    return raw


def _gone(run: Run) -> CommandRefused:
    text = f"The history file of run {run.id} is gone from the data directory."
    return CommandRefused(text, "Run the scenario again with its seed.", status=404)


def _whole(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX):
        raise CommandRefused(f"{name}: {text[:40]!r} is no whole number of microseconds.", "Leave it out.", status=400)
    return int(text)


def _run_and_nodes(run_id: str) -> tuple[Run, tuple[str, ...]]:
    run = _run(run_id)
    return run, _nodes(run.pk)


@lru_cache(maxsize=64)
def _nodes(run_id: str) -> tuple[str, ...]:
    """The nodes of a run's plan, which never changes: whoever watches a run asks for its trace every other second."""
    return tuple(stack.plan_of(_run(run_id).document).nodes)


def _run(run_id: str) -> Run:
    return get_object_or_404(Run, pk=run_id)
