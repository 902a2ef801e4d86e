"""Does a Redis-compatible server answer at a URL, and is it one that we can use?"""

from __future__ import annotations

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from consistency_viz.lab.errors import LabError, without_password

TIMEOUT_S = 2.0
VERSION_MIN = (7, 0)


def _client(url: str, timeout_s: float) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=timeout_s,
        socket_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )


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
            client.ping()
            version = str(client.info("server").get("redis_version", "0"))
            in_cluster = bool(client.info("cluster").get("cluster_enabled", 0))
    except ValueError as error:
        raise LabError(
            f"REDIS_URL ({shown}) is not a Redis URL: {error}.",
            "Write it as redis://[:password@]host:port/database (rediss:// with TLS); Sentinels are not asked, so name "
            "the primary itself. Or unset it to use the embedded server.",
        ) from None
    except redis.AuthenticationError:
        raise LabError(
            f"The Redis server at {shown} refuses the user or password of REDIS_URL.",
            "Correct REDIS_URL, or unset it to use the embedded server.",
        ) from None
    except redis.RedisError as error:
        raise LabError(
            f"No Redis server can be used at {shown} ({type(error).__name__} within {TIMEOUT_S:g} s).",
            "Start one there, correct REDIS_URL, or unset it to use the embedded server.",
        ) from None
    if in_cluster:
        raise LabError(
            f"The Redis server at {shown} is a node of a Redis Cluster: a run would fit, but the list of runs and the "
            "queue of the workers lie in other slots, on other nodes.",
            "Point REDIS_URL at one primary that is not part of a cluster; its replicas may follow it.",
        )
    if tuple(int(part) for part in version.split(".")[:2]) < VERSION_MIN:
        raise LabError(
            f"The Redis server at {shown} is version {version}; 7.0 or newer is needed.",
            "Point REDIS_URL at a newer one, or unset it to use the embedded server.",
        )
