"""What the laboratory's tests share: tiny children, and waiting for something to become true."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from consistency_viz.lab.children import Child, Command
from consistency_viz.lab.logs import BoundedLog

SLEEPER = "print('up', flush=True); import time; time.sleep(60)"


def until(condition: Callable[[], object], timeout_s: float = 5.0) -> bool:
    """Wait until ``condition`` holds; False if it does not in time."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.005)
    return True


def gone(pid: int) -> bool:
    """Whether the process has ended (one that only waits to be reaped has)."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def child(folder: Path, source: str = SLEEPER, name: str = "sleeper", **options: object) -> Child:
    """A child that runs some Python and is ready when it prints "up"."""
    kernel_leash = options.pop("kernel_leash", sys.platform == "linux")
    command = Command(
        name=name,
        arguments=(sys.executable, "-I", "-S", "-c", source),
        **{"ready": lambda it: it.printed("up"), "folder": folder, "stop_timeout_s": 2.0, **options},
    )
    return Child(command, BoundedLog(folder / f"{name}.log"), kernel_leash=bool(kernel_leash))


def processes_of(folder: Path) -> list[list[str]]:
    """The command lines of the processes that work in or on ``folder``."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            line = process.cmdline()
            if process.environ().get("CV_DATA_DIR") == str(folder) or str(folder) in " ".join(line):
                found.append(line)
    return found
