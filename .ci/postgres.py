"""Run the test suite, but for the browser's tests, on PostgreSQL.

``make test-postgres``; further arguments go to pytest in place of ``ARGUMENTS``. The server is one of its own in a
scratch folder, gone when the tests are over. Needs ``initdb`` and ``pg_ctl`` on PATH or where Debian puts them. As root
the server runs as the user ``postgres``, as it asks for.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ARGUMENTS = ("tests", "-m", "not browser", "-n", "2", "--dist", "loadfile")
USER = "postgres"
# Threads of an event loop's executor end with the loop, and the test runner hears of the connections that they held.
# SQLite's are silent about that. A leftover one also keeps the test database, which is in a scratch server anyway.
TOLERATED = ("ResourceWarning", "pytest.PytestUnraisableExceptionWarning", "pytest.PytestWarning")
PROJECT = Path(__file__).resolve().parent.parent


def program(name: str) -> str:
    """Where a program of PostgreSQL is; ends with a message if it is nowhere."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    found = shutil.which(name) or next(map(str, versions), None)
    if found is None:
        sys.exit(f"test-postgres: there is no {name} here; install PostgreSQL's server, such as the package postgresql")
    return found


def free_port() -> int:
    """A port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server() -> Iterator[str]:
    """The URL of a running server that nobody else uses."""
    user = USER if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="cv-postgres-"))
    if user is not None:
        shutil.chown(folder, user)
    data, port = folder / "data", free_port()

    def run(*command: str) -> None:
        subprocess.run(command, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)

    try:
        run(program("initdb"), "-D", str(data), "-U", USER, "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        run(program("pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgres://{USER}@127.0.0.1:{port}/{USER}"
        finally:
            run(program("pg_ctl"), "-D", str(data), "-w", "-m", "fast", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """The exit status of pytest."""
    arguments = sys.argv[1:] or list(ARGUMENTS)
    with server() as url:
        command = [sys.executable, "-m", "pytest", "-q", *(f"-Wdefault::{name}" for name in TOLERATED), *arguments]
        return subprocess.run(command, cwd=PROJECT, env={**os.environ, "DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
