"""Reads native histories from files, and hands on their writer (``docs/history-format.md``).

What a line means is ``workers.model.history``'s; here is what makes a file trustworthy.

Rules
1. Limits come before parsing: of the file (uncompressed), of a line, of the number of lines.
2. The first line is a header of a known version. Then ``index`` counts up from 0 by 1 and ``at_us`` never falls.
3. What is wrong is a ``HistoryError`` that names the file, the line, the field, the value and the remedy.
4. A file that the writer made is never seen without its header; a line cut short at the end is an error, not an end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from consistency_viz.observation.foreign import alien, not_native
from consistency_viz.observation.history_writer import HistoryWriter
from consistency_viz.observation.limited_file import DEFAULT_LIMITS, HistoryError, LimitedFile, Limits
from workers.model.history import VERSIONS_READ, Header, parse, parse_header
from workers.model.observation import Observation

__all__ = ["DEFAULT_LIMITS", "HistoryError", "HistoryReader", "HistoryWriter", "Limits", "read_history"]

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_FIELD: Final = re.compile(r"`\$\.([A-Za-z_]\w*)|field `(\w+)`")


class HistoryReader:
    """One history, read once: ``header`` at once, then iterate over the observations as they are read.

    ``source`` is a path or "-" for standard input; gzip is recognised by its first bytes. Use it in a ``with``.
    ``observations`` and ``last_us`` say how far the reading has come.
    """

    def __init__(self, source: str | Path, limits: Limits = DEFAULT_LIMITS) -> None:
        self._bytes = LimitedFile(source, limits)
        self.file = self._bytes.file
        self.limits = limits
        self.observations = 0
        self.last_us = 0
        try:
            self.header = self._read_header()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._bytes.close()

    def __iter__(self) -> Iterator[Observation]:
        while raw := self._bytes.readline(self.observations + 2):
            number = self.observations + 2
            if self.observations >= self.limits.lines_max:
                problem = f"more than {self.limits.lines_max:,} lines"
                raise HistoryError(self.file, number, problem, "cut the history, or raise the limit of lines")
            try:
                observation = parse(raw)
            except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
                raise self._bad_line(number, raw, error) from None
            self._check_place(number, observation)
            self.observations += 1
            self.last_us = observation.at_us
            yield observation

    def _read_header(self) -> Header:
        raw = self._bytes.readline(1).removeprefix(_BYTE_ORDER_MARK)
        if not raw.strip():
            problem = "the file is empty" if not raw else "the first line is empty"
            raise HistoryError(self.file, 1, problem, "a native history begins with its header line")
        if other := alien(raw):
            raise HistoryError(self.file, 1, *other)
        try:
            fields = msgspec.json.decode(raw)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise HistoryError(self.file, 1, *not_native(raw)) from None
        if not isinstance(fields, dict) or "history" not in fields:
            problem = "there is no header: the first line does not say `history`"
            if isinstance(fields, dict) and "kind" in fields and "at_us" in fields:
                problem += ", it is an observation"
            raise HistoryError(self.file, 1, problem, "put the header line back, or export the run again", "history")
        version = fields["history"]
        if isinstance(version, bool) or version not in VERSIONS_READ:
            problem = f"version {version!r} is not known here"
            known = f"{VERSIONS_READ[0]} to {VERSIONS_READ[-1]}"
            remedy = f"this program reads versions {known}; use the program that wrote the file, or convert it"
            raise HistoryError(self.file, 1, problem, remedy, "history", version)
        try:
            header = parse_header(raw)
        except msgspec.DecodeError as error:
            raise self._bad_line(1, raw, error) from None
        for name, names in (("replicas", header.replicas), ("nodes", header.nodes)):
            twice = next((n for i, n in enumerate(names) if n in names[:i]), None)
            if twice is not None:
                raise HistoryError(self.file, 1, f"{twice!r} is named twice", "name each once", name, twice)
        return header

    def _bad_line(self, number: int, raw: bytes, error: Exception) -> HistoryError:
        if isinstance(error, RecursionError):
            return HistoryError(self.file, number, "nested too deeply", "see docs/history-format.md")
        text = str(error)
        if not isinstance(error, msgspec.ValidationError):
            if not raw.strip():
                return HistoryError(self.file, number, "an empty line", "remove it: every line is one observation")
            if not raw.endswith(b"\n"):
                problem = f"the last line is cut short after {len(raw):,} bytes"
                return HistoryError(self.file, number, problem, "remove it, or record or copy the file again")
            return HistoryError(self.file, number, f"not JSON: {text}", "every line is one JSON object")
        found = _FIELD.search(text)
        field = (found[1] or found[2]) if found else ""
        try:
            fields = msgspec.json.decode(raw, type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError):
            fields = {}
        value = fields.get(field)
        if field in fields:
            text += f", in {_short(value)}"
        return HistoryError(self.file, number, text, "see docs/history-format.md", field, value)

    def _check_place(self, number: int, observation: Observation) -> None:
        expected = self.observations
        if observation.index != expected:
            gap = "lines are missing before it" if observation.index > expected else "lines are repeated or reordered"
            problem = f"{observation.index} where {expected} was due: {gap}"
            remedy = "export the run again; a history is whole and in recorder order"
            raise HistoryError(self.file, number, problem, remedy, "index", observation.index)
        if observation.at_us < self.last_us:
            problem = f"{observation.at_us} is before {self.last_us}, where the recorder was: its time never falls"
            remedy = "export the run again, from one recorder clock"
            raise HistoryError(self.file, number, problem, remedy, "at_us", observation.at_us)


def read_history(source: str | Path, limits: Limits = DEFAULT_LIMITS) -> tuple[Header, list[Observation]]:
    """A whole history in memory, for tests and small files."""
    with HistoryReader(source, limits) as reader:
        return reader.header, list(reader)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "\u2026"
