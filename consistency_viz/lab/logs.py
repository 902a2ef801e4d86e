"""Bounded logs of child processes: one file and one older one, and the last lines in memory for error messages."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from threading import Lock
from typing import BinaryIO

LINE_BYTES_MAX = 8_192
TAIL_LINES = 20


class BoundedLog:
    """A log file of at most ``bytes_max`` bytes; when it is full it becomes ``NAME.1`` and a new one begins.

    Both files together never hold more than ``2 * bytes_max`` bytes. Thread-safe.
    """

    def __init__(self, path: Path, bytes_max: int = 2_000_000) -> None:
        self.path = path
        self._bytes_max = max(bytes_max, LINE_BYTES_MAX)
        self._last = deque[str](maxlen=TAIL_LINES)
        self._lock = Lock()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file: BinaryIO | None = None

    def write(self, line: bytes) -> None:
        """Append one line (longer ones are cut at ``LINE_BYTES_MAX``)."""
        line = line.rstrip(b"\n")[: LINE_BYTES_MAX - 1] + b"\n"
        with self._lock:
            file = self._file = self._file or self._open()
            if file.tell() + len(line) > self._bytes_max:
                file.close()
                self.path.replace(self.path.with_name(self.path.name + ".1"))
                file = self._file = self._open()
            file.write(line)
            self._last.append(line.decode(errors="replace").rstrip())

    def tail(self) -> str:
        """The last lines written by this process, at most ``TAIL_LINES``."""
        with self._lock:
            return "\n".join(self._last)

    def close(self) -> None:
        """Let the file go; the next line opens it again."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _open(self) -> BinaryIO:
        return self.path.open("ab", buffering=0)
