"""The sockets of rooms: who may open one, what may be said on it, and that one offender concerns nobody else."""

import asyncio
import json
import random

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings

from consistency_viz.asgi import application
from consistency_viz.rooms import access, rooms
from consistency_viz.rooms.hubs import hubs
from consistency_viz.rooms.models import Guess, Seat

pytestmark = pytest.mark.django_db(transaction=True)
HOST = (b"host", b"localhost:8000")
OURS = (b"origin", b"http://localhost:8000")


class Socket(ApplicationCommunicator):
    """``connect``, then ``frame`` after ``frame``, and ``say``."""

    def __init__(self, code, role, cookies=None, origin=OURS):
        cookie = "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())
        headers = [HOST, *([origin] if origin else []), (b"cookie", cookie.encode())]
        path = f"/ws/rooms/{code}/{role}/"
        super().__init__(application, {"type": "websocket", "path": path, "headers": headers, "subprotocols": []})

    async def connect(self):
        await self.send_input({"type": "websocket.connect"})
        return (await self.receive_output(5))["type"] == "websocket.accept"

    async def say(self, text=None, raw=None):
        await self.send_input({"type": "websocket.receive", "text": text, "bytes": raw})

    async def frame(self, kind=None):
        """The next frame (of a kind), or what the socket was closed with."""
        while True:
            output = await self.receive_output(8)
            if output["type"] == "websocket.close":
                return {"closed": output["code"]}
            found = json.loads(output["text"])
            if kind is None or found["kind"] == kind:
                return found

    async def leave(self):
        await self.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.wait(5)


@pytest.fixture
def in_thread():
    async def in_thread(call, *arguments):
        return await asyncio.to_thread(call, *arguments)

    return in_thread


def seat_cookies(room, number):
    return {access.seat_cookie(room.code): access.seat_token(room.code, number)}


def screen_cookies(room):
    return {access.screen_cookie(room.code): access.screen_token(room.code)}


async def test_a_phone_is_shown_its_seat_and_a_screen_the_room(make_room):
    room = await asyncio.to_thread(make_room)
    await asyncio.to_thread(rooms.join, room, "Ana")
    phone, screen = (
        Socket(room.code, "participant", seat_cookies(room, 1)),
        Socket(room.code, "projector", screen_cookies(room)),
    )
    assert await phone.connect()
    assert await screen.connect()
    frame = await phone.frame()
    assert (frame["kind"], frame["number"], frame["name"], frame["phase"]) == ("seat", 1, "Ana", "lobby")
    shown = await screen.frame()
    while not any(seat["here"] for seat in shown["seats"]):
        shown = await screen.frame()
    assert [(seat["number"], seat["name"]) for seat in shown["seats"]] == [(1, "")]
    assert shown["lesson"]["notes"] == ""
    assert shown["lesson"]["steps"] == []
    await phone.leave()
    await screen.leave()
    await hubs().close()


@pytest.mark.parametrize("role", ["participant", "projector", "presenter"])
@pytest.mark.parametrize("holds", ["nothing", "seat", "screen"])
@pytest.mark.parametrize("origin", ["ours", "elsewhere", "none"])
async def test_role_by_cookie_by_origin(make_room, role, holds, origin):
    room = await asyncio.to_thread(make_room)
    await asyncio.to_thread(rooms.join, room, "Ana")
    cookies = {"nothing": {}, "seat": seat_cookies(room, 1), "screen": screen_cookies(room)}[holds]
    header = {"ours": OURS, "elsewhere": (b"origin", b"http://evil.example"), "none": None}[origin]
    socket = Socket(room.code, role, cookies, header)
    assert await socket.connect() is (origin == "ours")
    if origin != "ours":
        return
    fits = (role, holds) in (("participant", "seat"), ("projector", "screen"))
    frame = await socket.frame()
    assert frame["kind"] == ({"participant": "seat", "projector": "room"}[role] if fits else "over")
    if fits:
        await socket.leave()
    else:
        assert await socket.frame() == {"closed": 1000}
    await hubs().close()


