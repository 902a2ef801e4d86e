"""The presenter's commands on a room, by name, as a page posts them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest

from consistency_viz.experiments import forms
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.rooms import rooms
from consistency_viz.rooms.models import Room

Command = Callable[[HttpRequest, Room], str]


def _number(request: HttpRequest, name: str) -> int:
    return forms.whole_number(name, forms.text(request, name))


COMMANDS: Final[dict[str, Command]] = {
    "choose": lambda request, room: rooms.choose(room, forms.text(request, "scenario")),
    "play": lambda request, room: rooms.play(room),
    "fix": lambda request, room: rooms.fix(room),
    "stop": lambda request, room: rooms.stop(room),
    "open-for": lambda request, room: rooms.set_open(room, _number(request, "seconds")),
    "lock": lambda request, room: rooms.lock(room, locked=True),
    "unlock": lambda request, room: rooms.lock(room, locked=False),
    "show-names": lambda request, room: rooms.show_names(room, shown=True),
    "hide-names": lambda request, room: rooms.show_names(room, shown=False),
    "rename": lambda request, room: rooms.rename(room, _number(request, "seat"), forms.text(request, "name")),
    "remove": lambda request, room: rooms.remove(room, _number(request, "seat")),
    "remove-recent": lambda request, room: rooms.remove_recent(room),
    "reset": lambda request, room: rooms.reset(room),
    "end": lambda request, room: rooms.end(room),
}


def carry_out(request: HttpRequest, room: Room, name: str) -> str:
    """Do what was posted; returns the answer. CommandRefused: it cannot be done, or there is no such command."""
    command = COMMANDS.get(name)
    if command is None:
        raise CommandRefused("There is no such command.", f"Use one of {', '.join(COMMANDS)}.", status=404)
    return command(request, room)
