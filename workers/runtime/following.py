"""Connections that follow a primary: each asks anew where it is, the Sentinels or the nodes of a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import redis
from redis.asyncio.connection import Connection as AsyncConnection
from redis.asyncio.connection import SSLConnection as AsyncSSLConnection
from redis.backoff import NoBackoff
from redis.connection import Connection, SSLConnection
from redis.crc import key_slot
from redis.exceptions import AskError, ClusterDownError, ReadOnlyError, ResponseError, TryAgainError
from redis.retry import Retry
from redis.sentinel import Sentinel

from workers.runtime.address import Cluster, Sentinels, client_options

ASK_TIMEOUT_S: Final = 1.0
"""Of a Sentinel, or of a node of a cluster, that is asked where a primary is."""

HOSTS_MAX: Final = 16
"""Nodes of a cluster that are asked beside those that its URL names."""

_ELSEWHERE: Final = (AskError, ClusterDownError, ReadOnlyError, TryAgainError)
"""What a server says that is not, or not now, the primary of what it was asked for; ``MOVED`` is an ``AskError``."""

_ALONE: Final = "NOREPLICAS"
"""How a primary begins to refuse a write because it has fewer replicas than ``min-replicas-to-write``."""

Where = Callable[[], tuple[str, int]]


class SentinelGuide:
    """Asks Sentinels who is the primary."""

    def __init__(self, sentinels: Sentinels) -> None:
        options = {"socket_timeout": ASK_TIMEOUT_S, "retry": Retry(NoBackoff(), 0), **sentinels.own}
        options |= client_options(sentinels.tls)
        self._sentinels = Sentinel(sentinels.hosts, sentinel_kwargs=options)  # type: ignore[no-untyped-call]
        self._master = sentinels.master

    def __call__(self) -> tuple[str, int]:
        host, port = self._sentinels.discover_master(self._master)  # type: ignore[no-untyped-call]
        return str(host), int(port)


class ClusterGuide:
    """Asks the nodes of a cluster who has a slot now."""

    def __init__(self, nodes: Cluster) -> None:
        self.login = nodes.login
        self.tls = nodes.tls
        self.options: dict[str, Any] = {**nodes.login, **client_options(nodes.tls)}
        self._named = self._hosts = list(nodes.hosts)

    def primary_of(self, key: str) -> tuple[str, int]:
        """Where the key is, as of now. Raises ``redis.ConnectionError`` if nobody can tell."""
        slot = key_slot(key.encode())
        for first, last, primary in self._slots():
            if first <= slot <= last:
                return primary
        raise redis.ConnectionError(f"no node of the cluster has slot {slot}, where {key} is")

    def primaries(self) -> list[tuple[str, int]]:
        """Where the primaries are, as of now."""
        return sorted({primary for _, _, primary in self._slots()})

    def _slots(self) -> list[tuple[int, int, tuple[str, int]]]:
        """First and last slot and primary of each range, from the first node that answers; those of the URL first."""
        told = "none was named"
        for host, port in self._hosts:
            try:
                with one_server(host, port, **self.options) as client:
                    rows: Any = client.execute_command("CLUSTER SLOTS")
            except redis.RedisError as error:
                told = str(error)
                continue
            found = [(int(row[0]), int(row[1]), (_text(row[2][0]) or host, int(row[2][1]))) for row in rows]
            self._learn({primary for _, _, primary in found})
            return found
        raise redis.ConnectionError(f"no node of the cluster tells who has which slots: {told}")

    def _learn(self, primaries: set[tuple[str, int]]) -> None:
        self._hosts = [*self._named, *sorted(primaries - set(self._named))[:HOSTS_MAX]]


def one_server(host: str, port: int, **options: Any) -> redis.Redis:
    """A client for a question or two to one server; ``options``: user, password, TLS."""
    timeouts: dict[str, Any] = {"socket_timeout": ASK_TIMEOUT_S, "socket_connect_timeout": ASK_TIMEOUT_S}
    return redis.Redis(host=host, port=port, retry=Retry(NoBackoff(), 0), **timeouts, **options)


class Following(Connection):
    """A connection to whoever is the primary when it is made."""

    def __init__(self, *, where: Where, **options: Any) -> None:
        self._where = where
        super().__init__(**options)  # type: ignore[no-untyped-call]

    def connect(self) -> None:
        """Ask where the primary is, and connect to it."""
        if not self._sock:
            self.host, self.port = self._where()
        super().connect()  # type: ignore[no-untyped-call]

    def read_response(self, *arguments: Any, **options: Any) -> Any:
        """The answer; one that the primary is elsewhere ends the connection."""
        try:
            return super().read_response(*arguments, **options)
        except ResponseError as error:
            if not _is_elsewhere(error):
                raise
            self.disconnect()  # type: ignore[no-untyped-call]
            raise redis.ConnectionError(f"the primary is elsewhere: {error}") from error


class FollowingTls(Following, SSLConnection):
    """The same with TLS: ``Following`` says where to, ``SSLConnection`` how."""


class AsyncFollowing(AsyncConnection):
    """The same, asynchronously."""

    def __init__(self, *, where: Where, **options: Any) -> None:
        self._where = where
        super().__init__(**options)

    async def connect(self) -> None:
        """Ask where the primary is, and connect to it."""
        if not self.is_connected:
            self.host, self.port = await asyncio.to_thread(self._where)
        await super().connect()  # type: ignore[no-untyped-call]

    async def read_response(self, *arguments: Any, **options: Any) -> Any:
        """The answer; one that the primary is elsewhere ends the connection."""
        try:
            return await super().read_response(*arguments, **options)
        except ResponseError as error:
            if not _is_elsewhere(error):
                raise
            await self.disconnect()
            raise redis.ConnectionError(f"the primary is elsewhere: {error}") from error


class AsyncFollowingTls(AsyncFollowing, AsyncSSLConnection):
    """The same with TLS."""


def _is_elsewhere(error: ResponseError) -> bool:
    return isinstance(error, _ELSEWHERE) or str(error).startswith(_ALONE)


def _text(raw: Any) -> str:
    return raw.decode() if isinstance(raw, bytes) else str(raw or "")
