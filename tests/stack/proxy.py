"""The network between clients and the server: a TCP proxy that a test can cut, hold and heal, or let strike at commits.

A strike ends the connection at one moment around a commit, on the wire, where no client library can soften it:

``unsent``      the commit never leaves: the server sees the end of the connection instead
``half``        half of the commit's bytes arrive: the server has nothing that it could execute
``sent``        the commit leaves and the connection ends at once: whether it is executed, nobody can know
``unanswered``  the server executes it, and its answer is lost
``read``        a read is answered, and the connection ends before anything can be committed
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Literal, Self
from urllib.parse import urlsplit, urlunsplit

Moment = Literal["unsent", "half", "sent", "unanswered", "read"]
CHUNK_BYTES = 1 << 20
NOTHING_READ = (b"*-1\r\n", b"_\r\n", b"$-1\r\n")


class Proxy:
    """A port of this machine that leads to the server at ``url``. A context manager; call it from any thread."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (str(parts.hostname), int(parts.port or 6379))
        self._parts = parts
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._pairs: set[_Pair] = set()
        self._server: asyncio.Server | None = None
        self.open = asyncio.Event()
        self.refusing = False
        self.port = 0
        self.accepted = 0
        self.strikes = 0
        self._moment: Moment | None = None
        self._marker = b""
        self._every = 0
        self._seen = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    @property
    def url(self) -> str:
        """The server's URL by way of the proxy."""
        login = self._parts.netloc.rpartition("@")[0]
        return urlunsplit(self._parts._replace(netloc=f"{login}@127.0.0.1:{self.port}"))

    def cut(self) -> None:
        """End every connection and refuse new ones, until ``heal``: a host that is down."""
        self._call(self._cut())

    def hold(self) -> None:
        """Let nothing through, and tell nobody, until ``heal``: a switch that is off. What is sent meanwhile waits."""
        self._call(self._hold())

    def heal(self) -> None:
        """Let everything through again."""
        self._call(self._heal())

    def strike(self, moment: Moment, commit_sha: str, every: int) -> None:
        """From now on end the connection at ``moment`` of every so many commits (or, for ``read``, reads)."""
        self._moment, self._every, self._seen = moment, every, 0
        self._marker = b"XREAD" if moment == "read" else commit_sha.encode()

    def spare(self) -> None:
        """Strike no more."""
        self._moment = None

    def hits(self, chunk: bytes) -> Moment | None:
        """What is to happen to these bytes from a client."""
        if self._moment is None or self._marker not in chunk:
            return None
        self._seen += 1
        if self._seen % self._every:
            return None
        return self._moment

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self.open.set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=CHUNK_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._cut()
        self.open.set()
        tasks = [task for pair in self._pairs for task in pair.tasks]
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.05)

    async def _cut(self) -> None:
        self.refusing = True
        for pair in list(self._pairs):
            pair.abort()

    async def _hold(self) -> None:
        self.open.clear()

    async def _heal(self) -> None:
        self.refusing = False
        self.open.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.transport.abort()
            return
        self.accepted += 1
        try:
            upstream = await asyncio.open_connection(*self._target, limit=CHUNK_BYTES)
        except OSError:
            writer.transport.abort()
            return
        pair = _Pair(self, (reader, writer), upstream)
        self._pairs.add(pair)
        try:
            await pair.carry()
        finally:
            self._pairs.discard(pair)


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Pair:
    """One connection of a client and its continuation to the server."""

    def __init__(self, proxy: Proxy, client: Stream, server: Stream) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._doomed: Moment | None = None
        self.tasks = [asyncio.ensure_future(self._requests()), asyncio.ensure_future(self._replies())]

    def abort(self) -> None:
        for _, writer in (self._client, self._server):
            writer.transport.abort()

    async def carry(self) -> None:
        await asyncio.wait(self.tasks, return_when=asyncio.FIRST_COMPLETED)
        self.abort()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _requests(self) -> None:
        while chunk := await self._client[0].read(CHUNK_BYTES):
            await self._proxy.open.wait()
            moment = self._proxy.hits(chunk)
            if moment in ("unsent", "half", "sent"):
                self._proxy.strikes += 1
                await self._send(chunk[: {"unsent": 0, "half": len(chunk) // 2, "sent": len(chunk)}[moment]])
                return
            self._doomed = moment or self._doomed
            await self._send(chunk)

    async def _send(self, chunk: bytes) -> None:
        if chunk:
            self._server[1].write(chunk)
            await self._server[1].drain()

    async def _replies(self) -> None:
        while chunk := await self._server[0].read(CHUNK_BYTES):
            await self._proxy.open.wait()
            if self._doomed == "unanswered":
                self._proxy.strikes += 1
                return
            self._client[1].write(chunk)
            await self._client[1].drain()
            if self._doomed == "read" and chunk not in NOTHING_READ:
                self._proxy.strikes += 1
                await asyncio.sleep(0)
                self._client[1].close()
                return
