"""Connections to the server: made late, one for each instance, without retries of their own."""

from __future__ import annotations

import os
from typing import Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

SOCKET_TIMEOUT_S: Final = 5.0
"""Longer than any blocking read; a server that is silent for longer counts as gone."""

SCHEMES: Final = ("redis", "rediss", "unix")


def redis_url() -> str:
    """Where the server is (``REDIS_URL``)."""
    url = os.environ.get("REDIS_URL", "")
    if not url:
        raise RuntimeError("REDIS_URL is not set: start the lab (`manage.py lab`), or point REDIS_URL at a server")
    scheme = url.partition("://")[0]
    if scheme not in SCHEMES:
        raise RuntimeError(
            f"REDIS_URL begins with {scheme[:20]!r}; use redis:// (or rediss:// with TLS, or unix://) and one primary: "
            "Sentinels and clusters are not asked where it is"
        )
    return url


def connect(url: str) -> redis.Redis:
    """A client that never repeats a command by itself.

    A commit whose answer was lost may have happened; repeating it would send its messages twice. Who calls decides.
    """
    return redis.Redis.from_url(
        url,
        socket_timeout=SOCKET_TIMEOUT_S,
        socket_connect_timeout=SOCKET_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )
