"""The nemesis of a Jepsen history: which of its events begin and end faults.

A nemesis operation is two events, invocation and completion, usually both ``:info``; a fault is noted at the first.
``:start`` begins one and ``:stop`` ends it, as do ``:start-partition`` and ``:stop-partition``; ``:heal``,
``:recover``, ``:resume`` and ``:restart`` end all that are open. Any other operation is a fault of its own name, which
its completion ends.
"""

from __future__ import annotations

from typing import Any, Final

from consistency_viz.observation.formats.jepsen_events import Event
from workers.model.observation import Faulted

UNNAMED: Final = "nemesis"
"""The kind of a fault that is only started."""

_ENDING: Final = ("heal", "recover", "resume", "restart")


class Faults:
    """Ask it for every nemesis event, in order."""

    def __init__(self) -> None:
        self._invoked: str | None = None
        self._open: dict[str, list[str]] = {}
        self._free: Faulted | None = None
        self._count = 0

    def of(self, event: Event) -> list[Faulted]:
        """What the event says of faults."""
        value = event.value
        if event.f == self._invoked and event.type != "invoke":
            self._invoked = None
            free, self._free = self._free, None
            return [] if free is None else [Faulted(free.fault, free.what, "ended", free.targets, value)]
        self._invoked = event.f
        self._free = None
        verb, _, what = event.f.partition("-")
        if verb == "start":
            fault = self._named(value)
            self._open.setdefault(what or UNNAMED, []).append(fault)
            return [Faulted(fault, what or UNNAMED, "began", _targets(value), _detail(value))]
        if verb == "stop":
            return [self._ended(what or UNNAMED, value)]
        if event.f in _ENDING:
            return [self._ended(kind, value) for kind, faults in list(self._open.items()) for _ in list(faults)]
        self._free = Faulted(self._named(value), event.f or UNNAMED, "began", _targets(value), value)
        return [self._free]

    def _ended(self, what: str, value: Any) -> Faulted:
        """The fault of a kind that ``value`` names, or else the last that began."""
        open_ = self._open.get(what, [])
        told = _member(value, "fault")
        fault = told if told in open_ else open_[-1] if open_ else self._named(value)
        if fault in open_:
            open_.remove(fault)
        if not open_:
            self._open.pop(what, None)
        return Faulted(fault, what, "ended", _targets(value), _detail(value))

    def _named(self, value: Any) -> str:
        """The fault's name: its own where our export kept it."""
        told = _member(value, "fault")
        self._count += 1
        return told if isinstance(told, str) else f"nemesis.{self._count}"


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _targets(value: Any) -> list[str]:
    listed = _member(value, "targets") if isinstance(value, dict) else value
    return listed if isinstance(listed, list) and all(isinstance(entry, str) for entry in listed) else []


def _detail(value: Any) -> Any:
    return value.get("detail") if isinstance(value, dict) and "fault" in value else value
