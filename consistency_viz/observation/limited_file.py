"""Opens a history file within limits, plain or gzip, and says what is wrong with one: shared by all formats.

Limits come before parsing: of the file (uncompressed), of a line or one form, of the number of lines.
"""

from __future__ import annotations

import sys
import zlib
from gzip import BadGzipFile, GzipFile
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from consistency_viz.observation.no_text import LONGEST, no_text

STDIN: Final = "-"
_GZIP: Final = b"\x1f\x8b"
_CHUNK_BYTES: Final = 64 * 1024


class Limits(NamedTuple):
    """The most that is read: bytes of the file after decompression, bytes of one line, lines after the header."""

    file_bytes_max: int = 4 * 2**30
    line_bytes_max: int = 2**20
    lines_max: int = 50_000_000


DEFAULT_LIMITS: Final = Limits()


class HistoryError(ValueError):
    """A file that is no history, or is damaged. ``line`` counts from 1 (0: the whole file); ``field`` may be empty."""

    def __init__(self, file: str, line: int, problem: str, remedy: str, field: str = "", value: Any = None) -> None:
        self.file = file
        self.line = line
        self.problem = problem
        self.remedy = remedy
        self.field = field
        self.value = value
        where = file + (f", line {line}" if line else "") + (f", field {field}" if field else "")
        super().__init__(f"{where}: {problem}; {remedy}")


class LimitedFile:
    """The bytes of a history. ``source`` is a path or "-" for standard input; gzip is recognised by its first bytes.

    ``file`` is its name for people, ``bytes_read`` how much was read. Everything raises ``HistoryError``.
    """

    def __init__(self, source: str | Path, limits: Limits = DEFAULT_LIMITS) -> None:
        self.file = "standard input" if str(source) == STDIN else str(source)
        self.limits = limits
        self.bytes_read = 0
        self._raw = self._open(source)
        self._close_raw = str(source) != STDIN
        try:
            first = self._raw.peek(LONGEST)[:LONGEST]
        except OSError as error:
            self.close()
            raise HistoryError(self.file, 0, f"cannot be read: {error}", "check the disk") from None
        if wrong := no_text(first):
            self.close()
            raise HistoryError(self.file, 0, *wrong)
        packed = first[:2] == _GZIP
        self._stream: BufferedReader | GzipFile = GzipFile(fileobj=self._raw) if packed else self._raw

    def close(self) -> None:
        """Close it, unless it is standard input."""
        if self._close_raw:
            self._raw.close()

    def readline(self, number: int) -> bytes:
        """The next line, empty at the end; never more than the limit is held in memory. ``number`` is the line's."""
        line_bytes_max = self.limits.line_bytes_max
        raw = self._read(number, line_bytes_max + 1, by_line=True)
        if len(raw) > line_bytes_max:
            problem = f"a line longer than {line_bytes_max:,} bytes"
            raise HistoryError(self.file, number, problem, "a history has one observation a line")
        return raw

    def chunk(self, number: int) -> bytes:
        """Some more bytes, empty at the end; ``number`` is the line where the reading stands."""
        return self._read(number, _CHUNK_BYTES, by_line=False)

    def _read(self, number: int, size: int, *, by_line: bool) -> bytes:
        try:
            raw = self._stream.readline(size) if by_line else self._stream.read(size)
        except (EOFError, BadGzipFile, zlib.error) as error:
            problem = f"the compressed file is damaged or cut short ({error})"
            raise HistoryError(self.file, number, problem, "record or copy it again") from None
        except OSError as error:
            raise HistoryError(self.file, number, f"cannot be read: {error}", "check the disk") from None
        self.bytes_read += len(raw)
        if self.bytes_read > self.limits.file_bytes_max:
            raise self._too_large()
        return raw

    def _open(self, source: str | Path) -> BufferedReader:
        if str(source) == STDIN:
            stream = sys.stdin.buffer
            return stream if isinstance(stream, BufferedReader) else BufferedReader(cast(RawIOBase, stream))
        path = Path(source)
        try:
            if path.is_dir():
                raise HistoryError(self.file, 0, "this is a folder", "name the history file in it")
            size = path.stat().st_size
            if size > self.limits.file_bytes_max:
                raise self._too_large()
            return path.open("rb")
        except OSError as error:
            problem = f"cannot be opened: {error.strerror or error}"
            raise HistoryError(self.file, 0, problem, "check the path and that you may read it") from None

    def _too_large(self) -> HistoryError:
        problem = f"larger than {self.limits.file_bytes_max:,} bytes"
        return HistoryError(self.file, 0, problem, "cut the history, or raise the limit of bytes")
