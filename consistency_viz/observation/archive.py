"""The history file of one run: written by exactly one writer at a time, mended after a crash, read while it grows.

Rules
1. A line counts once its newline is there. Opening for writing cuts off whatever a crash left behind the last newline.
2. The file is its own fencing token: a writer appends under a lock and only if the file still ends where it left it.
   Whoever was replaced while it was paused is told so (``WriterReplacedError``), and has doubled nothing.
3. The file says by itself where to go on (``position``); there is no second file that could disagree with it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Self

import msgspec

from consistency_viz.observation.position import Position
from workers.model.history import Header, header_line, line, parse
from workers.model.observation import Observation

BLOCK_BYTES = 64 * 1024
_decode_header = msgspec.json.Decoder(Header).decode


class WriterReplacedError(RuntimeError):
    """Another writer has appended to the file, or is doing so right now."""


class _Place(msgspec.Struct):
    """The part of a line that says where in the history it is."""

    index: int
    at_us: int


_decode_place = msgspec.json.Decoder(_Place).decode


class ArchiveWriter:
    """Appends to a history; ``position`` is where it stands."""

    def __init__(self, path: Path, header: Header) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            with self._locked():
                self._mend()
                self._size = os.fstat(self._fd).st_size
                self.position = last_position(path)
                if not self._size:
                    self._write(header_line(header) + b"\n")
        except BaseException:
            os.close(self._fd)
            raise

    def append(self, observations: Iterable[Observation]) -> None:
        """Append observations; they must continue ``position`` without a gap."""
        position, lines = self.position, []
        for observation in observations:
            if observation.index != position.count:
                raise ValueError(f"observation {observation.index} does not follow on {position.count - 1}")
            lines.append(line(observation))
            position = position.advanced(observation.at_us)
        if not lines:
            return
        with self._locked():
            if os.fstat(self._fd).st_size != self._size:
                raise WriterReplacedError(f"{self.path.name} was appended to by another recorder")
            self._write(b"\n".join(lines) + b"\n")
        self.position = position

    def sync(self) -> Position:
        """Bring everything appended to the disk; the position up to which it is safe there."""
        position = self.position
        os.fsync(self._fd)
        return position

    def close(self) -> None:
        """Close the file; closing twice is no error."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _write(self, raw: bytes) -> None:
        """Write all of it or, when the disk is full, none of it."""
        rest = memoryview(raw)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError:
            os.ftruncate(self._fd, self._size)
            raise
        self._size += len(raw)

    def _mend(self) -> None:
        """Cut off a torn last line."""
        size = os.fstat(self._fd).st_size
        end = size
        while end:
            start = max(0, end - BLOCK_BYTES)
            newline = os.pread(self._fd, end - start, start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        if end < size:
            os.ftruncate(self._fd, end)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WriterReplacedError(f"{self.path.name} is being written by another recorder") from error
        try:
            yield
        finally:
            fcntl.flock(self._fd, fcntl.LOCK_UN)


class ArchiveReader:
    """Reads a history from the front, also while it grows: a line that has no newline yet is left for later."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("rb")
        self.header: Header | None = None
        self.position = Position()

    def skip(self, position: Position) -> bool:
        """Pass over everything that is known at ``position``; false if the file does not go as far yet."""
        self._read_header()
        for _ in range(position.count):
            if not self._next_line():
                return False
        self.position = position
        return True

    def read(self, count: int) -> list[Observation]:
        """Up to ``count`` more observations; an empty list at the (present) end."""
        self._read_header()
        observations: list[Observation] = []
        while len(observations) < count and (raw := self._next_line()):
            observation = parse(raw)
            self.position = self.position.advanced(observation.at_us)
            observations.append(observation)
        return observations

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read_header(self) -> None:
        if self.header is None and (raw := self._next_line()):
            self.header = _decode_header(raw)

    def _next_line(self) -> bytes:
        start = self._file.tell()
        raw = self._file.readline()
        if raw.endswith(b"\n"):
            return raw
        self._file.seek(start)
        return b""


def last_position(path: Path) -> Position:
    """Where the history in ``path`` ends, from its last lines; the whole file is never read."""
    position = Position()
    for raw in _lines_backwards(path):
        place = _decode_place(raw)
        if not position.count:
            position = Position(place.index + 1, place.at_us, 1)
        elif place.at_us == position.at_us:
            position = Position(position.count, position.at_us, position.repeats + 1)
        else:
            break
    return position


def _lines_backwards(path: Path) -> Iterator[bytes]:
    """The complete lines of a file without its header, last line first."""
    with path.open("rb") as file:
        start = file.seek(0, os.SEEK_END)
        tail = b""
        while start:
            size = min(BLOCK_BYTES, start)
            start -= size
            file.seek(start)
            first, *lines = (file.read(size) + tail).split(b"\n")
            tail = first
            yield from (raw for raw in reversed(lines) if raw)
