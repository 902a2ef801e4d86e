"""A presenter's commands: each whole or not at all, and the room is told."""

import threading

import pytest
from django.db import connection

from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.models import Run
from consistency_viz.rooms import rooms
from consistency_viz.rooms.models import Guess, Room, RoomRun, Seat


def test_a_room_opens_in_its_lobby_with_a_code_and_the_first_lesson(db):
    room = rooms.open_room(" Berlin \n 2026 ")
    assert (room.title, room.scenario, room.phase, room.state) == ("Berlin 2026", "one-truth", "lobby", "open")
    assert len(room.code) == 6


def test_people_take_seats_in_turn_under_names_of_their_own(make_room):
    room = make_room()
    seats = [rooms.join(room, name) for name in ("Ana", "ana", "", "\u202eBo")]
    assert [(seat.number, seat.name) for seat in seats] == [(1, "Ana"), (2, "ana 2"), (3, "Guest 3"), (4, "Bo")]


@pytest.mark.parametrize(("state", "text"), [("locked", "This room is locked."), ("ended", "This room is over.")])
def test_nobody_comes_into_a_locked_or_ended_room(make_room, state, text):
    with pytest.raises(CommandRefused) as caught:
        rooms.join(make_room(state=state), "Ana")
    assert caught.value.text == text
    assert Seat.objects.count() == 0


def test_a_full_room_takes_nobody(make_room, monkeypatch):
    monkeypatch.setattr(rooms, "SEATS_MAX", 2)
    room = make_room()
    rooms.join(room, "a"), rooms.join(room, "b")
    with pytest.raises(CommandRefused, match="full"):
        rooms.join(room, "c")


@pytest.mark.django_db(transaction=True)
def test_a_crowd_that_comes_at_once_gets_a_seat_each(make_room):
    room, numbers = make_room(), []

    def come(number):
        numbers.append(rooms.join(Room.objects.get(pk=room.pk), f"p{number}").number)
        connection.close()

    threads = [threading.Thread(target=come, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 13))


def test_choosing_a_lesson_puts_its_question_and_playing_it_starts_a_run(make_room, control):
    room = make_room()
    rooms.choose(room, "likes")
    assert (room.phase, room.run) == ("ask", None)
    rooms.play(room)
    room.refresh_from_db()
    assert (room.phase, room.run.scenario) == ("run", "likes")
    assert [one.run for one in RoomRun.objects.all()] == [room.run]
    assert [call[0] for call in control.calls] == ["create_run"]


def test_a_run_that_is_kept_open_lasts_as_long_as_was_said_and_has_its_lessons_clients(make_room, control):
    room = make_room()
    rooms.set_open(room, 120)
    rooms.play(room)
    document = Run.objects.get().document
    assert (document["stay_open_s"], document["duration_s"], document["clients"]["operations"]) == (120, 120, 240)
    with pytest.raises(CommandRefused, match="Choose one of 0, 60, 120, 300"):
        rooms.set_open(room, 7)


def test_the_fix_plays_the_same_seed_and_stops_what_is_played(make_room, control):
    room = make_room()
    with pytest.raises(CommandRefused, match="Nothing was played yet"):
        rooms.fix(room)
    rooms.play(room)
    broken = room.run
    rooms.fix(room)
    assert (room.run.fix_of, room.run.seed) == (broken, broken.seed)
    assert [call[0] for call in control.calls] == ["create_run", "stop_run", "create_run"]
    rooms.fix(room)
    assert room.run.fix_of == broken


def test_a_seat_can_be_renamed_and_freed_and_a_free_one_cannot(make_room):
    room = make_room()
    rooms.join(room, "Ana"), rooms.join(room, "Bo")
    assert rooms.rename(room, 2, "Ana") == "Seat 2 is called Ana 2."
    rooms.remove(room, 2)
    for command in (lambda: rooms.remove(room, 2), lambda: rooms.rename(room, 2, "x"), lambda: rooms.remove(room, 9)):
        with pytest.raises(CommandRefused, match="not taken"):
            command()
    assert rooms.join(room, "Chi").number == 3


def test_beginning_anew_keeps_people_and_drops_what_was_guessed_and_played(make_room, control):
    room = make_room()
    seat = rooms.join(room, "Ana")
    Guess.objects.create(room=room, scenario="likes", seat=seat, value=3)
    rooms.play(room)
    rooms.reset(room)
    assert (room.phase, room.run, Guess.objects.count(), RoomRun.objects.count()) == ("lobby", None, 0, 0)
    assert Seat.objects.count() == 1


def test_an_ended_room_takes_no_command_and_keeps_its_results(make_room, control):
    room = make_room()
    rooms.play(room)
    rooms.end(room)
    assert room.ended
    assert room.ended_at is not None
    assert RoomRun.objects.count() == 1
    for command in (rooms.play, rooms.fix, rooms.stop, rooms.reset, lambda r: rooms.lock(r, locked=True)):
        with pytest.raises(CommandRefused, match="over"):
            command(room)


def test_no_more_rooms_than_can_be_looked_after(db, monkeypatch):
    monkeypatch.setattr(rooms, "ROOMS_OPEN_MAX", 1)
    rooms.open_room("one")
    with pytest.raises(CommandRefused, match="open already"):
        rooms.open_room("two")
