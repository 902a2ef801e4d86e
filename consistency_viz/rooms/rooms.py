"""What a presenter can do to a room, and how a participant comes in. Blocking; whoever is in the room is told.

Rules
1. Each command is checked whole before anything is changed; a refusal says what would have been right.
2. One run at a time in a room: a lesson's run is stopped before the next one starts.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from consistency_viz.experiments import runs
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.models import Run
from consistency_viz.rooms import lessons
from consistency_viz.rooms.models import Guess, Room, RoomRun, Seat
from consistency_viz.rooms.names import name_of
from consistency_viz.rooms.telling import tell
from workers.cluster.scenario import Scenario

SEATS_MAX: Final = 500
ROOMS_OPEN_MAX: Final = 20
OPEN_S_CHOICES: Final = (0, 60, 120, 300)
RECENT: Final = timedelta(minutes=2)


def open_room(title: str, scenario: str = "") -> Room:
    """A new room, in its lobby, at ``scenario`` or the first lesson."""
    if Room.objects.exclude(state=Room.State.ENDED).count() >= ROOMS_OPEN_MAX:
        raise CommandRefused(f"{ROOMS_OPEN_MAX} rooms are open already.", "End one of them first.", status=409)
    at = lessons.lesson(scenario) if scenario else lessons.following("")
    if at is None:
        raise CommandRefused("There is no such lesson.", "Choose one of the list.", status=404)
    named = name_of(title, stand_in="Consistency workshop")
    while True:
        try:
            with transaction.atomic():
                return Room.objects.create(title=named, scenario=at.name)
        except IntegrityError:  # the code is taken: one in millions
            continue


def join(room: Room, name: str) -> Seat:
    """A seat for somebody who calls themselves ``name``."""
    if room.ended:
        raise CommandRefused("This room is over.", "Ask the presenter for a new code.", status=410)
    if room.state == Room.State.LOCKED:
        raise CommandRefused("This room is locked.", "Ask the presenter to let you in.", status=403)
    while True:
        taken = room.seats.filter(removed=False)
        if taken.count() >= SEATS_MAX:
            raise CommandRefused("This room is full.", "Ask the presenter to free a seat.", status=409)
        number = (room.seats.aggregate(last=Max("number"))["last"] or 0) + 1
        shown = name_of(name, list(taken.values_list("name", flat=True)), f"Guest {number}")
        try:
            with transaction.atomic():
                seat = Seat.objects.create(room=room, number=number, name=shown)
        except IntegrityError:  # somebody else took this number just now
            room.refresh_from_db()
            continue
        tell(room.code)
        return seat


def choose(room: Room, scenario: str) -> str:
    """Go to a lesson: its question is put to the room. What is being played is stopped."""
    _check_open(room)
    at = lessons.lesson(scenario)
    if at is None:
        raise CommandRefused("There is no such lesson.", "Choose one of the list.", status=404)
    _stop(room)
    room.scenario, room.run, room.phase = at.name, None, Room.Phase.ASK
    _save(room, "scenario", "run", "phase")
    return f"The room is at {at.title}."


def play(room: Room) -> str:
    """Play the lesson that the room is at, or play it again."""
    _check_open(room)
    scenario = lessons.lesson(room.scenario)
    if scenario is None:
        raise CommandRefused("This lesson is not in the catalogue any more.", "Choose another one.", status=404)
    _stop(room)
    _began(room, runs.start(_kept_open(scenario, room.open_s)))
    return f"{scenario.title} is being played."


def fix(room: Room) -> str:
    """Play the fix of what was played, with the same seed."""
    _check_open(room)
    if room.run is None:
        raise CommandRefused("Nothing was played yet.", "Play the lesson first.", status=409)
    broken = room.run.fix_of or room.run
    _stop(room)
    _began(room, runs.start_fix(broken))
    return "The same seed is being played with the fix."


def stop(room: Room) -> str:
    """Stop what is being played."""
    _check_open(room)
    _stop(room)
    tell(room.code)
    return "Stopped."


def set_open(room: Room, open_s: int) -> str:
    """For how long the next runs stay open to guests, whatever the lesson's own clients do; 0: as the lesson says."""
    _check_open(room)
    if open_s not in OPEN_S_CHOICES:
        raise CommandRefused("The time cannot be used.", f"Choose one of {', '.join(map(str, OPEN_S_CHOICES))} s.")
    room.open_s = open_s
    _save(room, "open_s")
    return "The next run stays open as long as its lesson says." if not open_s else f"Runs stay open for {open_s} s."