async def test_a_guess_is_kept_and_shown_and_the_last_word_counts(make_room, in_thread):
    room = await in_thread(lambda: make_room(phase="ask"))
    await in_thread(rooms.join, room, "Ana")
    phone, screen = (
        Socket(room.code, "participant", seat_cookies(room, 1)),
        Socket(room.code, "projector", screen_cookies(room)),
    )
    await phone.connect()
    await screen.connect()
    await phone.frame("seat")
    for number, value in (("1", 10), ("2", 48.5)):
        await phone.say(json.dumps({"kind": "guess", "id": number, "value": value}))
        assert (await phone.frame("done"))["id"] == number
    while (await screen.frame("room"))["guesses"] != [48.5]:
        pass
    assert await in_thread(lambda: [guess.value for guess in Guess.objects.all()]) == [48.5]
    await phone.say(json.dumps({"kind": "guess", "id": "3", "value": 1e9}))
    refused = await phone.frame("refused")
    assert (refused["id"], refused["error"]) == ("3", "The guess is out of range.")
    await phone.leave()
    await screen.leave()
    await hubs().close()


async def test_who_is_removed_or_whose_room_ends_is_told_so(make_room, in_thread):
    room = await in_thread(make_room)
    for name in ("Ana", "Bo"):
        await in_thread(rooms.join, room, name)
    ana, bo = (Socket(room.code, "participant", seat_cookies(room, number)) for number in (1, 2))
    await ana.connect()
    await bo.connect()
    await ana.frame("seat")
    await bo.frame("seat")
    await in_thread(rooms.remove, room, 1)
    assert (await ana.frame("over"))["error"] == "The presenter has freed this seat."
    assert await ana.frame() == {"closed": 1000}
    await in_thread(rooms.end, room)
    assert (await bo.frame("over"))["error"] == "This room is over."
    again = Socket(room.code, "participant", seat_cookies(room, 1))
    await again.connect()
    assert (await again.frame())["error"] == "You are not in this room."
    await hubs().close()


@pytest.mark.parametrize("role", ["projector"])
async def test_a_screen_may_say_nothing(make_room, role):
    room = await asyncio.to_thread(make_room)
    screen = Socket(room.code, role, screen_cookies(room))
    await screen.connect()
    await screen.frame("room")
    await screen.say(json.dumps({"kind": "act", "id": "1", "do": "read", "key": "likes-1"}))
    assert await screen.frame() == {"closed": 1008}
    await hubs().close()


def fuzzed(count):
    chance = random.Random(8)
    valid = json.dumps({"kind": "act", "id": "1", "do": "read", "key": "likes-1"})
    for number in range(count):
        text = list(valid)
        for _ in range(chance.randint(1, 6)):
            text[chance.randrange(len(text))] = chance.choice('{}[]",:\x00\\é1n')
        yield [
            "".join(text),
            valid[: chance.randrange(len(valid))],
            json.dumps(
                chance.choice([None, 1, [], {}, "x", {"kind": "room"}, {"kind": "guess", "id": "1", "value": "x"}])
            ),
            "[" * chance.randint(1, 900),
            "x" * chance.randint(1_001, 3_000),
            json.dumps({"kind": "act", "id": "i" * 41, "do": "read", "key": "k"}),
        ][number % 6]


async def test_fuzzed_frames_close_the_offender_and_nobody_else(make_room, in_thread, caplog):
    """500 of them; a frame that happens to be a wish is answered as one."""
    room = await in_thread(make_room)
    for name in ("Ana", "Bo"):
        await in_thread(rooms.join, room, name)
    witness = Socket(room.code, "participant", seat_cookies(room, 2))
    await witness.connect()
    await witness.frame("seat")
    closed = 0
    offender = None
    for text in fuzzed(500):
        if offender is None:
            offender = Socket(room.code, "participant", seat_cookies(room, 1))
            await offender.connect()
            await offender.frame("seat")
        await offender.say(text)
        answer = await offender.frame()
        while answer.get("kind") == "seat":
            answer = await offender.frame()
        if "closed" in answer:
            assert answer["closed"] == 1008
            closed, offender = closed + 1, None
        else:
            assert answer["kind"] == "refused"
    assert closed > 400
    assert "could not be" not in caplog.text
    await witness.say(json.dumps({"kind": "act", "id": "1", "do": "read", "key": "likes-1"}))
    assert (await witness.frame("refused"))["error"] == "Nothing is being played."
    await witness.leave()
    await hubs().close()


