"""Settings from the environment, read strictly: a bad value is refused by name, with what would be right.

Owns parsing; what the values mean is ``settings``' business.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from tempfile import gettempdir
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import Env

from workers.runtime.address import AddressError, address, channel_layer_host, cluster

_BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
_SQLITE_SCHEMES = ("sqlite", "sqlite3")
_DATABASE_SCHEMES = (*_SQLITE_SCHEMES, "postgres", "postgresql", "psql", "pgsql")
SECRET_KEY_LENGTH_MIN = 32
SQLITE_BUSY_TIMEOUT_S = 20
GROUP_EXPIRY_S = 24 * 3600


def refuse(name: str, value: object, remedy: str) -> ImproperlyConfigured:
    """The error for a variable whose value cannot be used."""
    return ImproperlyConfigured(f"environment variable {name}={value!r} cannot be used: {remedy}")


def boolean(name: str, *, default: bool) -> bool:
    """A switch: 1/true/yes/on or 0/false/no/off."""
    raw = os.environ.get(name, "").strip().lower()
    if not raw:
        return default
    if raw not in _BOOLEANS:
        raise refuse(name, raw, f"use one of {', '.join(_BOOLEANS)}")
    return _BOOLEANS[raw]


def number(name: str) -> float | None:
    """A number from 0 on; ``None`` if unset."""
    raw = os.environ.get(name, "").strip()
    if not raw:
        return None
    try:
        found = float(raw)
    except ValueError:
        found = -1.0
    if not 0 <= found < 1e9:
        raise refuse(name, raw, "use a number from 0 on, such as 30, or unset it")
    return found


def choice(name: str, known: tuple[str, ...]) -> str:
    """One of a few words, the first of them if unset."""
    raw = os.environ.get(name, "").strip().lower() or known[0]
    if raw not in known:
        raise refuse(name, raw, f"use one of {', '.join(known)}")
    return raw


def hosts(name: str, default: list[str]) -> list[str]:
    """A comma-separated list of host names, without scheme or port."""
    raw = os.environ.get(name, "")
    names = [part.strip() for part in raw.split(",") if part.strip()]
    for host in names:
        if "/" in host or (":" in host and not host.startswith("[")):
            raise refuse(name, raw, f"{host!r} must be a bare host name, such as example.org, without scheme or port")
    return names or default


def data_dir(name: str, default: Path) -> Path:
    """A directory for everything that the observer writes; made if it is not there, and then its owner's alone."""
    path = Path(os.environ.get(name) or default).expanduser().absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise refuse(name, path, f"name a directory that can be made and written to ({error.strerror})") from error
    if not os.access(path, os.W_OK):
        raise refuse(name, path, "name a directory that this user may write to")
    return path


def web_url(name: str) -> str:
    """The address under which others reach the pages, such as ``http://192.168.1.7:8000``; empty if unset."""
    url = os.environ.get(name, "").strip().rstrip("/")
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query):
        raise refuse(name, url, "use scheme, host and port, such as http://192.168.1.7:8000")
    return url


def redis_url(name: str) -> str:
    """The URL of the Redis-compatible server, or of the Sentinels that know it; empty where none is set."""
    return _address(name, address)


def runs_url(name: str) -> str:
    """The URL of the cluster that runs are played on; empty where they are on the server that everything is on."""
    return _address(name, cluster)


def _address(name: str, parse: Callable[[str], object]) -> str:
    url = os.environ.get(name, "").strip()
    try:
        if url:
            parse(url)
    except AddressError as error:
        raise ImproperlyConfigured(f"environment variable {name} cannot be used: {error}") from None
    return url


def channel_layer(redis_url: str) -> dict[str, object]:
    """The channel layer on the server at ``redis_url``, or in this process without one.

    It carries control messages only; frames go from a feed to its sockets directly. redis-py 8 times a blocking read
    out after 5 s unless told otherwise, and the layer's reads block for as long as nobody says anything.
    """
    if not redis_url:
        return {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    hosts = [channel_layer_host(redis_url)]
    config = {"hosts": hosts, "capacity": 100, "expiry": 10, "group_expiry": GROUP_EXPIRY_S}
    return {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": config}


def database(name: str, directory: Path) -> dict[str, object]:
    """The database: by URL, else SQLite in ``directory``; SQLite is set up so that writers queue instead of failing."""
    url = os.environ.get(name, "").strip()
    if url and urlsplit(url).scheme not in _DATABASE_SCHEMES:
        raise refuse(name, url, "use postgres://user:password@host:port/name or sqlite:///path/to.sqlite3")
    config: dict[str, object] = dict(Env.db_url_config(url or f"sqlite:///{directory / 'consistency-viz.sqlite3'}"))
    if urlsplit(url).scheme in _SQLITE_SCHEMES or not url:
        config["OPTIONS"] = {
            "timeout": SQLITE_BUSY_TIMEOUT_S,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
        # A file, as in production (an in-memory database has other locks), and one for each process that runs tests.
        config["TEST"] = {"NAME": str(Path(gettempdir()) / f"consistency-viz-test-{os.getpid()}.sqlite3")}
    return config


def secret_key(name: str, directory: Path) -> str:
    """The signing key: from the environment, else made once and kept readable by its owner only."""
    given = os.environ.get(name, "")
    if given:
        if len(given) < SECRET_KEY_LENGTH_MIN:
            raise refuse(name, "…", f"use at least {SECRET_KEY_LENGTH_MIN} random characters, or unset it")
        return given
    path = directory / "secret-key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _kept_key(path, name)
    with os.fdopen(descriptor, "w") as file:
        key = secrets.token_urlsafe(48)
        file.write(key)
    return key


def _kept_key(path: Path, name: str) -> str:
    """The key that an earlier process made; one that is being made this very moment is waited for by rereading."""
    for _ in range(1_000):
        key = path.read_text().strip()
        if len(key) >= SECRET_KEY_LENGTH_MIN:
            return key
    raise refuse(name, "unset", f"its stand-in {path.name} in the data directory is too short: delete that file")