def lock(room: Room, *, locked: bool) -> str:
    """Let nobody else in, or let people in again."""
    _check_open(room)
    room.state = Room.State.LOCKED if locked else Room.State.OPEN
    _save(room, "state")
    return "Nobody else can come in." if locked else "People can come in."


def show_names(room: Room, *, shown: bool) -> str:
    """Let the projector say who is who, or not."""
    _check_open(room)
    room.names_shown = shown
    _save(room, "names_shown")
    return "The projector shows names." if shown else "The projector hides names."


def rename(room: Room, number: int, name: str) -> str:
    """Give a seat another name."""
    seat = _seat(room, number)
    taken = room.seats.filter(removed=False).exclude(pk=seat.pk).values_list("name", flat=True)
    seat.name = name_of(name, list(taken), f"Guest {number}")
    seat.save(update_fields=["name"])
    tell(room.code)
    return f"Seat {number} is called {seat.name}."


def remove(room: Room, number: int) -> str:
    """Free a seat: its token opens nothing any more. What it did stays in the history."""
    seat = _seat(room, number)
    seat.removed = True
    seat.save(update_fields=["removed"])
    tell(room.code)
    return f"Seat {number} is free."


def remove_recent(room: Room) -> str:
    """Free all seats that were taken in the last ``RECENT``: somebody filled the room with seats for nobody."""
    _check_open(room)
    recent = room.seats.filter(removed=False, joined_at__gt=timezone.now() - RECENT)
    count = recent.update(removed=True)
    tell(room.code)
    return f"{count} seats of the last two minutes are free."


def reset(room: Room) -> str:
    """Back to the lobby and the first lesson: seats stay, guesses and results go."""
    _check_open(room)
    _stop(room)
    with transaction.atomic():
        Guess.objects.filter(room=room).delete()
        RoomRun.objects.filter(room=room).delete()
        first = lessons.following("")
        room.scenario, room.run, room.phase = "" if first is None else first.name, None, Room.Phase.LOBBY
        room.save(update_fields=["scenario", "run", "phase"])
    tell(room.code)
    return "The room begins anew."


def end(room: Room) -> str:
    """The room is over: sockets close, tokens open nothing, results stay."""
    if not room.ended:
        _stop(room)
        room.state, room.ended_at = Room.State.ENDED, timezone.now()
        _save(room, "state", "ended_at")
    return "The room is over; its results stay."


def _kept_open(scenario: Scenario, open_s: int) -> Scenario:
    if not open_s or scenario.duration_s is None:
        return scenario
    return scenario.model_copy(
        update={"stay_open_s": float(open_s), "duration_s": max(scenario.duration_s, float(open_s))}
    )


def _began(room: Room, run: Run) -> None:
    RoomRun.objects.create(room=room, run=run)
    room.run, room.phase = run, Room.Phase.RUN
    _save(room, "run", "phase")


def _stop(room: Room) -> None:
    if room.run is not None and not room.run.ended:
        runs.stop_run(room.run)


def _seat(room: Room, number: int) -> Seat:
    _check_open(room)
    seat = room.seats.filter(number=number, removed=False).first()
    if seat is None:
        raise CommandRefused("This seat is not taken.", "Look at the list again.", status=404)
    return seat


def _save(room: Room, *fields: str) -> None:
    room.save(update_fields=list(fields))
    tell(room.code)


def _check_open(room: Room) -> None:
    if room.ended:
        raise CommandRefused("This room is over.", "Open a new one.", status=410)
