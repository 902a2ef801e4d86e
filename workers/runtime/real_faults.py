"""Real faults, beside the modelled ones: a worker process killed, every connection cut, the server held.

Rules
1. Only where server and workers are this machine's own: a server on loopback that is no cluster, a worker process of
   this host and this user. Anything else is refused before anything is done.
2. What was done is in the run's history as a fault of kind ``real``, with its beginning and end. It hits every run of
   the server, and is recorded in the one that was named.
3. Nothing is left behind: a killed worker is started again by whoever watches it (the laboratory), a held server goes
   on by itself.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any, Final

import redis

from workers.model.codec import pack
from workers.model.observation import Faulted, Turn
from workers.runtime.connection import of_run
from workers.runtime.control import RunRefusedError, plan_of, server_time_us
from workers.runtime.fault_feed import FAULTS_OF_RUN_MAX
from workers.runtime.keys import WORKERS, RunKeys
from workers.runtime.scripts import Scripts, head_keys

HOLD_MS: Final = 2_000
"""How long the server is held: less than a lease, and less than clients wait for an answer."""

WORKER_COMMAND: Final = "workers.runtime.celery_app"
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
HOW: Final = {
    "kill-worker": "kill -9 of a worker process: all of its instances are gone at once",
    "cut-connections": "every connection to the server is cut (CLIENT KILL)",
    "hold-server": f"the server answers nobody for {HOLD_MS / 1_000:g} s (CLIENT PAUSE)",
}
"""The real faults by name, and what happens."""


def real_fault(client: redis.Redis, run: str, how: str) -> str:
    """Do it now; returns the fault's id once it is over. Raises ``RunRefusedError`` where it cannot be done."""
    if how not in HOW:
        raise RunRefusedError(f"how = {how!r}: there is no such real fault; choose one of {', '.join(HOW)}")
    plan = plan_of(client, run)
    if plan is None:
        raise RunRefusedError(f"run {run} has ended; start it again")
    _check_ours(client, run)
    pid = _worker(client) if how == "kill-worker" else 0
    keys = RunKeys(run)
    # One connection, which cuts all others.
    with redis.Redis(connection_pool=client.connection_pool, single_connection_client=True) as own:
        scripts = Scripts(own)
        number = 1
        while not _record(scripts, keys, f"real-{number}", how, list(plan.nodes), "began"):
            number += 1
        if how == "kill-worker":
            os.kill(pid, signal.SIGKILL)
        elif how == "cut-connections":
            own.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        else:
            own.execute_command("CLIENT", "PAUSE", HOLD_MS, "ALL")
        _record(scripts, keys, f"real-{number}", how, list(plan.nodes), "ended")
    if how == "cut-connections":
        client.connection_pool.disconnect()
    return f"real-{number}"


def _record(scripts: Scripts, keys: RunKeys, fault_id: str, how: str, nodes: list[str], state: Any) -> bool:
    """False if the run has had a fault of this id."""
    body = Faulted(fault_id, "real", state, nodes, {"how": how} if state == "began" else None)
    reply = scripts.real(head_keys(keys), [fault_id, state, pack(Turn("", "", 0, [body])), FAULTS_OF_RUN_MAX])
    if reply[0] == b"full":
        raise RunRefusedError(f"run {keys.run} has had {FAULTS_OF_RUN_MAX} faults; that is as many as a run takes")
    if reply[0] == b"ended":
        raise RunRefusedError(f"run {keys.run} has ended; start it again")
    return bool(reply[0] == b"ok")


def _check_ours(client: redis.Redis, run: str) -> None:
    """Refuse a server that is somebody else's, or many."""
    kwargs = client.connection_pool.connection_kwargs
    is_one = of_run(client, run) is client and ("host" in kwargs or "path" in kwargs)
    if not is_one or kwargs.get("host", LOOPBACK[0]) not in LOOPBACK:
        raise RunRefusedError(
            "real faults are for a laboratory on this machine alone, and its server is another's; use a modelled fault"
        )


def _worker(client: redis.Redis) -> int:
    """The process id of a living worker of this machine."""
    now_us = server_time_us(client)
    workers: dict[bytes, bytes] = client.hgetall(WORKERS)  # type: ignore[assignment]
    host = socket.gethostname()
    for name in sorted(name.decode() for name, expires in workers.items() if int(expires) > now_us):
        its_host, _, rest = name.rpartition("-")[0].rpartition("-")
        if its_host == host and rest.isdigit() and _is_worker(int(rest)):
            return int(rest)
    raise RunRefusedError("no worker process of this machine lives; kill it where it runs")


def _is_worker(pid: int) -> bool:
    """Whether this process is a worker that is ours to kill: ids are given out again."""
    try:
        os.kill(pid, 0)
        command = Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
    except (ProcessLookupError, PermissionError):
        return False
    except OSError:  # no /proc on this system
        asked = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607
        command = asked.stdout
    return WORKER_COMMAND in command
