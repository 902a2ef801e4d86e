"""Follows the observation stream of one run without recording it, and notices when it cannot see everything.

Rules
1. Reads block a moment and are bounded; a server that goes away is waited for with growing patience.
2. The recorder trims the stream behind what is on disk. After each read the tail makes sure that nothing between its
   position and what it read can have been trimmed; if it might, it says so (``LappedError``) and the follower goes on
   from the file.
3. A stream that was there and is gone (archived, or the server was flushed) ends the tail (``StreamGoneError``).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import redis
import redis.asyncio

from consistency_viz.observation.position import Position
from consistency_viz.observation.stream import entry_at_us, observations_key, raw_entries
from workers.model.codec import unpack_turn
from workers.model.observation import Turn

log = logging.getLogger(__name__)

BLOCK_MS = 500
BATCH_ENTRIES = 500
BACKOFF_S_MAX = 2.0


class LappedError(RuntimeError):
    """Entries after the tail's position may have been trimmed: read on from the history file."""


class StreamGoneError(RuntimeError):
    """The run's stream is no longer there."""


class Entry(NamedTuple):
    """One turn with its place in the stream."""

    id: bytes
    at_us: int
    turn: Turn


class Tail:
    """The stream of ``run_id`` from ``position`` on; bodies that are known at the position itself may come again.

    The time-out of ``client`` has to be longer than ``BLOCK_MS``.
    """

    def __init__(self, client: redis.asyncio.Redis, run_id: str, position: Position) -> None:
        self.away_since_s: float | None = None
        self._client = client
        self._key = observations_key(run_id)
        self._cursor = position.read_after
        self._at_us = position.at_us
        self._was_there = position.count > 0

    async def batches(self) -> AsyncIterator[list[Entry]]:
        """Batches of entries for ever; an empty one after each quiet moment, so that its reader can look around."""
        backoff_s = 0.1
        clock = asyncio.get_running_loop()
        while True:
            try:
                batch = await self.read()
            except (redis.ConnectionError, redis.TimeoutError) as error:
                if self.away_since_s is None:
                    self.away_since_s = clock.time()
                    log.warning("%s: the server is away (%s); waiting for it", self._key, type(error).__name__)
                await asyncio.sleep(backoff_s)
                backoff_s = min(2 * backoff_s, BACKOFF_S_MAX)
                batch = []
            else:
                self.away_since_s, backoff_s = None, 0.1
            yield batch

    async def read(self) -> list[Entry]:
        """The next entries, or none after ``BLOCK_MS``."""
        streams: Any = {self._key: self._cursor}
        answer: Any = await self._client.xread(streams, count=BATCH_ENTRIES, block=BLOCK_MS)
        raw = raw_entries(answer)
        if not raw:
            if self._was_there and not await self._client.exists(self._key):
                raise StreamGoneError(self._key)
            return []
        await self._check_nothing_trimmed()
        self._was_there = True
        entries = [Entry(id_, entry_at_us(id_), unpack_turn(fields[b"b"])) for id_, fields in raw]
        self._cursor = entries[-1].id.decode()
        self._at_us = entries[-1].at_us
        return entries

    async def _check_nothing_trimmed(self) -> None:
        """Trimming only ever moves forward, so what is still there now was there when we read."""
        if self._at_us < 0:
            about: Any = await self._client.xinfo_stream(self._key)
            if about["entries-added"] > about["length"]:
                raise LappedError(self._key)
            return
        oldest: Any = await self._client.xrange(self._key, count=1)
        if not oldest or entry_at_us(oldest[0][0]) > self._at_us:
            raise LappedError(self._key)