async def test_the_presenters_socket_knows_names_notes_and_steps(make_room, in_thread, presenter):
    room = await in_thread(make_room)
    await in_thread(rooms.join, room, "Ana")
    cookies = {settings.SESSION_COOKIE_NAME: presenter.cookies[settings.SESSION_COOKIE_NAME].value}
    desk = Socket(room.code, "presenter", cookies)
    await desk.connect()
    frame = await desk.frame("room")
    assert frame["seats"][0]["name"] == "Ana"
    assert frame["lesson"]["notes"]
    assert len(frame["lesson"]["steps"]) > 2
    await desk.leave()
    await hubs().close()


async def test_a_seat_that_was_only_just_taken_is_let_in(make_room, in_thread):
    """The hub has not heard of it yet: the database has."""
    room = await in_thread(make_room)
    first = Socket(room.code, "projector", screen_cookies(room))
    await first.connect()
    await first.frame("room")
    await in_thread(lambda: Seat.objects.create(room=room, number=1, name="Ana"))  # without telling anybody
    phone = Socket(room.code, "participant", seat_cookies(room, 1))
    await phone.connect()
    assert (await phone.frame())["name"] == "Ana"
    await phone.leave()
    await first.leave()
    await hubs().close()


async def test_codes_that_are_no_rooms_take_nobody_place(make_room, in_thread):
    room = await in_thread(make_room)
    for number in range(20):
        guesser = Socket(f"ZZZZ{'ABCDE'[number % 5]}{'FGHJ'[number % 4]}", "participant")
        await guesser.connect()
        assert (await guesser.frame())["kind"] == "over"
    stranger = Socket(room.code, "participant")
    await stranger.connect()
    assert (await stranger.frame())["kind"] == "over"
    assert hubs()._hubs == {}


async def test_a_seat_that_is_opened_again_and_again_has_its_newest_sockets(make_room, in_thread):
    room = await in_thread(make_room)
    await in_thread(rooms.join, room, "Ana")
    sockets = [Socket(room.code, "participant", seat_cookies(room, 1)) for _ in range(4)]
    for socket in sockets:
        await socket.connect()
        await socket.frame("seat")
    assert (await sockets[0].frame("over"))["error"] == "This seat was opened elsewhere."
    assert await sockets[0].frame() == {"closed": 1000}
    await sockets[3].say(json.dumps({"kind": "act", "id": "1", "do": "read", "key": "likes-1"}))
    assert (await sockets[3].frame("refused"))["error"] == "Nothing is being played."
    for socket in sockets[1:]:
        await socket.leave()
    await hubs().close()


async def test_a_full_room_lets_its_screens_in(make_room, in_thread, monkeypatch):
    monkeypatch.setattr("consistency_viz.rooms.hubs.SOCKETS_MAX_PER_ROOM", 1)
    room = await in_thread(make_room)
    for name in ("Ana", "Bo"):
        await in_thread(rooms.join, room, name)
    ana, bo = (Socket(room.code, "participant", seat_cookies(room, number)) for number in (1, 2))
    await ana.connect()
    await ana.frame("seat")
    await bo.connect()
    assert (await bo.frame())["error"] == "This room is full."
    screen = Socket(room.code, "projector", screen_cookies(room))
    await screen.connect()
    assert (await screen.frame())["kind"] == "room"
    await ana.leave()
    await screen.leave()
    await hubs().close()


async def test_who_goes_on_after_sixty_refusals_is_closed(make_room, in_thread):
    room = await in_thread(make_room)
    await in_thread(rooms.join, room, "Ana")
    phone = Socket(room.code, "participant", seat_cookies(room, 1))
    await phone.connect()
    await phone.frame("seat")
    answers = []
    for number in range(61):
        await phone.say(json.dumps({"kind": "act", "id": str(number), "do": "read", "key": "likes-1"}))
        answers.append(await phone.frame())
    assert [answer.get("kind") for answer in answers[:60]] == ["refused"] * 60
    assert answers[60] == {"closed": 1008}
    await hubs().close()
