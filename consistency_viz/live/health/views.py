"""The pages for probes and Prometheus: plain and uncached.

Everybody may ask whether the process is well. What it does is told to this machine, to the presenter, and to whoever
has a token with the scope ``read``.
"""

from __future__ import annotations

from ipaddress import ip_address

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from consistency_viz.experiments.campaign import tokens
from consistency_viz.experiments.commands import is_presenter
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
    """200 if the database and, where one is configured, the server answer; else 503. Says which does not, to some."""
    found = readiness()
    ready = all(said in ("ok", "none configured") for said in found.values())
    told = found if _may_see(request) else {}
    return JsonResponse({"ready": ready, **told}, status=200 if ready else 503)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Everything for Prometheus."""
    if not _may_see(request):
        text = "Ask from this machine, or with a token that may read: manage.py token.\n"
        return HttpResponse(text, content_type="text/plain", status=403)
    return HttpResponse(_kept.text(), content_type=CONTENT_TYPE_LATEST)


def _may_see(request: HttpRequest) -> bool:
    try:
        is_here = ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        is_here = False
    return is_here or is_presenter(request) or _may_read(request.headers.get("Authorization", ""))


def _may_read(authorization: str) -> bool:
    scheme, _, text = authorization.partition(" ")
    token = tokens.find(text.strip()) if scheme.lower() == "bearer" else None
    return token is not None and "read" in token.scopes
