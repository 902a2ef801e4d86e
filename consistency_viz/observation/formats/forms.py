"""Cuts a Jepsen history into its maps without reading them: one a line, or all of them in one vector.

Works on bytes, for EDN and JSON alike, and holds no more than one map and one piece of the file. What stands between
two maps (a tag, a comment, ``#_``) goes with the map after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from consistency_viz.observation.limited_file import HistoryError, LimitedFile

Notation = Literal["EDN", "JSON"]

_EDN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|;[^\n]*\n|\\.|[\[\](){}";\\]', re.DOTALL)
_JSON: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}"]', re.DOTALL)
_BLANK: Final = re.compile(rb"(?:[\s,]+|;[^\n]*\n?)*")
_OPENING: Final = frozenset((b"[", b"(", b"{"))
_CLOSING: Final = {b"]": b"[", b")": b"(", b"}": b"{"}
_UNFINISHED: Final = frozenset((b'"', b";", b"\\"))


class Form(NamedTuple):
    """The bytes of one map, and the line on which they begin."""

    line: int
    raw: bytes


class Forms:
    """The maps of a file, in order. ``notation`` is known once the first was given. Raises ``HistoryError``."""

    def __init__(self, source: LimitedFile) -> None:
        self.source = source
        self.notation: Notation = "EDN"
        self._rest = b""
        self._line = 1  # of the first byte of _rest
        self._in_vector = False
        self._ended = False

    def __iter__(self) -> Iterator[Form]:
        self._begin()
        while (form := self._next()) is not None:
            yield form

    def _more(self) -> bool:
        raw = self.source.chunk(self._line)
        self._rest += raw
        return bool(raw)

    def _pass(self, count: int) -> None:
        self._line += self._rest.count(b"\n", 0, count)
        self._rest = self._rest[count:]

    def _blank(self) -> None:
        """Pass over white space, commas and comments, reading on as needed; some of what follows is there after it."""
        while True:
            found = _BLANK.match(self._rest)
            end = found.end() if found is not None else 0
            if end < len(self._rest) or not self._more():
                self._pass(end)
                return

    def _begin(self) -> None:
        if self._more() and self._rest.startswith(b"\xef\xbb\xbf"):
            self._rest = self._rest[3:]
        self._blank()
        if not self._rest:
            problem = "the file is empty"
            raise HistoryError(self.source.file, 0, problem, "a Jepsen history has one map for each event")
        while len(self._rest) < 4096 and self._more():
            pass
        opened = re.match(rb"(?:#[\w./\-]+\s*)?([\[(])", self._rest)
        if opened is not None:
            self._in_vector = True
            self._pass(opened.end())
            self._blank()
        first = re.search(rb"\{[\s,]*(\S)", self._rest[:4096])
        self.notation = "JSON" if first is not None and first[1] == b'"' else "EDN"

    def _next(self) -> Form | None:
        """The next map, or ``None`` at the end."""
        self._blank()
        if self._ended or not self._rest:
            self._over()
            return None
        token, closed = _EDN if self.notation == "EDN" else _JSON, b""
        open_: list[bytes] = []
        place = 0
        while True:
            found = token.search(self._rest, place)
            if found is None or found[0] in _UNFINISHED:
                if self._grow():
                    place = place if found is None else found.start()
                    continue
                if open_ or found is not None:
                    raise self._cut_short()
                return self._leftover()
            place, char = found.end(), found[0]
            if char in _OPENING:
                open_.append(char)
            elif char in _CLOSING:
                if not open_:
                    return self._closed(found.start(), char)
                if open_.pop() != _CLOSING[char]:
                    closed = char
                if closed or (not open_ and char == b"}"):
                    return self._take(place)

    def _grow(self) -> bool:
        """More of the file, unless the map is too long already; false at the end of the file."""
        most = self.source.limits.line_bytes_max
        if len(self._rest) > most:
            problem = f"a map longer than {most:,} bytes"
            raise HistoryError(self.source.file, self._line, problem, "a Jepsen history has one event a map")
        return self._more()

    def _take(self, count: int) -> Form:
        if count > self.source.limits.line_bytes_max:
            problem = f"a map longer than {self.source.limits.line_bytes_max:,} bytes"
            raise HistoryError(self.source.file, self._line, problem, "a Jepsen history has one event a map")
        form = Form(self._line, self._rest[:count])
        self._pass(count)
        return form

    def _closed(self, count: int, char: bytes) -> Form | None:
        """A bracket that nothing in the text before it opened: the vector's end, or an error."""
        if not self._in_vector or char == b"}":
            self._pass(count)
            problem = f"{char.decode()} closes nothing"
            raise HistoryError(self.source.file, self._line, problem, "every event is one map")
        left = self._rest[:count].strip()
        self._ended = True
        if left:
            form = Form(self._line, self._rest[:count])
            self._pass(count + 1)
            return form
        self._pass(count + 1)
        self._over()
        return None

    def _leftover(self) -> Form:
        """What follows the last map and is none; the reader of values says what is wrong with it."""
        if self._in_vector:
            raise self._cut_short()
        self._ended = True
        return self._take(len(self._rest))

    def _over(self) -> None:
        self._blank()
        if self._in_vector and not self._ended:
            raise self._cut_short()
        if self._rest:
            problem = "something follows the end of the history"
            raise HistoryError(self.source.file, self._line, problem, "remove it, or give one map a line without [ ]")

    def _cut_short(self) -> HistoryError:
        what = "the vector of events is not closed" if self._in_vector else "the last event is cut short"
        return HistoryError(
            self.source.file, self._line, what, "record or copy the file again, or remove the last line"
        )
