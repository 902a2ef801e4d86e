"""Run a command so that it cannot outlive the process that asked for it, not even after kill -9 of that process.

Run as a script, isolated: ``python -I -S leash.py PARENT_PID PIPE_FD COMMAND...``. It ties itself to its parent and
then becomes the command (exec), so the command has this process's id.

- Linux: ``PR_SET_PDEATHSIG``. The kernel kills us when the *thread* that started us ends, hence ``children`` starts
  every process from one thread that lives as long as the program. A parent that died before we asked is seen by its id.
- Elsewhere (macOS): a watchdog process reads a pipe whose other end only the parent holds, and kills our process group
  at its end. If somebody kills the watchdog first, the command outlives its parent: the best that there is.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
NO_PIPE = -1
SCRIPT = Path(__file__)


def die_with_parent(parent_pid: int) -> None:
    """Ask the kernel to kill this process when its parent goes (Linux)."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        os._exit(1)


def leave_watchdog(pipe_fd: int) -> None:
    """Fork a watchdog that kills our process group once the other end of the pipe is closed."""
    group = os.getpgrp()
    if os.fork():
        os.close(pipe_fd)
        return
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in range(3):
        os.dup2(nowhere, fd)
    os.closerange(3, pipe_fd)
    os.closerange(pipe_fd + 1, 256)
    os.read(pipe_fd, 1)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
    os._exit(0)


def main() -> None:
    """Tie, then become the command."""
    parent_pid, pipe_fd, *command = sys.argv[1:]
    if int(pipe_fd) == NO_PIPE:
        die_with_parent(int(parent_pid))
    else:
        leave_watchdog(int(pipe_fd))
    os.execv(command[0], command)  # noqa: S606 (no shell is the point)


if __name__ == "__main__":
    main()
