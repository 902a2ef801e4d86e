"""The hubs of this process: one for each room that somebody is in here, kept a moment longer for who comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from consistency_viz.rooms.hub import RoomHub

GRACE_S = 20.0
SOCKETS_MAX_PER_ROOM = 1_200
ROOMS_MAX = 50


class RoomFullError(RuntimeError):
    """More sockets in a room, or more rooms, than this process can bear."""


class Hubs:
    """All hubs of one event loop."""

    def __init__(self) -> None:
        self._hubs: dict[str, RoomHub] = {}
        self._count: dict[str, int] = {}
        self._leaving: dict[str, asyncio.TimerHandle] = {}
        self._ending: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def enter(self, code: str, *, is_phone: bool = True) -> AsyncIterator[RoomHub]:
        """The hub of a room that exists, for as long as the block lasts. Raises ``RoomFullError`` for a phone too many.

        Screens come in whatever the phones do: there are few, and only the presenter gives their tokens away.
        """
        hub = self._hubs.get(code)
        if hub is None:
            if len(self._hubs) >= ROOMS_MAX:
                raise RoomFullError(code)
            hub = self._hubs[code] = RoomHub(code)
            hub.start()
        if is_phone and self._count.get(code, 0) >= SOCKETS_MAX_PER_ROOM:
            raise RoomFullError(code)
        self._count[code] = self._count.get(code, 0) + 1
        leaving = self._leaving.pop(code, None)
        if leaving is not None:
            leaving.cancel()
        try:
            yield hub
        finally:
            self._count[code] -= 1
            if not self._count[code] and self._hubs.get(code) is hub:
                grace_s = 0.0 if hub.rows is None else GRACE_S
                self._leaving[code] = asyncio.get_running_loop().call_later(grace_s, self._end, code)

    async def close(self) -> None:
        """End all hubs, at the end of the process."""
        for code in list(self._hubs):
            self._end(code)
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _end(self, code: str) -> None:
        leaving = self._leaving.pop(code, None)
        if leaving is not None:
            leaving.cancel()
        self._count.pop(code, None)
        hub = self._hubs.pop(code, None)
        if hub is not None:
            task = asyncio.ensure_future(hub.stop())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)


_HUBS: WeakKeyDictionary[asyncio.AbstractEventLoop, Hubs] = WeakKeyDictionary()


def hubs() -> Hubs:
    """The hubs of the running loop."""
    return _HUBS.setdefault(asyncio.get_running_loop(), Hubs())
