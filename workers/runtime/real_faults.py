"""Real faults, beside the modelled ones: a worker killed or frozen, the server cut off, held, restarted, emptied.

Rules
1. Only where server and workers are this machine's own (``own_processes``); restarted and emptied is the embedded
   server alone. Anything else is refused before anything is done.
2. What was done is in the run's history as a fault of kind ``real``, with its beginning and end. It hits every run of
   the server, and is recorded in the one that was named.
3. Nothing is left behind, also if who asked dies meanwhile: a killed process is started again by whoever watches it
   (the laboratory), a held server goes on by itself, and a frozen worker is thawed by the very process that froze it,
   which belongs to nobody's terminal.
4. An emptied server is the exception: its runs are lost, fail with the reason, and have no end of this fault.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import Any, Final, NamedTuple

import redis

from workers.model.codec import pack
from workers.model.observation import Faulted, Turn
from workers.runtime import own_processes
from workers.runtime.control import RunRefusedError, plan_of
from workers.runtime.fault_feed import FAULTS_OF_RUN_MAX
from workers.runtime.keys import RunKeys
from workers.runtime.scripts import Scripts, head_keys

HOLD_MS: Final = 2_000
"""How long the server is held: less than a lease, and less than clients wait for an answer."""

FREEZE_S: Final = 10
"""How long a worker is frozen: longer than a lease, so that others take its place, and it comes back too late."""

BACK_S_MAX: Final = 30.0
"""How long the server that was killed is waited for."""

TOLD_S: Final = 0.5
"""Between the record of what is about to happen and the emptying: the recorder reads at least five times in it."""


class Real(NamedTuple):
    """``button``: what to do, in two or three words. ``what`` happens. ``sure``: the question before it is done.

    ``destroys``: runs are lost, so that it is not done without being confirmed.
    """

    button: str
    what: str
    sure: str
    destroys: bool = False


HOW: Final = {
    "kill-worker": Real(
        "Kill a worker", "kill -9 of a worker process: all of its instances are gone at once", "Kill it?"
    ),
    "stop-worker": Real(
        "Freeze a worker",
        f"a worker process stands still for {FREEZE_S} s (SIGSTOP), longer than its leases, and then goes on (SIGCONT)",
        "Freeze it?",
    ),
    "cut-connections": Real("Cut all connections", "every connection to the server is cut (CLIENT KILL)", "Cut them?"),
    "hold-server": Real(
        "Hold the server", f"the server answers nobody for {HOLD_MS / 1_000:g} s (CLIENT PAUSE)", "Hold it?"
    ),
    "restart-server": Real(
        "Restart the server",
        "kill -9 of the server, which is started again at once and loads its append-only file: nothing that it had "
        "answered is lost",
        "Restart it?",
    ),
    "flush-server": Real(
        "Empty the server",
        "everything on the server is deleted (FLUSHALL): EVERY live run fails, for good; recorded histories stay",
        "Fail all live runs?",
        destroys=True,
    ),
}
"""The real faults by name."""


def real_fault(client: redis.Redis, run: str, how: str) -> str:
    """Do it now; returns the fault's id once it is over. Raises ``RunRefusedError`` where it cannot be done."""
    if how not in HOW:
        raise RunRefusedError(f"how = {how!r}: there is no such real fault; choose one of {', '.join(HOW)}")
    plan = plan_of(client, run)
    if plan is None:
        raise RunRefusedError(f"run {run} has ended; start it again")
    own_processes.check_this_machine(client, run)
    pid = _target(client, how)
    # One connection, which cuts all others.
    with redis.Redis(connection_pool=client.connection_pool, single_connection_client=True) as own:
        record = _Record(Scripts(own), RunKeys(run), how, list(plan.nodes))
        fault_id = record.begin()
        if how == "kill-worker":
            os.kill(pid, signal.SIGKILL)
        elif how == "stop-worker":
            _freeze(pid)
        elif how == "cut-connections":
            own.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        elif how == "hold-server":
            own.execute_command("CLIENT", "PAUSE", HOLD_MS, "ALL")
        elif how == "restart-server":
            os.kill(pid, signal.SIGKILL)
            _wait_for(own, pid)
        else:
            time.sleep(TOLD_S)
            own.flushall()
        record.end()
    if how in ("cut-connections", "restart-server"):
        client.connection_pool.disconnect()
    return fault_id


def _target(client: redis.Redis, how: str) -> int:
    """The process that it will be done to; 0 where there is none. Refuses before anything is recorded."""
    if how in ("kill-worker", "stop-worker"):
        return own_processes.worker(client, settled=how == "kill-worker")
    if how in ("restart-server", "flush-server"):
        server = own_processes.embedded_server(client)
        if how == "restart-server":
            own_processes.check_settled(server)
        return server.pid
    return 0


def _freeze(pid: int) -> None:
    """Stop a process for ``FREEZE_S``. One shell does both, so nobody else can leave it frozen."""
    script = f"kill -STOP {pid} && sleep {FREEZE_S}; kill -CONT {pid}"
    subprocess.run(["/bin/sh", "-c", script], start_new_session=True, check=False)  # noqa: S603 - two numbers


def _wait_for(client: redis.Redis, old: int) -> None:
    """Wait until the server answers again under another process id."""
    deadline_s = time.monotonic() + BACK_S_MAX
    while time.monotonic() < deadline_s:
        try:
            about: Any = client.info("server")
            if int(about["process_id"]) != old:
                return
        except (redis.ConnectionError, redis.TimeoutError, redis.exceptions.ResponseError):  # away, or loading
            pass
        time.sleep(0.05)
    raise RunRefusedError(
        f"the server was killed and has not come back within {BACK_S_MAX:g} s; look at the laboratory's terminal"
    )


class _Record:
    """The beginning and the end of one real fault in a run's history."""

    def __init__(self, scripts: Scripts, keys: RunKeys, how: str, nodes: list[str]) -> None:
        self._scripts = scripts
        self._keys = keys
        self._how = how
        self._nodes = nodes
        self._id = ""

    def begin(self) -> str:
        """Under the next free id, which is returned. Raises ``RunRefusedError`` if the run takes no more."""
        number = 0
        reply = b"no"
        while reply == b"no":
            number += 1
            self._id = f"real-{number}"
            reply = self._tell("began")
        if reply == b"full":
            raise RunRefusedError(
                f"run {self._keys.run} has had {FAULTS_OF_RUN_MAX} faults; that is as many as a run takes"
            )
        if reply == b"ended":
            raise RunRefusedError(f"run {self._keys.run} has ended; start it again")
        return self._id

    def end(self) -> None:
        """Nothing is recorded if the run has ended meanwhile."""
        self._tell("ended")

    def _tell(self, state: Any) -> bytes:
        detail = {"how": self._how} if state == "began" else None
        body = Faulted(self._id, "real", state, self._nodes, detail)
        arguments = [self._id, state, pack(Turn("", "", 0, [body])), FAULTS_OF_RUN_MAX]
        reply: list[bytes] = self._scripts.real(head_keys(self._keys), arguments)
        return reply[0]
