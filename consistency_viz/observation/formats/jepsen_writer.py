"""Writes the operations and faults of a run as a Jepsen history, EDN or JSON; ``jepsen`` reads it back.

Rules
1. Sessions become processes, numbered from 0. A session whose operation ended ``info``, or is still open when its next
   one begins, goes on under a new number.
2. Values are ``[key value]``, as ``jepsen.independent`` has them; transactions name their keys themselves.
3. Times are nanoseconds since the run began.
4. What Jepsen has no field for is in ``consistency-viz``: ids and sessions, targets, sets of updates, and what keys
   held at first. Messages, applies, effects and instances are left out.
5. A fault that begins or ends is a nemesis operation, invocation and completion at one time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from consistency_viz.checkers.operations import parts
from consistency_viz.observation.formats.edn import Keyword
from consistency_viz.observation.formats.edn_writer import edn, named
from consistency_viz.observation.formats.forms import Notation
from consistency_viz.observation.formats.jepsen_events import EXTRA
from consistency_viz.observation.formats.jepsen_keys import UNKEYED
from workers.model.history import Header
from workers.model.observation import Applied, Completed, Faulted, Invoked, Observation

_INITIAL = "@initial"


class _Open(NamedTuple):
    process: int
    session: str
    value: Any


class JepsenWriter:
    """Makes lines out of one history. ``left_out`` counts, by kind, the observations that have no place."""

    def __init__(self, header: Header, notation: Notation) -> None:
        self.left_out: Counter[str] = Counter()
        self._notation = notation
        self._started_us = header.started_us
        self._count = 0
        self._processes = 0
        self._free: dict[str, list[int]] = {}
        self._open: dict[str, _Open] = {}
        self._initial: dict[str, Any] = {}
        self._initial_told: set[str] = set()

    def lines(self, observations: Iterable[Observation]) -> Iterator[bytes]:
        """Every event as one line, with its newline."""
        for observation in observations:
            if not self._count:
                self._started_us = min(self._started_us, observation.at_us)
            body = observation.body
            if isinstance(body, Invoked):
                yield self._line(observation, self._invoked(body, observation.at_us))
            elif isinstance(body, Completed) and body.op in self._open:
                yield self._line(observation, self._completed(body))
            elif isinstance(body, Faulted):
                for _ in range(2):
                    yield self._line(observation, _fault(body))
            else:
                self._leave_out(observation)

    def _leave_out(self, observation: Observation) -> None:
        body = observation.body
        if isinstance(body, Applied) and body.update == body.key + _INITIAL:
            self._initial.setdefault(body.key, body.value)
        else:
            self.left_out[str(body.__struct_config__.tag)] += 1

    def _invoked(self, body: Invoked, at_us: int) -> dict[str, Any]:
        argument, members = parts(body.value)
        free = self._free.get(body.session)
        if free:
            process = free.pop()
        else:
            process, self._processes = self._processes, self._processes + 1
        self._open[body.op] = _Open(process, body.session, argument)
        extra: dict[str, Any] = {"op": body.op, "session": body.session, "target": body.target}
        if body.intended_us != at_us:
            extra["intended_us"] = max(0, body.intended_us - self._started_us)
        extra["initial"] = self._held_at_first(body, argument)
        value = self._value(body.f, body.key, None if body.f == "read" else argument)
        return _event("invoke", process, body.f, value) | _extra(extra, members)

    def _completed(self, body: Completed) -> dict[str, Any]:
        opened = self._open.pop(body.op)
        result, members = parts(body.value)
        if body.outcome != "info":
            self._free.setdefault(opened.session, []).append(opened.process)
        returns = body.f in ("read", "txn") and body.outcome == "ok"
        content = result if returns else None if body.f == "read" else opened.value
        event = _event(body.outcome, opened.process, body.f, self._value(body.f, body.key, content))
        if body.error:
            event["error"] = body.error
        return event | _extra({"op": body.op, "session": body.session}, members)

    def _value(self, f: str, key: str, content: Any) -> Any:
        if f == "txn" and isinstance(content, list):
            as_edn = self._notation == "EDN"
            return [[named(m[0]) if as_edn else m[0], *m[1:]] if isinstance(m, list) and m else m for m in content]
        return content if f in UNKEYED else [key, content]

    def _held_at_first(self, body: Invoked, argument: Any) -> dict[str, Any]:
        """What the operation's keys held before their first write, the first time that they are named."""
        keys = [body.key]
        if body.f == "txn" and isinstance(argument, list):
            keys += [m[1] for m in argument if isinstance(m, list) and len(m) == 3 and isinstance(m[1], str)]
        found = {key: self._initial[key] for key in keys if key in self._initial and key not in self._initial_told}
        self._initial_told.update(found)
        return found

    def _line(self, observation: Observation, event: dict[str, Any]) -> bytes:
        event["time"] = (observation.at_us - self._started_us) * 1000
        event["index"] = self._count
        self._count += 1
        if self._notation == "JSON":
            return msgspec.json.encode(event) + b"\n"
        in_edn = {Keyword(f":{name}"): value for name, value in event.items()}
        for name in (":type", ":f", ":process"):
            value = in_edn[Keyword(name)]
            in_edn[Keyword(name)] = named(value) if isinstance(value, str) else value
        return edn(in_edn).encode() + b"\n"


def _event(type_: str, process: int | str, f: str, value: Any) -> dict[str, Any]:
    return {"type": type_, "process": process, "f": f, "value": value}


def _extra(extra: dict[str, Any], members: dict[str, Any]) -> dict[str, Any]:
    others = {name: entry for name, entry in members.items() if name != "value" and _is_member(entry)}
    told = {name: entry for name, entry in {**extra, "members": others}.items() if entry not in ("", {})}
    return {EXTRA: told}


def _is_member(entry: Any) -> bool:
    """Whether it is what a member may be; what is not has never meant anything."""
    return type(entry) in (int, str) or (isinstance(entry, list) and all(isinstance(update, str) for update in entry))


def _fault(body: Faulted) -> dict[str, Any]:
    verb = "start" if body.state == "began" else "stop"
    value = {"fault": body.fault, "targets": body.targets, "detail": body.detail}
    return _event("info", "nemesis", f"{verb}-{body.what}", value)
