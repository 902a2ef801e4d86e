"""The feeds of this process: one for each run that somebody watches, kept a moment longer for those who come back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from consistency_viz.live.feed import RunFeed

GRACE_S = 20.0
VIEWERS_MAX_PER_RUN = 1_000


class TooManyViewersError(RuntimeError):
    """A run has as many viewers in this process as it can bear."""


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

    @asynccontextmanager
    async def watch(self, run_id: str) -> AsyncIterator[RunFeed]:
        """The feed of a run, for as long as the block lasts; all who watch at once share it."""
        watched = self._watched.get(run_id)
        if watched is None:
            watched = self._watched[run_id] = _Watched(run_id)
        if watched.viewers >= VIEWERS_MAX_PER_RUN:
            raise TooManyViewersError(run_id)
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

    async def close(self) -> None:
        """End all feeds, at the end of the process."""
        for run_id, watched in list(self._watched.items()):
            self._end(run_id, watched)
            await watched.feed.left()

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
