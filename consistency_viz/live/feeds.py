"""The feeds of this process: one for each run that somebody watches, kept a moment longer for those who come back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from consistency_viz.live.feed import RunFeed
from consistency_viz.live.places import Places

GRACE_S = 20.0
FEEDS_MAX = 48
"""In a process, those that nobody watches any more included: a stranger may open one old run after the other."""


class TooManyViewersError(RuntimeError):
    """A run, an address or this process has as many viewers as it can bear."""


class _Watched:
    """A feed, and how many watch it."""

    def __init__(self, run_id: str) -> None:
        self.feed = RunFeed(run_id)
        self.feed.start()
        self.viewers = 0
        self.leaving: asyncio.TimerHandle | None = None


class Feeds:
    """All feeds of one event loop."""

    def __init__(self) -> None:
        self._watched: dict[str, _Watched] = {}
        self._places = Places()

    @asynccontextmanager
    async def watch(self, run_id: str, address: str = "", *, always: bool = False) -> AsyncIterator[RunFeed]:
        """The feed of a run, for as long as the block lasts; all who watch at once share it.

        Raises ``TooManyViewersError`` where there is no place left for ``address``; ``always`` finds one.
        """
        has_place = not always and self._places.take(run_id, address)
        if not (has_place or always):
            raise TooManyViewersError(run_id)
        try:
            watched = self._watched.get(run_id)
            if watched is None:
                if len(self._watched) >= FEEDS_MAX:
                    self._make_room(always=always)
                watched = self._watched[run_id] = _Watched(run_id)
            watched.viewers += 1
            if watched.leaving is not None:
                watched.leaving.cancel()
                watched.leaving = None
            try:
                yield watched.feed
            finally:
                watched.viewers -= 1
                if not watched.viewers:
                    self._leave(run_id, watched)
        finally:
            if has_place:
                self._places.leave(run_id, address)

    async def close(self) -> None:
        """End all feeds, at the end of the process."""
        for run_id, watched in list(self._watched.items()):
            self._end(run_id, watched)
            await watched.feed.left()

    def _make_room(self, *, always: bool) -> None:
        """End a feed that nobody watches any more, the oldest; without one there is no room but for the presenter."""
        idle = next(((run_id, watched) for run_id, watched in self._watched.items() if not watched.viewers), None)
        if idle is not None:
            self._end(*idle)
        elif not always:
            raise TooManyViewersError

    def _leave(self, run_id: str, watched: _Watched) -> None:
        """Nobody watches any more. A feed that could not be made is forgotten at once, so that it is tried again."""
        if watched.feed.refusal is not None:
            self._end(run_id, watched)
        else:
            loop = asyncio.get_running_loop()
            watched.leaving = loop.call_later(GRACE_S, self._end, run_id, watched)

    def _end(self, run_id: str, watched: _Watched) -> None:
        if watched.leaving is not None:
            watched.leaving.cancel()
        if self._watched.get(run_id) is watched:
            del self._watched[run_id]
        watched.feed.leave()


_FEEDS: WeakKeyDictionary[asyncio.AbstractEventLoop, Feeds] = WeakKeyDictionary()


def feeds() -> Feeds:
    """The feeds of the running loop."""
    return _FEEDS.setdefault(asyncio.get_running_loop(), Feeds())
