"""The sockets of a room: phones, projectors and presenters, each let in by what it holds, and heard only as that.

Rules
1. Who comes is looked up before anything is accepted: the cookie, the seat, the room. The role is part of the address.
2. A phone may send wishes of at most ``MESSAGE_BYTES_MAX``; a screen may send nothing. What cannot be read closes this
   socket and concerns nobody else.
3. Each socket has one slot: the newest frame. Who reads slowly misses frames in between, and memory does not grow.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final, cast

import msgspec
from channels.generic.websocket import AsyncWebsocketConsumer

from consistency_viz.experiments.commands import cookies_of
from consistency_viz.live.about import from_database
from consistency_viz.rooms import limits
from consistency_viz.rooms.access import Person, Role, person
from consistency_viz.rooms.frames import Act, Done, Over, Refused, decode_wish, encode
from consistency_viz.rooms.hub import RoomHub
from consistency_viz.rooms.hubs import RoomFullError, hubs
from consistency_viz.rooms.models import Room
from consistency_viz.rooms.offers import WishRefusedError

log = logging.getLogger(__name__)

MESSAGE_BYTES_MAX: Final = 1_000
READY_WITHIN_S: Final = 10.0
IN_ORDER, NOT_ACCEPTED, TRY_AGAIN, BROKEN = 1000, 1008, 1013, 1011

ENDED = Over("This room is over.", "Thank you for having been here.")
REMOVED = Over("The presenter has freed this seat.", "Ask them, then join again with the room's code.")
STRANGER = Over("You are not in this room.", "Join with the code on the projector.")
ELSEWHERE = Over("This seat was opened elsewhere.", "Go on there, or reload this page.")
FULL = Over("This room is full.", "Ask the presenter to free a seat.")


class RoomConsumer(AsyncWebsocketConsumer):
    """One socket. ``who`` is known from the handshake on."""

    _who: Person | None = None
    _hub: RoomHub | None = None
    _serving: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Accept, then say no in words where it has to be no: a refused handshake tells a browser nothing."""
        await self.accept()
        self._serving = asyncio.create_task(self._serve())

    async def disconnect(self, code: int) -> None:
        """It has gone."""
        if self._serving is not None:
            self._serving.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A wish of a phone."""
        if self._who is None or self._hub is None:
            if text_data is None or len(text_data) > MESSAGE_BYTES_MAX:
                await self._close(NOT_ACCEPTED)
            return  # Too early: it is not known yet who this is.
        if self._who.role != "participant" or text_data is None or len(text_data) > MESSAGE_BYTES_MAX:
            await self._close(NOT_ACCEPTED)
            return
        try:
            wish = decode_wish(text_data)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            await self._close(NOT_ACCEPTED)
            return
        if len(wish.id) > 40:
            await self._close(NOT_ACCEPTED)
            return
        await self._fulfil(self._hub, self._who.seat, wish)

    async def _fulfil(self, hub: RoomHub, seat: int, wish: Any) -> None:
        try:
            await (hub.act(seat, wish) if isinstance(wish, Act) else hub.guess(seat, wish))
        except WishRefusedError as refused:
            answer: Done | Refused = Refused(wish.id, refused.text, refused.remedy)
            if not limits.may(limits.REFUSALS_BY_SEAT, hub.code, str(seat)):
                await self._close(NOT_ACCEPTED)
                return
        except Exception:
            log.exception("a wish in room %s could not be carried out", hub.code)
            answer = Refused(wish.id, "This went wrong on our side.", "Look whether it happened, then try again.")
        else:
            answer = Done(wish.id)
        await self.send(text_data=encode(answer))

    # --- serving -------------------------------------------------------------------------------------------------

    async def _serve(self) -> None:
        kwargs = self.scope["url_route"]["kwargs"]
        code, role = kwargs["code"], cast("Role", kwargs["role"])
        try:
            who = await from_database(_who, cookies_of(self.scope["headers"]), code, role)
            if who is None:
                await self._over(STRANGER)
                return
            async with hubs().enter(code, is_phone=who.role == "participant") as hub:
                await asyncio.wait_for(hub.ready.wait(), READY_WITHIN_S)
                if hub.rows is None:
                    await self._over(STRANGER)
                    return
                await asyncio.wait_for(hub.know(who.seat), READY_WITHIN_S)
                self._who, self._hub = who, hub
                hub.come(who.seat, self)
                try:
                    await self._send_frames(hub, who)
                finally:
                    hub.go(who.seat, self)
        except RoomFullError:
            await self._over(FULL)
        except TimeoutError:
            await self._close(TRY_AGAIN)
        except OSError as error:
            log.debug("somebody left room %s in the middle of a frame: %r", code, error)
        except Exception:
            log.exception("somebody in room %s could not be served", code)
            await self._close(BROKEN)

    async def _send_frames(self, hub: RoomHub, who: Person) -> None:
        sent: object = None
        while True:
            rows = hub.rows
            if rows is None:
                await self._over(ENDED)
                return
            if who.seat and who.seat not in rows.names:
                await self._over(REMOVED)
                return
            news = asyncio.create_task(hub.news())
            try:
                if hub.is_readable and (key := hub.key(who.seat)) != sent:
                    sent = key
                    await self.send(text_data=hub.phone(who.seat) if who.seat else hub.screen(who.role))
                    if rows.state == Room.State.ENDED:
                        await self._over(ENDED)
                        return
                await news
            finally:
                news.cancel()

    async def make_way(self) -> None:
        """The seat was opened once more than a seat needs: this socket, its oldest, closes."""
        await self._over(ELSEWHERE)

    async def _over(self, over: Over) -> None:
        await self.send(text_data=encode(over))
        await self._close(IN_ORDER)

    async def _close(self, code: int) -> None:
        if self._serving is not None and self._serving is not asyncio.current_task():
            self._serving.cancel()
        await self.close(code=code)


def _who(cookies: dict[str, str], code: str, role: Role) -> Person | None:
    room = Room.objects.filter(code=code).first()
    return None if room is None else person(cookies, room, role)
