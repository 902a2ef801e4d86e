"""Reads pieces of a history file by place, without reading what comes before them; also while the file grows.

Rules
1. Lines are in the order of ``index`` and of ``at_us``, so a place is found by bisection over bytes.
2. A cursor is ``<index>.<byte>``: where the next piece begins. One that does not point at the line of that index is
   refused: it comes from another file, or from nobody.
3. A last line without its newline is still being written, and left for later.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

import msgspec

from consistency_viz.live.trace.columns import Columns
from workers.model.history import parse
from workers.model.observation import Observation

EVENTS_MAX: Final = 10_000
"""Observations in one piece."""

BYTES_MAX: Final = 8 * 1024 * 1024
"""Of the file that are read for one piece."""

LINE_BYTES_MAX: Final = 1024 * 1024
_CURSOR: Final = re.compile(r"(\d{1,15})\.(\d{1,15})")


class BadCursorError(ValueError):
    """A cursor that does not belong to this history."""


class _Place(msgspec.Struct):
    """The part of a line that says where in the history it is."""

    index: int
    at_us: int


_decode_place = msgspec.json.Decoder(_Place).decode


class Pieces:
    """One history, opened for as long as a request lasts. A context manager. Raises ``FileNotFoundError``."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("rb")
        self._begin = len(self._file.readline(LINE_BYTES_MAX))
        """The header's length: where observations begin."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def piece(self, cursor: str, from_us: int, to_us: int | None) -> dict[str, Any]:
        """The piece at ``cursor``, or from the first observation at ``from_us`` on; ``next`` is the cursor after it.

        ``more`` says whether something that is already written comes after it, up to ``to_us`` (inclusive). Times are
        the recorder's, in microseconds. Raises ``BadCursorError``.
        """
        start = self._at_cursor(cursor) if cursor else self._bisect(lambda place: place.at_us >= from_us)
        self._file.seek(start)
        columns, offset, more = None, start, False
        index = int(cursor.partition(".")[0]) if cursor else None
        while raw := self._line():
            observation = parse(raw)
            full = columns is not None and (columns.count >= EVENTS_MAX or offset - start > BYTES_MAX)
            late = to_us is not None and observation.at_us > to_us
            if full or late:
                more = not late
                break
            if columns is None:
                columns = Columns(observation.index)
            columns.add(observation)
            offset += len(raw)
            index = observation.index + 1
        columns = columns or Columns(index or 0)
        return {**columns.document(), "next": f"{index or 0}.{offset}", "more": more}

    def observation(self, index: int) -> Observation | None:
        """Observation ``index``, or ``None`` if the history does not (yet) go as far."""
        self._file.seek(self._bisect(lambda place: place.index >= index))
        raw = self._line()
        found = parse(raw) if raw else None
        return found if found is not None and found.index == index else None

    def count(self) -> int:
        """How many observations the file holds by now, from its last whole line."""
        size = self._file.seek(0, os.SEEK_END)
        for tail in (64 * 1024, 2 * LINE_BYTES_MAX):
            self._file.seek(max(self._begin, size - tail))
            lines = self._file.read(tail).split(b"\n")[:-1]
            if lines and (len(lines) > 1 or size - tail <= self._begin):
                return _decode_place(lines[-1]).index + 1
        return 0

    def _at_cursor(self, cursor: str) -> int:
        found = _CURSOR.fullmatch(cursor)
        if found is None:
            raise BadCursorError(f"{cursor[:40]!r} is no cursor: use `next` of the piece before")
        index, offset = int(found[1]), int(found[2])
        if offset == 0 and index == 0:
            return self._begin
        size = self._file.seek(0, os.SEEK_END)
        if self._begin <= offset <= size:
            self._file.seek(offset - 1)
            if self._file.read(1) == b"\n":
                raw = self._line()
                if not raw or _index_of(raw) == index:
                    return offset
        raise BadCursorError(f"{cursor[:40]!r} does not belong to this history: begin without a cursor")

    def _bisect(self, is_reached: Callable[[_Place], bool]) -> int:
        """The byte at which the first line begins whose place is reached; the end of the file if none is."""
        low, high = self._begin, self._file.seek(0, os.SEEK_END)
        while low < high:
            middle = (low + high) // 2
            start = self._line_start(middle)
            self._file.seek(start)
            raw = self._line()
            if not raw or start >= high or is_reached(_decode_place(raw)):
                high = middle
            else:
                low = start + len(raw)
        return self._line_start(low)

    def _line_start(self, offset: int) -> int:
        """Where the first line begins that begins at ``offset`` or after it."""
        if offset <= self._begin:
            return self._begin
        self._file.seek(offset - 1)
        self._file.readline()
        return self._file.tell()

    def _line(self) -> bytes:
        raw = self._file.readline()
        return raw if raw.endswith(b"\n") else b""


def _index_of(raw: bytes) -> int:
    try:
        return _decode_place(raw).index
    except msgspec.DecodeError:
        return -1
