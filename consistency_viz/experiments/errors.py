"""Error pages: each says what happened and what to do; the commands of a page are answered in JSON instead."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from consistency_viz.experiments.commands import CommandRefused, refusal

log = logging.getLogger(__name__)
_COMMANDS = ("run-order", "run-stop", "run-scale")
_PLAIN = "Something went wrong, and its page too. The server's log says what. Reload, or restart the server.\n"


def wants_json(request: HttpRequest) -> bool:
    """Whether a script rather than a person reads the answer."""
    match = request.resolver_match
    if match is not None and match.url_name in _COMMANDS:
        return True
    return "application/json" in request.headers.get("Accept", "")


def error(request: HttpRequest, status: int, title: str, text: str, remedy: str) -> HttpResponse:
    """One error as a page, or as JSON where a script asked."""
    if wants_json(request):
        return refusal(CommandRefused(text, remedy, status))
    return render(request, "error.html", {"title": title, "text": text, "remedy": remedy}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: refused before any view saw it."""
    text = "The server could not accept this request."
    if isinstance(exception, TooManyFieldsSent):
        text = f"A form has at most {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS} fields here."
    return error(request, 400, "Not accepted", text, "Go back, reload the page and send less at once.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return error(request, 403, "Not allowed", "This is not for you.", "Go back to the list of runs.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    text = "There is nothing at this address."
    return error(request, 404, "Not found", text, "Go back to the list of runs; old runs may have been deleted.")


def server_error(request: HttpRequest) -> HttpResponse:
    """500. Django has logged the exception; if even this page fails, plain words are left."""
    text = "The server made a mistake; its log says which."
    try:
        return error(request, 500, "Our mistake", text, "Reload. If it happens again, restart the server.")
    except Exception:
        log.exception("the error page itself failed")
        return HttpResponse(_PLAIN, status=500, content_type="text/plain; charset=utf-8")


def csrf_failure(request: HttpRequest, reason: str = "", **_: Any) -> HttpResponse:
    """403 for a form without its token: the page is older than the session, or it is not our page."""
    text = "This form is no longer valid."
    return error(request, 403, "Not accepted", text, "Reload the page and try again; cookies must be allowed.")
