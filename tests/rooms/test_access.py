"""Roles: who holds which cookie may come in as what, and as nothing else."""

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from consistency_viz.experiments.commands import PRESENTER, cookies_of
from consistency_viz.rooms import access
from consistency_viz.rooms.access import Person, person
from consistency_viz.rooms.models import Seat

ROLES = ("participant", "projector", "presenter")


def cookies_for(room, kind):
    if kind == "presenter":
        session = SessionStore()
        session[PRESENTER] = True
        session.save()
        return {settings.SESSION_COOKIE_NAME: session.session_key}
    if kind == "projector":
        return {access.screen_cookie(room.code): access.screen_token(room.code)}
    if kind == "participant":
        return {access.seat_cookie(room.code): access.seat_token(room.code, 1)}
    return {}


MATRIX = {
    "nobody": (),
    "participant": ("participant",),
    "projector": ("projector",),
    "presenter": ("projector", "presenter"),
}


@pytest.mark.parametrize("kind", MATRIX)
@pytest.mark.parametrize("wanted", ROLES)
def test_a_cookie_opens_its_own_role_only(make_room, kind, wanted):
    room = make_room()
    Seat.objects.create(room=room, number=1, name="Ana")
    found = person(cookies_for(room, kind), room, wanted)
    allowed = wanted in MATRIX[kind]
    assert found == (Person(wanted, 1 if wanted == "participant" else 0) if allowed else None)


@pytest.mark.parametrize("kind", ["participant", "projector"])
def test_a_token_of_another_room_opens_nothing(make_room, kind):
    room, other = make_room(), make_room()
    Seat.objects.create(room=room, number=1, name="Ana")
    Seat.objects.create(room=other, number=1, name="Eve")
    token = next(iter(cookies_for(other, kind).values()))
    name = access.seat_cookie(room.code) if kind == "participant" else access.screen_cookie(room.code)
    assert person({name: token}, room, kind) is None


def test_a_seat_token_is_no_projectors_and_the_other_way_round(make_room):
    room = make_room()
    Seat.objects.create(room=room, number=1, name="Ana")
    assert not access.is_screen(access.seat_token(room.code, 1), room.code)
    assert access.seat_of(access.screen_token(room.code), room.code) == 0


def test_a_removed_seat_opens_nothing(make_room):
    room = make_room()
    seat = Seat.objects.create(room=room, number=1, name="Ana")
    seat.removed = True
    seat.save()
    assert person(cookies_for(room, "participant"), room, "participant") is None


@pytest.mark.parametrize("token", ["", "x", "a:b:c", "é" * 400, "{}", None])
def test_a_forged_token_opens_nothing(token):
    assert access.seat_of(token or "", "ABC234") == 0
    assert not access.is_screen(token or "", "ABC234")


def test_a_token_expires(monkeypatch):
    token = access.seat_token("ABC234", 1)
    assert access.seat_of(token, "ABC234") == 1
    monkeypatch.setattr(access, "TOKEN_AGE_S", -1)
    assert access.seat_of(token, "ABC234") == 0


def test_cookies_of_a_handshake_are_read_and_nonsense_is_none():
    assert cookies_of([(b"cookie", b"a=1; b=2"), (b"host", b"x")]) == {"a": "1", "b": "2"}
    assert cookies_of([(b"cookie", b"\xff\xfe=;;;==")]) == {}


def test_a_presenter_whose_account_is_locked_presents_no_more(make_room, django_user_model):
    room = make_room()
    cookies = cookies_for(room, "presenter")
    account, _ = django_user_model.objects.get_or_create(username="presenter")
    account.is_active = False
    account.save()
    assert person(cookies, room, "presenter") is None
