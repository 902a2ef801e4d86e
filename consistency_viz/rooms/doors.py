"""How people come in: the address behind the QR code, the code itself, and the limits on trying codes."""

from __future__ import annotations

import secrets
from typing import Final
from urllib.parse import urlsplit

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.rooms import limits
from consistency_viz.rooms.access import TOKEN_AGE_S, is_link_key, link_key
from consistency_viz.rooms.models import Room
from consistency_viz.rooms.names import CODE_ALPHABET, CODE_LENGTH, code_of

BROWSER_COOKIE: Final = "cv_door"
BROWSER_ID_LENGTH: Final = 22
_LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]", "::1")
TRY_LATER: Final = "Too many codes were tried."
HOW_LATER: Final = "Wait a minute, or scan the QR code on the projector."
NO_ROOM: Final = "No room has this code."
HOW_CODE: Final = "Look at the projector again: six characters, without O, I, L, U, 0 and 1."


def base_url(request: HttpRequest) -> str:
    """Where phones reach this server: what the laboratory was told, or what this browser uses."""
    public: str = settings.PUBLIC_URL
    return public.rstrip("/") or f"{request.scheme}://{request.get_host()}"


def join_url(request: HttpRequest, code: str) -> str:
    """What the QR code says."""
    return f"{base_url(request)}{reverse('join', args=[code])}?k={link_key(code)}"


def short_url(request: HttpRequest) -> str:
    """What people type who cannot scan, without the scheme."""
    return f"{urlsplit(base_url(request)).netloc}{reverse('door')}"


def only_here(request: HttpRequest) -> bool:
    """Whether phones cannot reach the address in the QR code, for it is this very machine's."""
    return urlsplit(base_url(request)).hostname in _LOOPBACK


def qr_svg(text: str) -> str:
    """A QR code as an SVG element without styles, so that the content policy admits it."""
    code = segno.make(text, error="m", micro=False)
    found: str = code.svg_inline(omitsize=True, svgclass="qr", lineclass="qr-line", border=2)
    return found


def find(request: HttpRequest, typed: str) -> Room:
    """The room with this code. CommandRefused: there is none, or too many were tried from here."""
    code = code_of(typed)
    by_link = is_link_key(request.GET.get("k", "")[:40], code)
    browser, address = browser_of(request), request.META.get("REMOTE_ADDR", "")
    spent = limits.is_spent(limits.WRONG_CODES_BY_BROWSER, "door", browser) or limits.is_spent(
        limits.WRONG_CODES_BY_ADDRESS, "door", address
    )
    if spent and not by_link:
        raise CommandRefused(TRY_LATER, HOW_LATER, status=429)
    is_code = len(code) == CODE_LENGTH and all(letter in CODE_ALPHABET for letter in code)
    room = Room.objects.filter(code=code).first() if is_code else None
    if room is None:
        limits.may(limits.WRONG_CODES_BY_BROWSER, "door", browser)
        limits.may(limits.WRONG_CODES_BY_ADDRESS, "door", address)
        raise CommandRefused(NO_ROOM, HOW_CODE, status=404)
    return room


def check_may_join(request: HttpRequest) -> None:
    """Refuses a browser that takes one seat after another."""
    if not limits.may(limits.JOINS_BY_BROWSER, "join", browser_of(request)):
        raise CommandRefused("This browser has taken many seats.", "Wait a minute.", status=429)


def browser_of(request: HttpRequest) -> str:
    """What tells one phone from another behind one address; not a secret, and nothing but limits hangs on it."""
    known = request.COOKIES.get(BROWSER_COOKIE, "")
    return known[:BROWSER_ID_LENGTH] if len(known) == BROWSER_ID_LENGTH else request.META.get("REMOTE_ADDR", "")


def remember_browser(request: HttpRequest, response: HttpResponseBase) -> None:
    """Give a phone its mark when it first comes."""
    if BROWSER_COOKIE not in request.COOKIES:
        set_cookie(response, BROWSER_COOKIE, secrets.token_urlsafe(16))


def set_cookie(response: HttpResponseBase, name: str, value: str) -> None:
    """A cookie that scripts cannot read and other sites cannot use."""
    response.set_cookie(name, value, max_age=TOKEN_AGE_S, httponly=True, samesite="Lax", secure=settings.HTTPS)
