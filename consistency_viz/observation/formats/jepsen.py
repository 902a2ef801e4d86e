"""Reads a Jepsen history, EDN or JSON, as observations (docs/history-format.md, "Jepsen").

Rules
1. An event is one observation with the event's position as its index, so witnesses point into the file. The completions
   of the nemesis are none: a fault is noted where it was invoked.
2. A process is one session and has one open operation. After ``info`` its number is never used again.
3. Times are cut to microseconds; without ``:time`` an event's position stands for it.
4. All events are in memory: what values mean shows only in the whole (``jepsen_keys``).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast

import msgspec

from consistency_viz.observation.formats.jepsen_events import EXTRA, NEMESIS, Event, Events
from consistency_viz.observation.formats.jepsen_faults import Faults
from consistency_viz.observation.formats.jepsen_keys import (
    ONE_KEY,
    UNKEYED,
    AddKinds,
    check_known,
    is_keyed,
    key_text,
)
from consistency_viz.observation.limited_file import DEFAULT_LIMITS, LimitedFile, Limits
from consistency_viz.observation.paired_operations import MICRO_OPERATIONS, asked
from workers.model.history import Header
from workers.model.observation import Applied, Body, Completed, Invoked, Observation, Outcome

DRIVER: Final = "jepsen"
EVENTS_MAX: Final = 2_000_000
"""Events in one history, whatever the limits allow: all of them are in memory, 0.6 KB each."""

CLIENT: Final = "client"
AMOUNTS: Final = ("increment", "decrement", "buy")


class Extra(msgspec.Struct, forbid_unknown_fields=True):
    """What our own export adds to an event (``jepsen_writer``)."""

    op: str = ""
    session: str = ""
    target: str = ""
    intended_us: int = -1
    members: dict[str, list[str] | str | int] = {}
    initial: dict[str, Any] = {}
    """What keys held before their first write."""


class Step(msgspec.Struct, gc=False):
    """One event of a client with what it means. ``begun`` is the invocation, of itself too."""

    event: Event
    begun: Event
    key: str
    value: Any
    extra: Extra


class JepsenReader:
    """One history, read at once; then iterate over the observations. Raises ``HistoryError``.

    ``keyed``: whether values are ``[key value]``; ``None``: find out. ``header``, ``observations`` (how many events)
    and ``last_us`` are as of ``HistoryReader``.
    """

    def __init__(self, source: str | Path, limits: Limits = DEFAULT_LIMITS, *, keyed: bool | None = None) -> None:
        opened = LimitedFile(source, limits._replace(lines_max=min(limits.lines_max, EVENTS_MAX)))
        try:
            self.file = opened.file
            self._events = Events(opened)
            self._history = list(self._events)
        finally:
            opened.close()
        clients = [event for event in self._history if event.process != NEMESIS]
        for event in clients:
            check_known(self._events, event)
        self.keyed = is_keyed(self._events, clients, keyed=keyed)
        self._adds = AddKinds(self._events)
        self._steps = list(self._paired(clients))
        self.header = Header(Path(self.file).name, "", 0, DRIVER, [])
        self.observations = len(self._history)
        self.last_us = _at_us(self._history[-1]) if self._history else 0

    @property
    def notes(self) -> list[str]:
        """How it was understood, where the file does not say so."""
        found = ["every value was taken for [key value]; --not-keyed says otherwise"] if self.keyed else []
        if self._history and self._history[0].time_ns < 0:
            found.append("the events have no time: their order counts, and durations mean nothing")
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Nothing is open."""

    def __iter__(self) -> Iterator[Observation]:
        for step in self._steps:
            for key, value in step.extra.initial.items():
                yield Observation(-1, 0, CLIENT, Applied(key, value, f"{key}@initial"))
        steps = iter(self._steps)
        faults = Faults()
        for event in self._history:
            if event.process != NEMESIS:
                yield Observation(event.position, _at_us(event), CLIENT, self._body(next(steps)))
            for fault in faults.of(event) if event.process == NEMESIS else ():
                yield Observation(event.position, _at_us(event), "", fault)

    def _paired(self, clients: list[Event]) -> Iterator[Step]:
        """Each event with its invocation, checked."""
        refuse = self._events.refuse
        open_: dict[int, Step] = {}
        retired: dict[int, int] = {}
        for event in clients:
            process = event.process
            begun = open_.get(process)
            if process in retired:
                problem = f"process {process} was used again after its :info on line {retired[process]}"
                remedy = "what ended :info may still be under way: a new operation needs a new process number"
                refuse(event.line, problem, remedy, "process", process)
            if event.type == "invoke":
                if begun is not None:
                    problem = f"process {process} has an operation open since line {begun.event.line}"
                    remedy = "a process does one after the other: complete that one, or give this one another process"
                    refuse(event.line, problem, remedy, "process", process)
                open_[process] = step = self._step(event, event)
            else:
                if begun is None:
                    problem = f"process {process} completes an operation that it did not invoke"
                    refuse(event.line, problem, "are events missing before it?", "process", process)
                step = self._completed(event, begun)
                del open_[process]
                if event.type == "info":
                    retired[process] = event.line
            yield step

    def _completed(self, event: Event, begun: Step) -> Step:
        if event.f != begun.event.f:
            problem = (
                f"{event.f} completes {begun.event.f}, which process {event.process} invoked on line {begun.event.line}"
            )
            self._events.refuse(event.line, problem, "a completion has the :f of its invocation", "f", event.f)
        if event.type != "ok" or event.f not in ("read", "txn"):
            return Step(event, begun.event, begun.key, None, self._extra(event))
        step = self._step(event, begun.event)
        if step.key != begun.key:
            problem = f"key {step.key} where line {begun.event.line} invoked it of key {begun.key}"
            self._events.refuse(event.line, problem, "a completion has the key of its invocation", "value", event.value)
        if event.f == "read":
            self._adds.read(event, step.key, step.value)
        elif asked(step.value) != asked(begun.value):
            problem = f"other micro-operations than line {begun.event.line} invoked"
            self._events.refuse(event.line, problem, "only what was read may differ", "value", event.value)
        return step

    def _step(self, event: Event, begun: Event) -> Step:
        key, value = ("", event.value) if event.f in UNKEYED else (ONE_KEY, event.value)
        if self.keyed and event.f not in UNKEYED:
            if not (isinstance(value, list) and len(value) == 2):
                problem = f"{value!r} is no [key value], as the others are"
                self._events.refuse(event.line, problem, "say --not-keyed if the values have no keys", "value", value)
            key, value = key_text(value[0]), value[1]
        if event.type == "invoke":
            value = self._argument(event, key, value)
        elif event.f == "txn":
            value = self._micro_operations(event, value)
        return Step(event, begun, key, value, self._extra(event))

    def _argument(self, event: Event, key: str, value: Any) -> Any:
        if event.f == "cas" and not (isinstance(value, list) and len(value) == 2):
            self._events.refuse(event.line, f"{value!r} is no [old new]", "give both values", "value", event.value)
        elif event.f in AMOUNTS:
            if value is None:
                return 1
            if type(value) is not int:
                self._events.refuse(event.line, f"{value!r} is no amount", "an integer", "value", event.value)
        elif event.f == "add":
            self._adds.added(key)
        elif event.f == "txn":
            return self._micro_operations(event, value)
        elif event.f == "read":
            return None
        return value

    def _micro_operations(self, event: Event, value: Any) -> list[Any]:
        if not isinstance(value, list):
            remedy = "a transaction is a list of [:r key value], [:w key value] and [:append key value]"
            self._events.refuse(event.line, f"{value!r} is no transaction", remedy, "value", value)
        found = []
        for micro in value:
            name = str(micro[0]).removeprefix(":") if isinstance(micro, list) and len(micro) == 3 else ""
            if name not in MICRO_OPERATIONS:
                remedy = "known are [:r key value], [:w key value] and [:append key value]"
                self._events.refuse(event.line, f"{micro!r} is no micro-operation", remedy, "value", value)
            found.append([name, key_text(micro[1]), micro[2]])
        return found

    def _extra(self, event: Event) -> Extra:
        if event.extra is None:
            return _NO_EXTRA
        try:
            return msgspec.convert(event.extra, Extra)
        except msgspec.ValidationError as error:
            self._events.refuse(
                event.line, str(error), "export the run again, or take the field out", EXTRA, event.extra
            )

    def _body(self, step: Step) -> Body:
        event, begun, extra = step.event, step.begun, step.extra
        op = extra.op or f"p{event.process}/{begun.f}.{begun.number}"
        session = extra.session or f"p{event.process}"
        f, value = event.f, step.value
        if f == "add" and self._adds.is_counter(step.key):
            f, value = self._amount(event, step)
        if extra.members or isinstance(value, dict):
            value = {"value": value, **extra.members}
        if event.type == "invoke":
            at_us = _at_us(event)
            intended_us = at_us if extra.intended_us < 0 else extra.intended_us
            return Invoked(op, session, f, step.key, value, intended_us, extra.target)
        return Completed(op, session, f, step.key, cast(Outcome, event.type), value, event.error)

    def _amount(self, event: Event, step: Step) -> tuple[str, Any]:
        """An ``add`` that turned out to be of a counter."""
        amount = step.value if event.type == "invoke" else step.begun.value
        if event.type == "invoke" and type(amount) is not int:
            problem = f"{amount!r} is no amount, and reads of this key return integers"
            self._events.refuse(event.line, problem, "a counter is added integers", "value", event.value)
        argument = amount[1] if self.keyed and event.type != "invoke" else amount
        f = "decrement" if type(argument) is int and argument < 0 else "increment"
        return f, abs(argument) if event.type == "invoke" else None


_NO_EXTRA: Final = Extra()


def _at_us(event: Event) -> int:
    """Its time in microseconds; its position where it has none."""
    return event.position if event.time_ns < 0 else event.time_ns // 1000
