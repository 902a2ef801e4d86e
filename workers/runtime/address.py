"""Where Redis-compatible servers are, as the environment says it. Pure: nobody is asked.

| variable | URL | what lies there |
|---|---|---|
| ``REDIS_URL`` | ``redis://``, ``rediss://``, ``unix://``; ``sentinel://``, ``rediss+sentinel://`` | what runs share |
| ``REDIS_RUNS_URL`` | unset: there too; ``redis+cluster://``, ``rediss+cluster://`` | each run's keys, on one shard |

``sentinel://[user:password@]host[:26379][,host[:port]]/0?master=NAME``: user and password are the primary's, those of
the Sentinels themselves are ``sentinel_username`` and ``sentinel_password`` after the ``?``.

``rediss+sentinel://`` and ``rediss+cluster://`` are the same with TLS to everybody: Sentinels, primaries, nodes. What
is trusted is said once for all of them by ``TLS_FIELDS``, which are named as redis-py names them for ``rediss://``.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

ONE_SCHEMES: Final = ("redis", "rediss", "unix")
SENTINEL_SCHEME: Final = "sentinel"
SENTINEL_SCHEMES: Final = (SENTINEL_SCHEME, "rediss+sentinel")
CLUSTER_SCHEMES: Final = ("redis+cluster", "rediss+cluster")
TLS_FIELDS: Final = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs", "ssl_check_hostname")
SENTINEL_PORT: Final = 26_379
SERVER_PORT: Final = 6_379
USABLE: Final = (
    "use redis://host:port/0, rediss://host:port/0, unix:///path/to.sock, or "
    "sentinel://host:port,host:port/0?master=NAME (rediss+sentinel:// with TLS)"
)
USABLE_FOR_RUNS: Final = (
    "use redis+cluster://host:port,host:port (rediss+cluster:// with TLS) with some nodes of a cluster, or unset it"
)
_SENTINEL_FIELDS: Final = ("master", "sentinel_username", "sentinel_password")


class AddressError(ValueError):
    """A URL that cannot be used; says why and never a password."""


class One(NamedTuple):
    """One primary, by a URL that redis-py takes as it is."""

    url: str


class Sentinels(NamedTuple):
    """Sentinels that know where the primary called ``master`` is; ``login`` is for it, ``own`` for themselves.

    ``tls``: how it is used, ``None``: not at all.
    """

    hosts: tuple[tuple[str, int], ...]
    master: str
    database: int
    login: dict[str, str]
    own: dict[str, str]
    tls: dict[str, Any] | None = None


class Cluster(NamedTuple):
    """Some nodes of a cluster, enough to learn of the others; ``login`` and ``tls`` are good on all of them."""

    hosts: tuple[tuple[str, int], ...]
    login: dict[str, str]
    tls: dict[str, Any] | None = None


def address(url: str) -> One | Sentinels:
    """Where what runs share is. Raises ``AddressError``."""
    scheme = url.partition("://")[0]
    if scheme in ONE_SCHEMES and not url.endswith("://"):
        return One(url)
    if scheme in SENTINEL_SCHEMES:
        return _sentinels(url)
    if scheme in CLUSTER_SCHEMES:
        raise AddressError(
            "a cluster takes the keys of runs only: set REDIS_RUNS_URL to it, and REDIS_URL to a server that is not "
            "part of one, for the list of runs and the queue of the workers"
        )
    raise AddressError(f"it begins with {scheme[:20]!r}; {USABLE}")


def cluster(url: str) -> Cluster:
    """The cluster that runs are played on. Raises ``AddressError``."""
    scheme = url.partition("://")[0]
    if scheme not in CLUSTER_SCHEMES:
        raise AddressError(f"it begins with {scheme[:20]!r}; {USABLE_FOR_RUNS}")
    parts = urlsplit(url)
    given = _given(parts.query)
    tls = _tls(scheme, given)
    if parts.path.strip("/") or given:
        raise AddressError(f"a cluster has no databases and no options; {USABLE_FOR_RUNS}")
    login, hosts = _hosts(parts.netloc, SERVER_PORT)
    return Cluster(hosts, login, tls)


def client_options(tls: dict[str, Any] | None) -> dict[str, Any]:
    """The same for a client of redis-py, which chooses the kind of its connections by them."""
    return {} if tls is None else {"ssl": True, **tls}


def celery_broker(url: str) -> tuple[str, dict[str, Any], dict[str, Any] | None]:
    """The same place as Celery writes it: a broker's URL, options for its transport, and ``broker_use_ssl``.

    Any other URL is taken as it is.
    """
    if url.partition("://")[0] not in SENTINEL_SCHEMES:
        return url, {}, None
    found = _sentinels(url)
    login = urlsplit(url).netloc.rpartition("@")[0]
    before = f"{login}@" if login else ""
    urls = [f"sentinel://{before}{_shown(host)}:{port}/{found.database}" for host, port in found.hosts]
    asked = {**found.own, **client_options(found.tls), "socket_timeout": 1.0}
    # Celery takes an empty dictionary for no TLS at all.
    use_ssl = None if found.tls is None else {"ssl_cert_reqs": "required", **found.tls}
    return ";".join(urls), {"master_name": found.master, "sentinel_kwargs": asked}, use_ssl


def channel_layer_host(url: str) -> dict[str, Any]:
    """The same place as ``channels_redis`` takes a host. Its reads block for as long as nobody says anything."""
    where = address(url)
    if isinstance(where, One):
        return {"address": url, "socket_timeout": None}
    return {
        "sentinels": list(where.hosts),
        "master_name": where.master,
        "sentinel_kwargs": {**where.own, **client_options(where.tls), "socket_timeout": 1.0},
        "db": where.database,
        **where.login,
        **client_options(where.tls),
        "socket_timeout": None,
    }


def _sentinels(url: str) -> Sentinels:
    parts = urlsplit(url)
    given = _given(parts.query)
    tls = _tls(parts.scheme, given)
    unknown = [name for name in given if name not in _SENTINEL_FIELDS]
    if unknown:
        takes = ", ".join(_SENTINEL_FIELDS if tls is None else _SENTINEL_FIELDS + TLS_FIELDS)
        raise AddressError(f"{parts.scheme}:// does not know {unknown[0][:40]!r}; it takes {takes}")
    if not given.get("master"):
        raise AddressError("sentinel:// names no primary; add ?master=NAME with the name that the Sentinels know it by")
    database = parts.path.strip("/") or "0"
    if not database.isdecimal():
        raise AddressError(f"{database[:20]!r} is no database; write a number, such as sentinel://host/0?master=NAME")
    login, hosts = _hosts(parts.netloc, SENTINEL_PORT)
    own = {name.removeprefix("sentinel_"): given[name] for name in _SENTINEL_FIELDS[1:] if name in given}
    return Sentinels(hosts, given["master"], int(database), login, own, tls)


def _given(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query).items()}


def _tls(scheme: str, given: dict[str, str]) -> dict[str, Any] | None:
    """What ``given`` says of TLS, taken out of it; ``None`` if the scheme is one without."""
    if not scheme.startswith("rediss+"):
        return None
    found: dict[str, Any] = {name: given.pop(name) for name in TLS_FIELDS if name in given}
    requires = found.get("ssl_cert_reqs", "required")
    if requires not in ("required", "optional", "none"):
        raise AddressError(f"ssl_cert_reqs = {requires[:20]!r}; use required, optional or none")
    if "ssl_check_hostname" in found:
        checks = found["ssl_check_hostname"].lower()
        if checks not in ("true", "false"):
            raise AddressError(f"ssl_check_hostname = {checks[:20]!r}; use true or false")
        found["ssl_check_hostname"] = checks == "true"
    if requires == "none":
        found["ssl_check_hostname"] = False  # a name cannot be looked for in a certificate that nobody looks at
    return found


def _hosts(netloc: str, default_port: int) -> tuple[dict[str, str], tuple[tuple[str, int], ...]]:
    """User and password, and the hosts with their ports, of ``user:password@host:port,host:port``."""
    credentials, _, places = netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    login = {name: unquote(value) for name, value in (("username", user), ("password", password)) if value}
    return login, tuple(_host(place, default_port) for place in places.split(","))


def _host(place: str, default_port: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{place}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host:
        raise AddressError(f"{place[:60]!r} is no host; write host:port, several with commas in between")
    return host, port or default_port


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
