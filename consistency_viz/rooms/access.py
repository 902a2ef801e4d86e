"""Who somebody is in a room: participant, projector or presenter; and the tokens that say so.

Rules
1. A seat's and a projector's token are signed, name their room and their role, and expire; they travel as cookies that
   scripts cannot read. What they name is looked up at every use: a removed seat or a room that ended opens nothing.
2. The presenter is whoever redeemed a presenter's link (``experiments.tokens``): the flag is in the server's session.
3. Roles do not contain each other: each command names the one role that may give it.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from consistency_viz.experiments.commands import presents_by
from consistency_viz.rooms.models import Room, Seat

Role = Literal["participant", "projector", "presenter"]
TOKEN_AGE_S: Final = 12 * 3600
TOKEN_LENGTH_MAX: Final = 300
_SALT: Final = "consistency_viz.rooms"
KEY_LENGTH: Final = 10


class Person(NamedTuple):
    """Somebody in a room. ``seat`` is a participant's number, 0 for others."""

    role: Role
    seat: int = 0


def seat_cookie(code: str) -> str:
    """The name of the cookie that holds a seat's token in one room: a phone may sit in several."""
    return f"cv_seat_{code}"


def screen_cookie(code: str) -> str:
    """The name of the cookie that holds a projector's token."""
    return f"cv_screen_{code}"


def seat_token(code: str, number: int) -> str:
    """What a participant shows at the door."""
    return signing.dumps({"room": code, "seat": number}, salt=f"{_SALT}.seat")


def screen_token(code: str) -> str:
    """What a projector shows: it may look, and nothing else."""
    return signing.dumps({"room": code}, salt=f"{_SALT}.screen")


def seat_of(token: str, code: str) -> int:
    """The seat number that a token is for; 0 if it is none of this room, or too old."""
    found = _read(token, "seat")
    number = found.get("seat")
    return number if found.get("room") == code and isinstance(number, int) else 0


def is_screen(token: str, code: str) -> bool:
    """Whether a token is a projector's of this room."""
    return _read(token, "screen").get("room") == code


def link_key(code: str) -> str:
    """What the link in a QR code has beside the room's code: who followed it did not guess."""
    return salted_hmac(f"{_SALT}.link", code).hexdigest()[:KEY_LENGTH]


def is_link_key(key: str, code: str) -> bool:
    """Whether somebody came by the room's own link."""
    return constant_time_compare(key, link_key(code))


def person(cookies: dict[str, str], room: Room, wanted: Role) -> Person | None:
    """Who holds these cookies, in the role in which they come; ``None`` if they may not. Reads the database.

    Of a room that has ended only the presenter may see anything.
    """
    if room.ended and not presents_by(cookies.get(settings.SESSION_COOKIE_NAME, "")):
        return None
    if wanted == "presenter":
        return Person("presenter") if presents_by(cookies.get(settings.SESSION_COOKIE_NAME, "")) else None
    if wanted == "projector":
        is_ours = is_screen(cookies.get(screen_cookie(room.code), ""), room.code)
        return Person("projector") if is_ours or presents_by(cookies.get(settings.SESSION_COOKIE_NAME, "")) else None
    number = seat_of(cookies.get(seat_cookie(room.code), ""), room.code)
    taken = Seat.objects.filter(room=room, number=number, removed=False).exists() if number else False
    return Person("participant", number) if taken else None


def _read(token: str, kind: str) -> dict[str, Any]:
    if not token or len(token) > TOKEN_LENGTH_MAX:
        return {}
    try:
        found = signing.loads(token, salt=f"{_SALT}.{kind}", max_age=TOKEN_AGE_S)
    except signing.BadSignature:
        return {}
    return found if isinstance(found, dict) else {}
