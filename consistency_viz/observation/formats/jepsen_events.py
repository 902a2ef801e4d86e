"""The events of a Jepsen history, one by one: what each says, checked by itself (github.com/jepsen-io/jepsen).

An event has ``:type`` (``invoke``, ``ok``, ``fail``, ``info``), ``:f``, ``:value``, ``:process`` (a number, or
``:nemesis``), and may have ``:time`` in nanoseconds, ``:index`` and ``:error``. Whatever else it has is left alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, Final, NoReturn

import msgspec

from consistency_viz.observation.formats.edn import EdnError, EdnSet, Keyword, plain, read_all
from consistency_viz.observation.formats.forms import Form, Forms
from consistency_viz.observation.limited_file import HistoryError, LimitedFile

TYPES: Final = ("invoke", "ok", "fail", "info")
NEMESIS: Final = -1
"""The process of faults."""

EXTRA: Final = "consistency-viz"
"""The field in which our own export keeps what Jepsen has no field for."""

_NEMESIS_NAMES: Final = (":nemesis", "nemesis")
_WHERE: Final = "see docs/history-format.md, Jepsen"


class Event(msgspec.Struct, gc=False):
    """One event. ``position`` counts from 0; ``time_ns`` and ``index`` are -1 where the history does not say them."""

    line: int
    position: int
    type: str
    f: str
    value: Any
    process: int
    time_ns: int
    index: int
    error: str
    extra: dict[str, Any] | None

    @property
    def number(self) -> int:
        """What the history itself calls it."""
        return self.position if self.index < 0 else self.index


class Events:
    """Reads them; ``file`` is the file's name for people."""

    def __init__(self, source: LimitedFile) -> None:
        self._source = source
        self.file = source.file
        self._forms = Forms(source)
        self._timed: bool | None = None
        self._last_ns = 0
        self._last_index = -1
        self._count = 0

    def __iter__(self) -> Iterator[Event]:
        for form in self._forms:
            for fields in self._values(form):
                try:
                    yield self._event(form.line, fields)
                except RecursionError:
                    self.refuse(form.line, "nested too deeply")

    def refuse(self, line: int, problem: str, remedy: str = _WHERE, field: str = "", value: Any = None) -> NoReturn:
        """Raise the ``HistoryError``; ``field`` without its colon."""
        raise HistoryError(self.file, line, problem, remedy, field, value)

    def _values(self, form: Form) -> list[Any]:
        try:
            text = form.raw.decode()
        except UnicodeDecodeError as error:
            self.refuse(form.line, f"not UTF-8: {error.reason} at byte {error.start}", "save the file as UTF-8")
        try:
            if self._forms.notation == "EDN":
                return read_all(text)
            return [self._json(form.line, text.lstrip(" \t\r\n,"))]
        except EdnError as error:
            line = form.line + text.count("\n", 0, error.offset)
            self.refuse(line, f"not EDN: {error.problem}", "every event is one map")
        except RecursionError:
            self.refuse(form.line, "nested too deeply")
        except msgspec.DecodeError as error:
            self.refuse(form.line, f"not JSON: {error}", "every event is one JSON object")

    def _json(self, line: int, text: str) -> Any:
        fields = msgspec.json.decode(text)
        more = isinstance(fields, dict) and text.count(":") != len(fields)
        if more and (twice := _member_twice(text)) is not None:
            remedy = "give each member once: which one is meant cannot be told"
            self.refuse(line, f"the member {_short(twice)} is there twice", remedy)
        return fields

    def _event(self, line: int, fields: Any) -> Event:
        if self._count >= self._source.limits.lines_max:
            problem = f"more than {self._source.limits.lines_max:,} events"
            self.refuse(line, problem, "cut the history, or raise the limit of lines")
        if not isinstance(fields, dict):
            self.refuse(line, f"{_short(fields)} is no event", "every event is one map with :type, :f and :process")
        if "history" in fields and "scenario" in fields:
            self.refuse(line, "this is a native history, not a Jepsen one", "read it with --format native")
        type_ = self._name(line, fields, "type")
        if type_ not in TYPES:
            self.refuse(line, f"{type_!r} is no type of event", f"use one of {', '.join(TYPES)}", "type", type_)
        process = self._process(line, fields)
        event = Event(
            line=line,
            position=self._count,
            type=type_,
            f=self._name(line, fields, "f") if process != NEMESIS or "f" in fields else "",
            value=self._value(line, fields.get("value")),
            process=process,
            time_ns=self._time(line, fields),
            index=self._index(line, fields),
            error=_text(fields.get("error")),
            extra=extra if isinstance(extra := plain(fields.get(EXTRA)), dict) else None,
        )
        self._count += 1
        return event

    def _name(self, line: int, fields: dict[str, Any], field: str) -> str:
        if field not in fields:
            self.refuse(line, "the field is missing", "every event has :type, :f and :process", field)
        value = fields[field]
        if isinstance(value, Keyword):
            return value.name
        if not isinstance(value, str):
            self.refuse(line, f"{_short(value)} is no name", f"give a keyword, as in :{field} :read", field, value)
        return value.removeprefix(":")

    def _process(self, line: int, fields: dict[str, Any]) -> int:
        if "process" not in fields:
            self.refuse(line, "the field is missing", "every event has :type, :f and :process", "process")
        value = fields["process"]
        if isinstance(value, str) and str(value) in _NEMESIS_NAMES:
            return NEMESIS
        if type(value) is not int or value < 0:
            remedy = "a process is a number from 0, or :nemesis"
            self.refuse(line, f"{_short(value)} is no process", remedy, "process", value)
        return value

    def _time(self, line: int, fields: dict[str, Any]) -> int:
        value = fields.get("time")
        timed = value is not None
        if self._timed is not None and self._timed != timed:
            problem = "some events have a time and some have none"
            self.refuse(line, problem, "give every event its :time, or none: then their order counts", "time", value)
        self._timed = timed
        if value is None:
            return -1
        if type(value) is not int or value < 0:
            self.refuse(line, f"{_short(value)} is no time", "a time is nanoseconds from 0, an integer", "time", value)
        if value < self._last_ns:
            problem = f"{value} is before {self._last_ns}, where the history was: time never goes backwards"
            remedy = "sort the events by :time if it is of one clock, else take the :time out: then their order counts"
            self.refuse(line, problem, remedy, "time", value)
        self._last_ns = value
        return value

    def _index(self, line: int, fields: dict[str, Any]) -> int:
        value = fields.get("index")
        if value is None:
            return -1
        if type(value) is not int or value < 0:
            self.refuse(line, f"{_short(value)} is no index", "an index is an integer from 0", "index", value)
        if value <= self._last_index:
            problem = f"{value} follows {self._last_index}: an index rises from event to event"
            self.refuse(line, problem, "put the events in the order of their :index", "index", value)
        self._last_index = value
        return value

    def _value(self, line: int, value: Any) -> Any:
        """In plain JSON: a set is a list from here on."""
        value = plain(value)
        if not _is_finite(value):
            problem = "a number that is not finite"
            self.refuse(line, problem, "values are whole numbers, texts, lists and maps", "value", value)
        return value


def _is_finite(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    return all(map(_is_finite, value)) if isinstance(value, list) else True


def _text(value: Any) -> str:
    """An error as text, whatever it was."""
    if value is None:
        return ""
    value = plain(value)
    return value if isinstance(value, str) else _short(value, 500)


def _short(value: Any, length: int = 60) -> str:
    text = repr(list(value) if isinstance(value, EdnSet) else value)
    return text if len(text) <= length else text[: length - 1] + "\u2026"


def _member_twice(text: str) -> str | None:
    """The name of a member that some JSON object of a text has twice. Costly: ask only where there are more colons."""
    twice: list[str] = []

    def looked_at(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice.extend(name for name in found if sum(name == other for other, _ in pairs) > 1)
        return found

    json.loads(text, object_pairs_hook=looked_at)
    return twice[0] if twice else None
