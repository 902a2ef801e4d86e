"""One child process: started on a leash, its output in a bounded log, its readiness checked, its end certain.

Rules
1. Every child leads a process group of its own, so that a terminal's Ctrl-C reaches only us, and so that ending a
   child ends whatever it started.
2. Every child dies with us (``leash``). All are started from one thread that lives as long as the program.
3. A child is *wanted* from ``start`` until ``stop``. A wanted child that is not alive has died unexpectedly; what to do
   about it is the supervisor's business (``processes``).
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock, Thread

from consistency_viz.lab.errors import LabError
from consistency_viz.lab.leash import NO_PIPE, SCRIPT
from consistency_viz.lab.logs import LINE_BYTES_MAX, BoundedLog

POLL_S = 0.01
KILL_TIMEOUT_S = 5.0

_spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lab-spawner")


@dataclass(frozen=True, kw_only=True)
class Command:
    """What to run. ``ready`` is asked again and again, until it says yes or ``ready_timeout_s`` has passed."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    folder: Path = field(default_factory=Path.cwd)
    ready: Callable[[Child], bool] = lambda child: child.alive
    ready_timeout_s: float = 30.0
    stop_timeout_s: float = 10.0
    pass_fds: tuple[int, ...] = ()
    remedy: str = "Its log says why."


class Child:
    """A child process that can be started again. Safe to use from several threads."""

    def __init__(self, command: Command, log: BoundedLog, *, kernel_leash: bool = sys.platform == "linux") -> None:
        self.command = command
        self.name = command.name
        self.log = log
        self.wanted = False
        self.ready = False
        self.starts = 0
        self.started_s = 0.0
        self._kernel_leash = kernel_leash
        self._lock = RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._pump: Thread | None = None
        self._printed = bytearray()

    @property
    def alive(self) -> bool:
        process = self._process
        return process is not None and process.poll() is None

    @property
    def pid(self) -> int:
        """The process id of the latest start; 0 before the first."""
        process = self._process
        return 0 if process is None else process.pid

    @property
    def exit_status(self) -> int | None:
        """The exit status of the latest start (negative: killed by that signal), None while it runs."""
        process = self._process
        return None if process is None else process.poll()

    def printed(self, text: str) -> bool:
        """Whether the latest start has printed ``text`` among its first 64 KB of output."""
        return text.encode() in self._printed

    def start(self, *, wait: bool = True) -> None:
        """Start unless alive; ``wait`` until ready. Raises ``LabError`` when it ends or stays silent meanwhile."""
        with self._lock:
            self.wanted = True
            self.revive()
        if wait:
            self.wait_ready()

    def revive(self) -> None:
        """Start it again if it is wanted and dead; does not wait."""
        with self._lock:
            if self.wanted and not self.alive:
                self.ready = False
                self._printed = bytearray()
                _spawner.submit(self._spawn).result()

    def wait_ready(self) -> None:
        """Wait until ready. Raises ``LabError`` with the tail of the log if that does not come to pass."""
        deadline_s = time.monotonic() + self.command.ready_timeout_s
        while not self.ready:
            if not self.wanted:
                raise LabError(f"{self.name} was stopped before it was ready.", "Start it again.")
            if not self.alive:
                self._join_pump()
                raise self.death()
            if self.look_ready():
                return
            if time.monotonic() > deadline_s:
                waited = f"{self.command.ready_timeout_s:g} s"
                what = f"{self.name} (process {self.pid}) was not ready within {waited}; see {self.log.path}."
                raise LabError(what, self.command.remedy, self.log.tail())
            time.sleep(POLL_S)

    def look_ready(self) -> bool:
        """Ask once whether it is ready."""
        self.ready = self.ready or self.command.ready(self)
        return self.ready

    def death(self) -> LabError:
        """How the latest start ended, as an error for a person."""
        status = self.exit_status or 0
        how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        phase = "" if self.ready else " while it was starting"
        return LabError(f"{self.name} {how}{phase}; see {self.log.path}.", self.command.remedy, self.log.tail())

    def kill(self, *, revive: bool = True) -> None:
        """Kill -9 as a fault would, and return when it is dead. With ``revive=False`` it stays down until ``start``."""
        with self._lock:
            self.wanted = self.wanted and revive
            process = self._process
        if process is not None:
            self._signal_group(process, signal.SIGKILL)
            process.wait(KILL_TIMEOUT_S)

    def kill_now(self) -> None:
        """Kill -9 for good, and return at once; for signal handlers, so it takes no lock."""
        self.wanted = False
        process = self._process
        if process is not None and process.returncode is None:
            self._signal_group(process, signal.SIGKILL, even_if_dead=True)

    def pause(self) -> None:
        """Stop the process in its tracks (SIGSTOP), as a long pause of its machine would."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused process go on (SIGCONT)."""
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it in order: SIGTERM, and SIGKILL to its whole group after ``stop_timeout_s``. Idempotent."""
        with self._lock:
            self.wanted = False
            process = self._process
        if process is None:
            return
        self._signal_group(process, signal.SIGTERM)
        self._signal_group(process, signal.SIGCONT)  # a paused process hears nothing before it goes on
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(self.command.stop_timeout_s)
        self._signal_group(process, signal.SIGKILL, even_if_dead=True)
        process.wait(KILL_TIMEOUT_S)
        self._join_pump()

    def _spawn(self) -> None:
        """Start the process and the thread that empties its output. Runs in the spawner thread only."""
        read_fd, write_fd = (NO_PIPE, NO_PIPE) if self._kernel_leash else os.pipe()
        extra_fds = () if self._kernel_leash else (read_fd,)
        leash = (sys.executable, "-I", "-S", str(SCRIPT), str(os.getpid()), str(read_fd))
        self._process = process = subprocess.Popen(
            (*leash, *self.command.arguments),
            cwd=self.command.folder,
            env=dict(self.command.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(*self.command.pass_fds, *extra_fds),
        )
        if not self._kernel_leash:
            os.close(read_fd)
        self.starts += 1
        self.started_s = time.monotonic()
        self._pump = Thread(target=self._empty, args=(process, self._printed, write_fd), daemon=True)
        self._pump.start()

    def _empty(self, process: subprocess.Popen[bytes], printed: bytearray, leash_fd: int) -> None:
        """Carry the process's output to the log until it ends, then let go of its leash."""
        assert process.stdout is not None  # noqa: S101 (for the type checker: it was asked for)
        with process.stdout as output:
            for line in iter(lambda: output.readline(LINE_BYTES_MAX), b""):
                if len(printed) < 65_536:
                    printed += line
                self.log.write(line)
        self.log.close()
        if leash_fd != NO_PIPE:
            process.wait()
            os.close(leash_fd)

    def _join_pump(self) -> None:
        if self._pump is not None:
            self._pump.join(timeout=1.0)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._signal_group(self._process, number)

    @staticmethod
    def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals, *, even_if_dead: bool = False) -> None:
        if even_if_dead or process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)
