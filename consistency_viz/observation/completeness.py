"""Whether a reader has seen every entry of a stream: the server counts what was ever added, removed or not."""

from __future__ import annotations

from typing import Any

import redis


class Completeness:
    """Of one reader of the stream ``key``. ``from_start``: it began with the first entry that there ever was.

    One that began later takes what it had not read when it was first up to date for known.
    """

    def __init__(self, client: redis.Redis, key: str, *, from_start: bool) -> None:
        self._client = client
        self._key = key
        self._known: int | None = 0 if from_start else None
        self._read = 0

    def read(self, count: int) -> None:
        """So many entries were read."""
        self._read += count

    def missing(self, cursor: str, *, ended: bool) -> int:
        """How many entries the reader never saw, as far as can be told while others still append (``ended``: exactly).

        Below 0: so many that it has seen are not among those that there ever were, by what the server says now: it was
        turned back, as by a fail-over to a replica that lacked them.

        ``cursor`` is the last entry that was read. Redis 7.0 (``entries-added``).
        """
        if not self._client.exists(self._key):
            return 0
        about: Any = self._client.xinfo_stream(self._key)
        if not ended and about["last-generated-id"].decode() != cursor:
            return 0
        unread = int(about["entries-added"]) - self._read
        if self._known is None:
            self._known = unread
        return unread - self._known
