"""The pages for probes and Prometheus: plain, uncached, without a session."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from consistency_viz.live.health.metrics import Kept, readiness

_kept = Kept()


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as this process answers at all."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 if the database and, where one is configured, the server answer; else 503. Says which does not."""
    found = readiness()
    ready = all(said in ("ok", "none configured") for said in found.values())
    return JsonResponse({"ready": ready, **found}, status=200 if ready else 503)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Everything for Prometheus."""
    return HttpResponse(_kept.text(), content_type=CONTENT_TYPE_LATEST)
