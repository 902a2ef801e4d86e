"""The pages of rooms, and the whole matrix of who may do what from where."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from consistency_viz.rooms import access, commands, doors, limits, rooms
from consistency_viz.rooms.models import Guess, Room, RoomRun, Seat


def test_somebody_types_the_code_says_a_name_and_has_a_seat(client, make_room):
    room = make_room()
    assert client.get("/j/").status_code == 200
    found = client.post("/j/", {"code": f" {room.code.lower()} "})
    assert found.url == f"/j/{room.code}/"
    joined = client.post(found.url, {"name": "Ana <3"})
    assert joined.url == f"/rooms/{room.code}/seat/"
    page = client.get(joined.url)
    assert page.status_code == 200
    cookie = joined.cookies[access.seat_cookie(room.code)]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert Seat.objects.get().name == "Ana <3"
    assert client.get(f"/j/{room.code}/").url == f"/rooms/{room.code}/seat/"


def test_without_a_seat_the_seats_page_leads_to_the_door(client, make_room):
    room = make_room()
    assert client.get(f"/rooms/{room.code}/seat/").url == f"/j/{room.code}/"


def test_an_unknown_code_is_said_to_be_that_and_how_codes_look(client, db):
    page = client.post("/j/", {"code": "ZZZZZZ"})
    assert page.status_code == 404
    assert "No room has this code." in page.content.decode()
    assert client.get("/j/ZZZZZZ/").status_code == 404
    assert client.get("/j/OOOOOO/").status_code == 404


def test_who_tries_codes_is_stopped_but_not_who_came_by_the_rooms_own_link(client, make_room):
    room = make_room()
    client.get("/j/")
    codes = [client.post("/j/", {"code": f"ZZZZ{a}{b}"}).status_code for a in "ABC" for b in "DEF"]
    assert codes == [404] * 8 + [429]
    assert client.post("/j/", {"code": room.code}).status_code == 429
    assert client.get(f"/j/{room.code}/?k=0000000000").status_code == 429
    link = f"/j/{room.code}/?k={access.link_key(room.code)}"
    assert client.get(link).status_code == 200
    assert client.post(link, {"name": "Ana"}).status_code == 303


def test_one_who_tries_codes_does_not_shut_the_door_for_the_phone_beside(make_room):
    room, guesser, neighbour = make_room(), Client(), Client()
    guesser.get("/j/"), neighbour.get("/j/")
    for a in "ABCDEFGHJK":
        guesser.post("/j/", {"code": f"ZZZZZ{a}"})
    assert neighbour.post("/j/", {"code": room.code}).status_code == 303


def test_one_browser_does_not_take_all_seats(client, make_room):
    room = make_room()
    client.get("/j/")
    for _ in range(10):
        assert client.post(f"/j/{room.code}/", {"name": "x"}).status_code == 303
        del client.cookies[access.seat_cookie(room.code)]
    assert client.post(f"/j/{room.code}/", {"name": "x"}).status_code == 429
    assert Seat.objects.count() == 10


ROLES = ("nobody", "participant", "projector", "presenter")


@pytest.fixture
def as_role(presenter, make_room):
    def as_role(role, room):
        if role == "presenter":
            return presenter
        client = Client()
        if role == "participant":
            Seat.objects.get_or_create(room=room, number=1, defaults={"name": "Ana"})
            client.cookies[access.seat_cookie(room.code)] = access.seat_token(room.code, 1)
        if role == "projector":
            client.cookies[access.screen_cookie(room.code)] = access.screen_token(room.code)
        return client

    return as_role


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("page", "allowed"),
    [
        ("rooms", ("presenter",)),
        ("seat", ("participant",)),
        ("room-screen", ("projector", "presenter")),
        ("room-present", ("presenter",)),
        ("room-results", ("projector", "presenter")),
        ("room-json", ("presenter",)),
        ("room-csv", ("presenter",)),
    ],
)
def test_each_page_is_for_its_roles(as_role, make_room, role, page, allowed):
    room = make_room()
    url = reverse(page) if page == "rooms" else reverse(page, args=[room.code])
    found = as_role(role, room).get(url)
    assert (found.status_code == 200) is (role in allowed)
    assert found.status_code in (200, 302, 403)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", [*commands.COMMANDS, "room-open"])
def test_each_command_is_the_presenters_alone(as_role, make_room, control, role, name):
    room = make_room(phase="ask")
    url = reverse(name) if name == "room-open" else reverse("room-command", args=[room.code, name])
    before = Room.objects.values().get()
    fields = {"scenario": "likes", "seat": "1", "name": "Bo", "seconds": "60", "title": "x"}
    answer = as_role(role, room).post(url, fields, headers={"accept": "application/json"})
    if role == "presenter":
        assert answer.status_code in (200, 303, 404, 409)
        return
    assert answer.status_code == 403
    assert Room.objects.values().get() == before
    assert control.calls == []


def test_a_command_without_a_token_of_the_form_is_refused(make_room, presenter):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = presenter.cookies
    room = make_room()
    assert strict.post(f"/rooms/{room.code}/do/end/").status_code == 403
    assert not Room.objects.get().ended


def test_the_projectors_link_is_exchanged_for_a_cookie_and_leaves_the_address_bar(client, make_room):
    room = make_room()
    assert client.get(f"/rooms/{room.code}/screen/").status_code == 403
    found = client.get(f"/rooms/{room.code}/screen/?t={access.screen_token(room.code)}")
    assert found.url == f"/rooms/{room.code}/screen/"
    page = client.get(found.url).content.decode()
    assert room.code in page
    assert '<path class="qr-line"' in page


def test_the_projectors_code_says_the_address_that_phones_reach(make_room, presenter, settings):
    room = make_room()
    assert (
        "Phones cannot reach this address"
        in presenter.get(f"/rooms/{room.code}/present/", SERVER_NAME="localhost").content.decode()
    )
    settings.PUBLIC_URL = "http://192.168.1.7:8000"
    page = presenter.get(f"/rooms/{room.code}/present/").content.decode()
    assert "192.168.1.7:8000" in page
    assert "Phones cannot reach this address" not in page


def test_a_run_is_framed_by_our_own_pages_only(client, make_run):
    run = make_run()
    framed, alone = client.get(f"/rooms/stage/{run.id}/?embed=1"), client.get(f"/runs/{run.id}/")
    assert framed["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in framed["Content-Security-Policy"]
    assert alone["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in alone["Content-Security-Policy"]


def test_results_can_be_taken_home_and_no_cell_is_a_formula(make_room, make_run, presenter):
    room = make_room()
    seat = rooms.join(room, "Ana")
    Guess.objects.create(room=room, scenario="likes", seat=seat, value=42)
    run = make_run(title="=cmd()", state="finished")
    results = {"answer": 48.0, "unit": "likes", "figures": {"lost": 48, "stale": 3.9}}
    RoomRun.objects.create(room=room, run=run, results=results)
    whole = presenter.get(f"/rooms/{room.code}/results.json").json()
    assert whole["guesses"] == [{"lesson": "likes", "seat": 1, "value": 42}]
    assert whole["seats"] == [{"number": 1, "name": "Ana", "removed": False}]
    assert whole["played"][0]["figures"]["lost"] == 48
    head, row = presenter.get(f"/rooms/{room.code}/results.csv").content.decode().splitlines()
    assert head.startswith("lesson,run,design")
    assert row.startswith("'=cmd(),")
    assert "=cmd()" in presenter.get(f"/rooms/{room.code}/results/").content.decode()


def test_names_are_escaped_wherever_the_server_writes_them(make_room, presenter):
    room = make_room(title="<img src=x onerror=alert(1)>")
    for page in ("present", "screen", "results"):
        assert "<img src=x" not in presenter.get(f"/rooms/{room.code}/{page}/").content.decode()
    assert "<img src=x" not in presenter.get("/rooms/").content.decode()


def test_a_command_that_cannot_be_is_refused_with_a_remedy(make_room, presenter):
    room = make_room()
    for name, fields, status in (
        ("dance", {}, 404),
        ("choose", {"scenario": "nothing"}, 404),
        ("remove", {"seat": "x"}, 400),
        ("open-for", {"seconds": "9"}, 400),
    ):
        answer = presenter.post(f"/rooms/{room.code}/do/{name}/", fields)
        assert answer.status_code == status
        assert json.loads(answer.content)["remedy"]
    assert presenter.post("/rooms/ZZZZZZ/do/end/").status_code == 404


def test_limits_are_counted_for_each_seat_by_itself():
    rule = limits.PER_SEAT["act"]
    assert [limits.may(rule, "ROOM", "1") for _ in range(16)] == [True] * 15 + [False]
    assert limits.may(rule, "ROOM", "2")
    assert limits.may(rule, "OTHER", "1")


def test_a_browser_is_told_by_the_mark_that_it_was_given_and_a_forged_one_is_none(client, rf, db):
    client.get("/j/")
    given = client.cookies[doors.BROWSER_COOKIE].value
    request = rf.get("/")
    assert doors.browser_of(request) == "address 127.0.0.1"
    request.COOKIES[doors.BROWSER_COOKIE] = given
    assert not doors.browser_of(request).startswith("address")
    for forged in ("A" * 22, given[:-1], "", "x" * 5_000):
        request.COOKIES[doors.BROWSER_COOKIE] = forged
        assert doors.browser_of(request) == "address 127.0.0.1"


def test_somebody_who_makes_up_marks_takes_ten_seats_a_minute_at_most(make_room):
    room = make_room()
    statuses = []
    for number in range(15):
        troll = Client()
        troll.cookies[doors.BROWSER_COOKIE] = f"made-up-number-{number:07d}"
        statuses.append(troll.post(f"/j/{room.code}/", {"name": "Troll"}).status_code)
    assert statuses == [303] * 10 + [429] * 5


def test_seats_that_somebody_filled_the_room_with_are_freed_at_once(make_room, presenter):
    room = make_room()
    early = rooms.join(room, "Ana")
    Seat.objects.filter(pk=early.pk).update(joined_at=early.joined_at - 2 * rooms.RECENT)
    for _ in range(5):
        rooms.join(room, "Troll")
    presenter.post(f"/rooms/{room.code}/do/remove-recent/")
    assert [seat.name for seat in room.seats.filter(removed=False)] == ["Ana"]


def test_whether_there_is_a_room_is_not_told_to_who_has_no_seat(client, make_room):
    client.get("/j/")
    room = make_room()
    for page in ("seat", "screen", "results", "present"):
        there, nowhere = (client.get(f"/rooms/{code}/{page}/") for code in (room.code, "ZZZZZZ"))
        assert there.status_code == nowhere.status_code
        assert there.content.replace(room.code.encode(), b"") == nowhere.content.replace(b"ZZZZZZ", b"")


def test_of_an_ended_room_only_the_presenter_sees_anything(make_room, presenter):
    client = Client()
    room = make_room(state="ended")
    Seat.objects.create(room=room, number=1, name="Ana")
    client.cookies[access.seat_cookie(room.code)] = access.seat_token(room.code, 1)
    client.cookies[access.screen_cookie(room.code)] = access.screen_token(room.code)
    assert client.get(f"/rooms/{room.code}/seat/").status_code == 302
    assert client.get(f"/rooms/{room.code}/screen/").status_code == 403
    assert client.get(f"/rooms/{room.code}/screen/?t={access.screen_token(room.code)}").status_code == 403
    assert client.get(f"/rooms/{room.code}/results/").status_code == 403
    assert presenter.get(f"/rooms/{room.code}/results/").status_code == 200
