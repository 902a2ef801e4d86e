"""Does a Redis-compatible server answer at a URL, and is it one that we can use?"""

from __future__ import annotations

import redis

from consistency_viz.lab.errors import LabError, without_password
from workers.runtime.address import AddressError, cluster
from workers.runtime.connection import connect
from workers.runtime.following import ClusterGuide, one_server

TIMEOUT_S = 2.0
VERSION_MIN = (7, 0)
OR_EMBEDDED = "or unset it to use the embedded server."


def _client(url: str, timeout_s: float) -> redis.Redis:
    return connect(url, socket_connect_timeout=timeout_s, socket_timeout=timeout_s)


def answers(url: str, timeout_s: float = 0.25) -> bool:
    """Whether a server answers PING there, in time, and accepts our password."""
    try:
        with _client(url, timeout_s) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def check_usable(url: str) -> None:
    """Raise ``LabError`` unless a server that we can use answers at ``url``; the password is never in the message."""
    shown = without_password(url)
    try:
        with _client(url, TIMEOUT_S) as client:
            version = _version(client)
            in_cluster = bool(client.info("cluster").get("cluster_enabled", 0))
    except ValueError as error:
        raise LabError(
            f"REDIS_URL ({shown}) is not a Redis URL that can be used: {error}.",
            "Write it as redis://[:password@]host:port/database (rediss:// with TLS) or "
            f"sentinel://host:port,host:port/database?master=NAME, {OR_EMBEDDED}",
        ) from None
    except redis.AuthenticationError:
        raise LabError(
            f"The Redis server at {shown} refuses the user or password of REDIS_URL.",
            f"Correct REDIS_URL, {OR_EMBEDDED}",
        ) from None
    except redis.RedisError as error:
        raise LabError(
            f"No Redis server can be used at {shown} ({type(error).__name__} within {TIMEOUT_S:g} s).",
            f"Start one there, correct REDIS_URL, {OR_EMBEDDED}",
        ) from None
    if in_cluster:
        raise LabError(
            f"The Redis server at {shown} is a node of a Redis Cluster: the keys of runs would fit, but the queue of "
            "the workers would not.",
            "Name the cluster in REDIS_RUNS_URL as redis+cluster://host:port, and in REDIS_URL a server that is not "
            "part of one.",
        )
    _check_version(f"The Redis server at {shown}", version, f"Point REDIS_URL at a newer one, {OR_EMBEDDED}")


def check_runs_usable(url: str) -> None:
    """Raise ``LabError`` unless a cluster that can take runs answers at ``url``; the password is never said."""
    shown = without_password(url)
    try:
        guide = ClusterGuide(cluster(url))
        for host, port in guide.primaries():
            _check_node(guide, host, port)
    except AddressError as error:
        raise LabError(f"REDIS_RUNS_URL ({shown}) cannot be used: {error}.", "Correct it, or unset it.") from None
    except redis.RedisError as error:
        raise LabError(
            f"No Redis Cluster can be used at {shown}: {error}.", "Start it, correct REDIS_RUNS_URL, or unset it."
        ) from None


def _check_node(guide: ClusterGuide, host: str, port: int) -> None:
    with one_server(host, port, **guide.options) as client:
        remedy = "Point REDIS_RUNS_URL at a newer cluster, or unset it."
        _check_version(f"The node {host}:{port} of the Redis Cluster", _version(client), remedy)


def _version(client: redis.Redis) -> str:
    return str(client.info("server").get("redis_version", "0"))


def _check_version(who: str, version: str, remedy: str) -> None:
    if tuple(int(part) for part in version.split(".")[:2]) < VERSION_MIN:
        raise LabError(f"{who} is version {version}; 7.0 or newer is needed.", remedy)
