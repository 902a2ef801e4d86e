"""A room in this process: its rows, the run that it follows, who is connected, and the frames for all of them.

Rules
1. The database is the truth; every process has a hub for each room somebody is in here, loads the rows when the channel
   layer says that they changed, and looks every ``LOOK_S`` besides, in case nobody said so.
2. What seats did comes from the run's observations: after a restart a hub reads the history, and nothing is missing.
3. A wish is acknowledged when its message is in the run's stream. What comes of it, the history says.
4. News go out at most ``FRAMES_PER_S`` times a second; a screen's frame is encoded once for all screens of its kind.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any, Final, Protocol

import redis
from channels.layers import get_channel_layer
from django.db import IntegrityError

from consistency_viz.experiments import stack
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.live.about import from_database
from consistency_viz.rooms import limits, telling
from consistency_viz.rooms.access import Role
from consistency_viz.rooms.following import SeatsFollower
from consistency_viz.rooms.frames import Act, GuessMade, encode
from consistency_viz.rooms.loading import RoomRows, load
from consistency_viz.rooms.models import Guess, Room, RoomRun, Seat
from consistency_viz.rooms.offers import WishRefusedError
from consistency_viz.rooms.results import results_of
from consistency_viz.rooms.seats import session_of
from consistency_viz.rooms.showing import room_frame, seat_frame
from workers.services.guests import ACT, GUESTS

log = logging.getLogger(__name__)

FRAMES_PER_S: Final = 8
LOOK_S: Final = 2.0
WISHES_OPEN_MAX: Final = 3
CAUGHT_UP_WITHIN_S: Final = 5.0
SOCKETS_MAX_PER_SEAT: Final = 3


class Socket(Protocol):
    """What a hub knows of a socket."""

    async def make_way(self) -> None:
        """Close, and say why."""


class RoomHub:
    """``start`` it, wait for ``ready``; ``rows`` is ``None`` if there is no such room."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.rows: RoomRows | None = None
        self.ready = asyncio.Event()
        self.version = 0
        self._here: dict[int, list[Socket]] = {}
        self._going: set[asyncio.Task[None]] = set()
        self._rows_version = 0
        self._follower: SeatsFollower | None = None
        self._news = asyncio.Event()
        self._dirty = True
        self._reload = asyncio.Event()
        self._screens: dict[bool, str] = {}
        self._tasks: list[asyncio.Task[None]] = []

    # --- for sockets ---------------------------------------------------------------------------------------------

    def come(self, seat: int, socket: Socket) -> None:
        """A phone has connected (0: a screen). A seat has a few sockets at most: the oldest makes way."""
        here = self._here.setdefault(seat, [])
        here.append(socket)
        self._dirty = True
        if seat and len(here) > SOCKETS_MAX_PER_SEAT:
            oldest = here.pop(0)
            self._going = {task for task in self._going if not task.done()} | {asyncio.create_task(oldest.make_way())}

    def go(self, seat: int, socket: Socket) -> None:
        """It has gone."""
        left = [one for one in self._here.get(seat, ()) if one is not socket]
        if left:
            self._here[seat] = left
        else:
            self._here.pop(seat, None)
        self._dirty = True

    async def news(self) -> None:
        """Wait for the next version."""
        await self._news.wait()

    async def know(self, seat: int) -> None:
        """Wait until the rows here have a seat that was found in the database: it may just have been taken."""
        while seat and self.rows is not None and seat not in self.rows.names:
            news = self._news
            self._reload.set()
            await news.wait()

    @property
    def is_readable(self) -> bool:
        """Whether frames can be made right now: not while another thread fills what they are made from."""
        return self._follower is None or not self._follower.is_catching_up

    def key(self, seat: int) -> tuple[object, ...]:
        """What a socket's frame depends on: the same, and there is nothing to be sent. Seat 0: a screen."""
        if not seat:
            return (self.version,)
        follower = self._caught_up()
        state = None if follower is None else follower.seats.seats.get(seat)
        run_state = "" if follower is None else follower.run_state
        return self._rows_version, run_state, 0 if state is None else state.version

    def screen(self, role: Role) -> str:
        """The frame of a presenter's screen, or a projector's."""
        assert self.rows is not None  # noqa: S101 - sockets are let in when it is ready
        presents = role == "presenter"
        if presents not in self._screens:
            frame = room_frame(self.rows, self._caught_up(), set(self._here) - {0}, presents=presents)
            self._screens[presents] = encode(frame)
        return self._screens[presents]

    def phone(self, seat: int) -> str:
        """The frame of one phone."""
        assert self.rows is not None  # noqa: S101 - sockets are let in when it is ready
        return encode(seat_frame(self.rows, self._caught_up(), seat))

    def _caught_up(self) -> SeatsFollower | None:
        return self._follower if self._follower is not None and self._follower.ready.is_set() else None

    # --- wishes --------------------------------------------------------------------------------------------------

    async def act(self, seat: int, wish: Act) -> None:
        """Put a seat's wish into the run. Raises ``WishRefusedError``; otherwise it is in the stream."""
        if self._follower is not None and not self._follower.ready.is_set():
            with contextlib.suppress(TimeoutError):  # just restarted: it still reads what happened before
                await asyncio.wait_for(self._follower.ready.wait(), CAUGHT_UP_WITHIN_S)
        rows, follower = self.rows, self._caught_up()
        if not limits.may(limits.PER_SEAT["act"], self.code, str(seat)):
            raise WishRefusedError("That was very fast.", "Wait a few seconds.")
        if rows is None or rows.state == Room.State.ENDED or follower is None:
            raise WishRefusedError("Nothing is being played.", "Wait for the presenter.")
        if follower.is_over or follower.run_state not in ("running", "draining"):
            raise WishRefusedError("This run is over.", "Wait for the next one.")
        if len(follower.seats.seat(seat).open) >= WISHES_OPEN_MAX:
            raise WishRefusedError("Your last wishes are still on their way.", "Wait until they are answered.")
        data = follower.offers.wish(seat, wish.do, wish.key, wish.value)
        try:
            await asyncio.to_thread(
                stack.control().inject, stack.client(), rows.run, GUESTS, ACT, session_of(seat), data, follower.plan
            )
        except (redis.RedisError, CommandRefused) as error:
            raise WishRefusedError(
                "The server does not answer.", "Look whether it happened, then try again."
            ) from error
        except ValueError as error:
            raise WishRefusedError(str(error)[:200], "Wait for the next run.") from error

    async def guess(self, seat: int, made: GuessMade) -> None:
        """Keep a seat's guess. Raises ``WishRefusedError``."""
        rows = self.rows
        if not limits.may(limits.PER_SEAT["guess"], self.code, str(seat)):
            raise WishRefusedError("That was very fast.", "Wait a few seconds.")
        asked = rows.lesson.predict if rows is not None and rows.lesson is not None else None
        if rows is None or asked is None or rows.phase != Room.Phase.ASK:
            raise WishRefusedError("Nothing is asked right now.", "Guesses are made before a run.")
        if not 0 <= made.value <= asked.most:
            raise WishRefusedError("The guess is out of range.", f"Choose from 0 to {asked.most:g}.")
        lesson = rows.lesson.scenario if rows.lesson is not None else ""
        if not await from_database(_keep_guess, self.code, lesson, seat, made.value):
            raise WishRefusedError("This seat is not taken any more.", "Join again.")
        self._reload.set()

    # --- its life ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to look after the room."""
        self._tasks = [
            asyncio.create_task(self._load_on(), name=f"rows of room {self.code}"),
            asyncio.create_task(self._listen(), name=f"ear of room {self.code}"),
            asyncio.create_task(self._tick(), name=f"frames of room {self.code}"),
        ]

    async def stop(self) -> None:
        """Nobody is here any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._unfollow()

    async def _load_on(self) -> None:
        while True:
            self._reload.clear()
            try:
                await self._take(await from_database(load, self.code))
                self.ready.set()
            except Exception:
                log.exception("the rows of room %s could not be loaded; the next look is in %.0f s", self.code, LOOK_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._reload.wait(), LOOK_S)
            await asyncio.sleep(1 / FRAMES_PER_S)

    async def _take(self, rows: RoomRows | None) -> None:
        if rows is None:
            self.rows, self._dirty = None, True
            return
        if self._follower is None or self._follower.run_id != rows.run:
            await self._unfollow()
            if rows.run and rows.document is not None:
                self._follower = SeatsFollower(rows.run, rows.document, self._mark)
                self._follower.start()
        if rows.unsettled:
            await from_database(_settle, rows.unsettled)
            rows = await from_database(load, self.code) or rows
        if rows != self.rows:
            self.rows, self._dirty = rows, True
            self._rows_version += 1

    async def _unfollow(self) -> None:
        if self._follower is not None:
            self._follower.leave()
            await self._follower.left()
            self._follower = None

    async def _listen(self) -> None:
        """Hear of changes. Without a layer, or while it is away, the look every ``LOOK_S`` has to do."""
        layer = get_channel_layer()
        while layer is not None:
            try:
                channel = await layer.new_channel()
                try:
                    await layer.group_add(telling.group_of(self.code), channel)
                    while True:
                        await layer.receive(channel)
                        self._reload.set()
                finally:
                    await layer.group_discard(telling.group_of(self.code), channel)
            except Exception as error:  # noqa: BLE001 - whatever the layer's client raises
                log.debug("room %s does not hear its group: %r", self.code, error)
                await asyncio.sleep(LOOK_S)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(1 / FRAMES_PER_S)
            if not self._dirty or not self.is_readable:
                continue
            self._dirty = False
            self._screens.clear()
            self.version += 1
            self._news.set()
            self._news = asyncio.Event()

    def _mark(self) -> None:
        self._dirty = True
        if self._follower is not None and self._follower.is_over:
            self._reload.set()


def _keep_guess(code: str, scenario: str, number: int, value: float) -> bool:
    seat = Seat.objects.filter(room__code=code, number=number, removed=False).first()
    if seat is None:
        return False
    try:
        Guess.objects.update_or_create(room=seat.room, scenario=scenario, seat=seat, defaults={"value": value})
    except IntegrityError:  # the same seat guessed on another process at the same moment
        Guess.objects.filter(room=seat.room, scenario=scenario, seat=seat).update(value=value)
    return True


def _settle(room_runs: tuple[int, ...]) -> None:
    """Keep what the runs that are over came to, and let the room know its result."""
    for one in RoomRun.objects.filter(pk__in=room_runs).select_related("run", "room"):
        results: dict[str, Any] = results_of(one.run) or {"answer": None, "unit": "", "figures": {}}
        RoomRun.objects.filter(pk=one.pk).update(results=results)
        Room.objects.filter(pk=one.room_id, run=one.run, phase=Room.Phase.RUN).update(phase=Room.Phase.RESULT)
