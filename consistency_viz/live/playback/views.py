"""What the page asks of a run's past: the page at an instant, at the next event, and the frames to play from there.

Answers are ``{"start_us", "end_us", "is_over", "frames"}``: the instants between which can be asked, whether no later
ones will come, and frames of the wire schema (``live.frames``), a snapshot first, none while nothing of the run was
recorded. Everybody who may watch may ask; a looker's thread does the work.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, Final

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from consistency_viz.experiments.commands import CommandRefused, refusal
from consistency_viz.experiments.lookers import look
from consistency_viz.experiments.models import microseconds
from consistency_viz.live.about import about, row_of, run_view
from consistency_viz.live.answers import compressed
from consistency_viz.live.frames import Delta, Snapshot
from consistency_viz.live.playback.film import Film

FILMS_MAX: Final = 4
HISTORY_BYTES_MAX: Final = 512 * 1024 * 1024
DIGITS_MAX: Final = 18
STEP_US_MIN, STEP_US_MAX = 1_000, 1_000_000
KEY_LENGTH_MAX: Final = 200
NOTHING_YET: Final = b'{"start_us": 0, "end_us": 0, "is_over": false, "frames": []}'

_films: OrderedDict[str, Film] = OrderedDict()
_films_lock = Lock()


@require_GET
@never_cache
async def at(request: HttpRequest, run_id: str) -> HttpResponse:
    """The page at ``us``; with ``step=next`` or ``previous``, at the event after or before it (of ``key`` alone)."""

    def frames(film: Film) -> list[Snapshot | Delta]:
        at_us, step = _whole(request, "us"), request.GET.get("step", "")
        if step:
            if step not in ("next", "previous"):
                raise CommandRefused("The field step cannot be used.", "Use next or previous.")
            at_us = film.step(at_us, forward=step == "next", key=request.GET.get("key", "")[:KEY_LENGTH_MAX])
        return [film.at(at_us)]

    return await _answer(request, run_id, frames)


@require_GET
@never_cache
async def frames(request: HttpRequest, run_id: str) -> HttpResponse:
    """The page at ``from_us``, then what changes every ``step_us`` up to ``to_us``, as far as one answer goes."""

    def frames(film: Film) -> list[Snapshot | Delta]:
        from_us, to_us, step_us = (_whole(request, name) for name in ("from_us", "to_us", "step_us"))
        if not STEP_US_MIN <= step_us <= STEP_US_MAX:
            raise CommandRefused("The field step_us is out of range.", f"Use {STEP_US_MIN} to {STEP_US_MAX}.")
        return film.frames(from_us, to_us, step_us)

    return await _answer(request, run_id, frames)


async def _answer(request: HttpRequest, run_id: str, frames: Callable[[Film], list[Snapshot | Delta]]) -> HttpResponse:
    try:
        return await look(request, "", lambda: compressed(request, _asked(run_id, frames)))
    except CommandRefused as refused:
        return refusal(refused)


def _asked(run_id: str, frames: Callable[[Film], list[Snapshot | Delta]]) -> bytes:
    film = _film_of(run_id)
    try:
        if film.known.path.stat().st_size > HISTORY_BYTES_MAX:
            text = f"The history of this run is larger than {HISTORY_BYTES_MAX // 2**20} MB."
            raise CommandRefused(text, "Download it, and look at it with the commands.", status=413)
        with film.opened():
            answer: dict[str, Any] = {
                "start_us": film.start_us,
                "end_us": film.end_us,
                "is_over": film.known.ended,
                "frames": frames(film),
            }
            return msgspec.json.encode(answer)
    except FileNotFoundError:
        if film.known.ended:
            raise _gone() from None
        return NOTHING_YET


def _film_of(run_id: str) -> Film:
    """The film of a run, one of the last ``FILMS_MAX`` that were asked for, with what is known of the run now."""
    row, film = row_of(run_id), _films.get(run_id)
    if row is None:
        raise _no_run()
    if film is None or film.start_us != (microseconds(row.started_at) or film.start_us):
        known = about(run_id, 0)
        if known is None:
            raise _no_run()
        film = Film(known)
    run = film.known.run
    view = run_view(row, run.started_us, run.partitions, run.subject)
    film.known = film.known._replace(run=view, ended=row.ended)
    with _films_lock:
        _films[run_id] = film
        _films.move_to_end(run_id)
        while len(_films) > FILMS_MAX:
            _films.popitem(last=False)
    return film


def _whole(request: HttpRequest, name: str) -> int:
    """A whole number of microseconds, below zero too."""
    text = request.GET.get(name, "")
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= DIGITS_MAX):
        raise CommandRefused(f"The field {name} is no whole number.", "Use microseconds, such as 1500000.")
    return int(text)


def _no_run() -> CommandRefused:
    return CommandRefused("There is no such run.", "Go back to the list of runs; it may have been deleted.", status=404)


def _gone() -> CommandRefused:
    return CommandRefused("The history of this run is gone.", "Run its scenario again with its seed.", status=404)
