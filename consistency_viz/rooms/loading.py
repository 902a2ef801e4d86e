"""What a room's rows say, as plain values: read on a thread, whenever somebody said that they changed."""

from __future__ import annotations

from typing import Any, NamedTuple

from consistency_viz.rooms.frames import LessonView, Played
from consistency_viz.rooms.lessons import lesson, prediction, view_of
from consistency_viz.rooms.models import Guess, Room, RoomRun, Seat


class RoomRows(NamedTuple):
    """A room as the database has it. ``names`` has the seats that are taken, by number."""

    code: str
    title: str
    state: Any
    phase: Any
    names_shown: bool
    names: dict[int, str]
    lesson: LessonView | None
    guesses: dict[int, float]
    prediction: float | None
    run: str
    document: dict[str, Any] | None
    run_ended: bool
    is_fix: bool
    unsettled: tuple[int, ...]
    played: list[Played]


def load(code: str) -> RoomRows | None:
    """The rows of a room; ``None`` if there is no such room."""
    room = Room.objects.select_related("run").filter(code=code).first()
    if room is None:
        return None
    scenario = lesson(room.scenario)
    seats = Seat.objects.filter(room=room, removed=False)
    guesses = Guess.objects.filter(room=room, scenario=room.scenario, seat__removed=False)
    played = list(RoomRun.objects.filter(room=room).select_related("run"))
    run = room.run
    return RoomRows(
        code=room.code,
        title=room.title,
        state=room.state,
        phase=room.phase,
        names_shown=room.names_shown,
        names=dict(seats.values_list("number", "name")),
        lesson=None if scenario is None else view_of(scenario),
        guesses=dict(guesses.values_list("seat__number", "value")),
        prediction=None if scenario is None else prediction(scenario),
        run="" if run is None else run.id,
        document=None if run is None else run.document,
        run_ended=run is not None and run.ended,
        is_fix=run is not None and run.fix_of_id is not None,
        unsettled=tuple(one.pk for one in played if one.run.ended and one.results is None),
        played=[_played(one) for one in played if one.results],
    )


def _played(one: RoomRun) -> Played:
    results: dict[str, Any] = one.results or {}
    return Played(
        run=one.run_id,
        scenario=one.run.scenario,
        title=one.run.title,
        design=one.run.design,
        is_fix=one.run.fix_of_id is not None,
        answer=results.get("answer"),
        unit=results.get("unit", ""),
        figures=results.get("figures", {}),
    )
