"""Which processes are a laboratory's own, on this machine: what a real fault may be done to. Asks, and changes nothing.

Rules
1. A worker: signed on at the server under this host's name, and its command line is a worker's (ids are given out
   again).
2. An embedded server: it says which file configures it, beside that lies the lock of a laboratory, and the process
   that holds the lock is the server's parent. A server that somebody else started, also on loopback, is none: it may
   hold what is not ours, and nobody would start it again.
3. Who starts them again gives up on what dies ``DEATHS_MAX`` times in a row within ``SETTLED_S`` each
   (``lab.processes``), and then ends the laboratory. So what was started just now is left alone.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import psutil
import redis

from workers.runtime.connection import of_run
from workers.runtime.control import RunRefusedError, server_time_us
from workers.runtime.keys import WORKERS

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
WORKER_COMMAND: Final = "workers.runtime.celery_app"
SERVER_COMMANDS: Final = ("valkey-server", "redis-server")
SETTLED_S: Final = 30.0


def check_this_machine(client: redis.Redis, run: str) -> None:
    """Refuse a server that is somebody else's, or many."""
    kwargs = client.connection_pool.connection_kwargs
    is_one = of_run(client, run) is client and ("host" in kwargs or "path" in kwargs)
    if not is_one or kwargs.get("host", LOOPBACK[0]) not in LOOPBACK:
        raise RunRefusedError(
            "real faults are for a laboratory on this machine alone, and its server is another's; use a modelled fault"
        )


def worker(client: redis.Redis, *, settled: bool) -> int:
    """The process id of a living worker of this machine; with ``settled`` of one that may die now."""
    now_us = server_time_us(client)
    workers: dict[bytes, bytes] = client.hgetall(WORKERS)  # type: ignore[assignment]
    host = socket.gethostname()
    youngest_s: float | None = None
    for name in sorted(name.decode() for name, expires in workers.items() if int(expires) > now_us):
        its_host, _, rest = name.rpartition("-")[0].rpartition("-")
        if its_host != host or not rest.isdigit():
            continue
        age_s = _age_s(int(rest), WORKER_COMMAND)
        if age_s is None:
            continue
        if not settled or age_s >= SETTLED_S:
            return int(rest)
        youngest_s = age_s if youngest_s is None else max(age_s, youngest_s)
    if youngest_s is not None:
        raise RunRefusedError(_too_young("every worker process", youngest_s))
    raise RunRefusedError("no worker process of this machine lives; kill it where it runs")


def embedded_server(client: redis.Redis) -> psutil.Process:
    """The server's process, if a laboratory of this machine embeds it."""
    about: Any = client.info("server")
    configuration = Path(str(about.get("config_file") or ""))
    with suppress(KeyError, ValueError, OSError, psutil.Error):
        process = psutil.Process(int(about["process_id"]))
        owner = int((configuration.parent / "lock").read_text())
        # Its title is its own choice, its executable is not.
        if Path(process.exe()).name in SERVER_COMMANDS and owner == process.ppid():
            return process
    raise RunRefusedError(
        "only the server that a laboratory starts itself is restarted or emptied, and this one somebody else "
        "started; start `manage.py lab` without REDIS_URL"
    )


def check_settled(server: psutil.Process) -> None:
    """Refuse a server that has only just been started."""
    age_s = time.time() - server.create_time()
    if age_s < SETTLED_S:
        raise RunRefusedError(_too_young("the server", age_s))


def _too_young(what: str, age_s: float) -> str:
    why = "a laboratory gives up on what dies again and again"
    return f"{what} was started {age_s:.0f} s ago, and {why}; wait {SETTLED_S - age_s:.0f} s"


def _age_s(pid: int, command: str) -> float | None:
    """How long this process has run; ``None`` if it does not, or is not ours, or another command."""
    try:
        process = psutil.Process(pid)
        process.send_signal(0)
        return time.time() - process.create_time() if command in " ".join(process.cmdline()) else None
    except psutil.Error:
        return None
