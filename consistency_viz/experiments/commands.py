"""How the presenter's commands come in over HTTP: who may, how often, and how they are answered.

Rules
1. Everyone may look; whatever changes something is a POST with a CSRF token from a session that holds the presenter's
   flag.
2. An answer is ``{"ok": true, "text"}`` or ``{"ok": false, "error", "remedy"}`` with a status that says the same; where
   one field is to blame, ``field`` and ``value`` name it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import wraps
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

PRESENTER = "presenter"
PRESENTER_ACCOUNT = "presenter"
COOKIES_LENGTH_MAX = 8_000
COMMANDS_MAX = 60
COMMANDS_PERIOD_S = 10
NOT_PRESENTER = "Only the presenter can do this."
HOW_TO_PRESENT = "Open the one-time link that the server printed when it started, or ask the presenter."


class CommandRefused(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """A command that cannot be carried out: what is wrong, and what to do about it."""

    def __init__(self, text: str, remedy: str, status: int = 400) -> None:
        super().__init__(f"{text} {remedy}")
        self.text = text
        self.remedy = remedy
        self.status = status
        self.where: dict[str, str] = {}
        """Of what was sent, the ``field`` that is wrong and the ``value`` there, if it is one field."""


def is_presenter(request: HttpRequest) -> bool:
    """Whether this browser redeemed a presenter token, and nobody has locked the presenter's account since."""
    return _presents(getattr(request, "session", None))


def presents(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """The same of a socket, by the headers of its handshake. Blocking: it reads the database."""
    return presents_by(cookies_of(headers).get(settings.SESSION_COOKIE_NAME, ""))


def cookies_of(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The cookies of a socket's handshake; none if they cannot be read."""
    jar: SimpleCookie = SimpleCookie()
    try:
        for name, value in headers:
            if name.lower() == b"cookie":
                jar.load(value.decode("latin-1")[:COOKIES_LENGTH_MAX])
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


def presents_by(session_key: str) -> bool:
    """The same by the key of a session."""
    return bool(session_key) and _presents(import_module(settings.SESSION_ENGINE).SessionStore(session_key))


def _presents(session: Any) -> bool:
    if session is None or session.get(PRESENTER) is not True:
        return False
    return not get_user_model().objects.filter(username=PRESENTER_ACCOUNT, is_active=False).exists()


def context(request: HttpRequest) -> dict[str, bool]:
    """The context processor: every template knows ``is_presenter``, and ``embedded``: shown within a room's screen."""
    return {"is_presenter": is_presenter(request), "embedded": request.GET.get("embed") == "1"}


def refusal(refused: CommandRefused) -> JsonResponse:
    """A refusal as JSON."""
    answer = {"ok": False, "error": refused.text, "remedy": refused.remedy, **refused.where}
    response = JsonResponse(answer, status=refused.status)
    if refused.status == 503:
        response["Retry-After"] = "1"
        response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 - Django's; no error of ours
    return response


def presenter_command(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Only for the presenter, only by POST, not more often than a hand can click; refusals become answers."""

    @require_POST
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            check_may_command(request)
            return view(request, *args, **kwargs)
        except CommandRefused as refused:
            return refusal(refused)

    return guarded


def may_experiment(request: HttpRequest) -> bool:
    """Whether this browser may start, stop and open what experiments play: the presenter's, or a configurer's."""
    return is_presenter(request) or request.user.has_perm("experiments.change_experiment")


def check_may_experiment(request: HttpRequest) -> None:
    """Refuses whoever may not, and whoever's script runs wild."""
    if not may_experiment(request):
        raise CommandRefused(NOT_PRESENTER, HOW_TO_PRESENT, status=403)
    _check_pace(request)


def check_may_command(request: HttpRequest) -> None:
    """Refuses whoever is not the presenter, and the presenter whose script runs wild."""
    if not is_presenter(request):
        raise CommandRefused(NOT_PRESENTER, HOW_TO_PRESENT, status=403)
    _check_pace(request)


def _check_pace(request: HttpRequest) -> None:
    period = int(time.time()) // COMMANDS_PERIOD_S
    counter = f"commands:{request.session.session_key}:{period}"
    cache.add(counter, 0, timeout=2 * COMMANDS_PERIOD_S)
    if cache.incr(counter) > COMMANDS_MAX:
        text = f"More than {COMMANDS_MAX} commands in {COMMANDS_PERIOD_S} s."
        raise CommandRefused(text, f"Wait {COMMANDS_PERIOD_S} s; a workload belongs in the scenario.", status=429)
