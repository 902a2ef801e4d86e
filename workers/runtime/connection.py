"""Connections to the servers: made late, one for each instance, without retries of their own.

Rules
1. No command is ever repeated by a client: a commit whose answer was lost may have happened, and repeating it would
   send its messages twice. Who calls decides.
2. Where the primary moves (Sentinels, a cluster) a new connection asks where it is; one that finds that it is elsewhere
   by now ends like one that was lost. So a fail-over looks like a lost connection to everybody.
3. What runs share is on the server of ``REDIS_URL``, the hub. The keys of one run are on one primary, which is the hub
   too unless ``REDIS_RUNS_URL`` names a cluster: ``of_run`` gives the client for them. ``control`` takes either.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

import redis
import redis.asyncio
from redis.asyncio.connection import ConnectionPool as AsyncConnectionPool
from redis.backoff import NoBackoff
from redis.connection import ConnectionPool
from redis.retry import Retry

from workers.runtime.address import AddressError, One, Sentinels, address, cluster
from workers.runtime.following import (
    AsyncFollowing,
    AsyncFollowingTls,
    ClusterGuide,
    Following,
    FollowingTls,
    SentinelGuide,
    Where,
    one_server,
)
from workers.runtime.keys import RunKeys

SOCKET_TIMEOUT_S: Final = 5.0
"""Longer than any blocking read; a server that is silent for longer counts as gone."""

RUN_CLIENTS_MAX: Final = 256
"""Clients of runs that a hub keeps; beyond that the one that was not asked for for the longest time is closed."""


def redis_url() -> str:
    """Where the hub is (``REDIS_URL``). Raises ``RuntimeError`` with the reason why it cannot be used."""
    url = os.environ.get("REDIS_URL", "")
    if not url:
        raise RuntimeError("REDIS_URL is not set: start the lab (`manage.py lab`), or point REDIS_URL at a server")
    try:
        address(url)
    except AddressError as error:
        raise RuntimeError(f"REDIS_URL cannot be used: {error}") from None
    return url


def runs_url() -> str:
    """The cluster that runs are played on (``REDIS_RUNS_URL``), "" for none: they are where the hub is."""
    url = os.environ.get("REDIS_RUNS_URL", "")
    try:
        if url:
            cluster(url)
    except AddressError as error:
        raise RuntimeError(f"REDIS_RUNS_URL cannot be used: {error}") from None
    return url


def connect(url: str, runs_url: str = "", **options: Any) -> Hub:
    """A client of the hub at ``url``; with ``runs_url`` it knows where runs are. ``options`` go to each connection."""
    options = {
        "socket_timeout": SOCKET_TIMEOUT_S,
        "socket_connect_timeout": SOCKET_TIMEOUT_S,
        "retry": Retry(NoBackoff(), 0),
        "health_check_interval": 0,
        **options,
    }
    where = address(url)
    if isinstance(where, One):
        pool = ConnectionPool.from_url(where.url, **options)
    else:
        pool = _pool(SentinelGuide(where), {**options, **_of_primary(where)}, where.tls)
    shards = ClusterGuide(cluster(runs_url)) if runs_url else None
    return Hub(pool, shards, options)


def connect_to_run(url: str, runs_url: str, run: str, **options: Any) -> redis.asyncio.Redis:
    """An asynchronous client for the keys of ``run``."""
    where = address(url)
    guide: Where
    if runs_url:
        shards = ClusterGuide(cluster(runs_url))
        guide, options, tls = _guide_of(shards, run), {**options, **shards.login}, shards.tls
    elif isinstance(where, One):
        return redis.asyncio.Redis.from_url(where.url, **options)
    else:
        guide, options, tls = SentinelGuide(where), {**options, **_of_primary(where)}, where.tls
    kind = AsyncFollowing if tls is None else AsyncFollowingTls
    pool = AsyncConnectionPool(connection_class=kind, where=guide, **options, **(tls or {}))
    return redis.asyncio.Redis.from_pool(pool)


def of_run(client: redis.Redis, run: str) -> redis.Redis:
    """The client for the keys of ``run``: ``client`` itself, unless runs are on a cluster."""
    return client.run(run) if isinstance(client, Hub) else client


def of_hub(client: redis.Redis) -> redis.Redis:
    """The client for what runs share; ``client`` may be a run's."""
    return client.hub if isinstance(client, RunClient) else client


class Hub(redis.Redis):
    """The client of what runs share. Closing it closes the clients of its runs."""

    def __init__(self, pool: ConnectionPool, shards: ClusterGuide | None, options: dict[str, Any]) -> None:
        super().__init__(connection_pool=pool)
        self.auto_close_connection_pool = True
        self._shards = shards
        self._options = options
        self._runs: OrderedDict[str, RunClient] = OrderedDict()
        self._runs_lock = threading.Lock()

    def run(self, run: str) -> redis.Redis:
        """The client for the keys of a run; the same one each time."""
        if self._shards is None:
            return self
        with self._runs_lock:
            client = self._runs.get(run)
            if client is None:
                client = self._runs[run] = RunClient(self, self._shards, run, self._options)
            self._runs.move_to_end(run)
            old = self._runs.popitem(last=False)[1] if len(self._runs) > RUN_CLIENTS_MAX else None
        if old is not None:
            old.close()
        return client

    def forget(self, run: str) -> None:
        """The run is no more: neither is its client."""
        with self._runs_lock:
            client = self._runs.pop(run, None)
        if client is not None:
            client.close()

    def on_each_server(self, do: Callable[[redis.Redis], None]) -> None:
        """Do something on each server that runs are on."""
        if self._shards is None:
            do(self)
            return
        for host, port in self._shards.primaries():
            with one_server(host, port, **self._shards.options) as client:
                do(client)

    def close(self) -> None:
        """Close every connection."""
        super().close()
        with self._runs_lock:
            clients = list(self._runs.values())
            self._runs.clear()
        for client in clients:
            client.close()


class RunClient(redis.Redis):
    """The client for the keys of one run on a cluster."""

    def __init__(self, hub: Hub, shards: ClusterGuide, run: str, options: dict[str, Any]) -> None:
        super().__init__(connection_pool=_pool(_guide_of(shards, run), {**options, **shards.login}, shards.tls))
        self.auto_close_connection_pool = True
        self.hub = hub


def _pool(where: Where, options: dict[str, Any], tls: dict[str, Any] | None) -> ConnectionPool:
    kind = Following if tls is None else FollowingTls
    return ConnectionPool(connection_class=kind, where=where, **options, **(tls or {}))


def _of_primary(where: Sentinels) -> dict[str, Any]:
    return {**where.login, "db": where.database}


def _guide_of(shards: ClusterGuide, run: str) -> Where:
    return lambda: shards.primary_of(RunKeys(run).meta)
