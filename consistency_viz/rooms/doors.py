"""How people come in: the address behind the QR code, the code itself, and the limits on trying codes."""

from __future__ import annotations

import secrets
from typing import Final
from urllib.parse import urlsplit

import segno
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.rooms import limits
from consistency_viz.rooms.access import TOKEN_AGE_S, is_link_key, link_key
from consistency_viz.rooms.models import Room
from consistency_viz.rooms.names import CODE_ALPHABET, CODE_LENGTH, code_of

BROWSER_COOKIE: Final = "cv_door"
_SALT: Final = "consistency_viz.rooms.door"
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
    who = browser_of(request)
    if not by_link and limits.is_spent(limits.WRONG_CODES_BY_BROWSER, "door", who):
        raise CommandRefused(TRY_LATER, HOW_LATER, status=429)
    is_code = len(code) == CODE_LENGTH and all(letter in CODE_ALPHABET for letter in code)
    room = Room.objects.filter(code=code).first() if is_code else None
    if room is None:
        limits.may(limits.WRONG_CODES_BY_BROWSER, "door", who)
        raise CommandRefused(NO_ROOM, HOW_CODE, status=404)
    return room


def check_may_join(request: HttpRequest, room: Room) -> None:
    """Refuses a browser that takes one seat after another, and a crowd that is faster than people are."""
    if not limits.may(limits.JOINS_BY_BROWSER, "join", browser_of(request)):
        raise CommandRefused("This browser has taken many seats.", "Wait a minute.", status=429)
    if not limits.may(limits.JOINS_BY_ROOM, "join", room.code):
        raise CommandRefused("Very many people come in right now.", "Wait a few seconds, and try again.", status=429)


def browser_of(request: HttpRequest) -> str:
    """What tells one phone from another behind one address: a mark that we gave it, or else the address.

    Marks are signed, so that nobody makes up a fresh one for each try; and an address gets a limited number of them.
    """
    try:
        mark: str = signing.loads(request.COOKIES.get(BROWSER_COOKIE, "")[:200], salt=_SALT, max_age=TOKEN_AGE_S)
    except signing.BadSignature:
        return f"address {request.META.get('REMOTE_ADDR', '')}"
    return mark


def remember_browser(request: HttpRequest, response: HttpResponseBase) -> None:
    """Give a phone its mark when it first comes; an address that takes marks without end gets none."""
    address = request.META.get("REMOTE_ADDR", "")
    if browser_of(request).startswith("address ") and limits.may(limits.MARKS_BY_ADDRESS, "mark", address):
        set_cookie(response, BROWSER_COOKIE, signing.dumps(secrets.token_urlsafe(9), salt=_SALT))


def set_cookie(response: HttpResponseBase, name: str, value: str) -> None:
    """A cookie that scripts cannot read and other sites cannot use."""
    response.set_cookie(name, value, max_age=TOKEN_AGE_S, httponly=True, samesite="Lax", secure=settings.HTTPS)
