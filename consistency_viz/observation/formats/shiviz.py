"""Writes a run as a ShiViz log (bestchai.bitbucket.io/shiviz): what each node did, with vector clocks.

Rules (FIELD 4.2)
1. Line 1 is the regular expression, line 2 the delimiter of executions (none), then two lines an event: what happened,
   and ``host {"host":1,...}``.
2. An event adds 1 to the clock of its own host, which begins at 1. Delivering a message joins in the clock that its
   sending had; nothing else joins clocks. So clocks are transitive, and name only hosts that have events.
3. A host's name has no white space. What a history says cannot break out of its line.

Left out: messages that were lost, which no node met, and faults that are of the network rather than of a node.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from workers.model.history import Header
from workers.model.observation import (
    Applied,
    Changed,
    Completed,
    Delivered,
    Dropped,
    Effected,
    Faulted,
    Invoked,
    Observation,
    Sent,
)

REGEX: Final = r"(?<event>.*)\n(?<host>\S*) (?<clock>{.*})"
EVENTS_MAX: Final = 1_000_000
"""Events in one log; ShiViz itself draws some thousands."""

TEXT_LENGTH_MAX: Final = 300


class TooManyEventsError(ValueError):
    """More events than a log may have."""


class ShivizWriter:
    """Makes lines out of one history. ``left_out`` counts, by kind, the observations that have no place."""

    def __init__(self, header: Header) -> None:
        self.left_out: Counter[str] = Counter()
        self._started_us = header.started_us
        self._names: list[str] = []
        self._host: dict[str, int] = {}
        self._clocks: list[list[int]] = []
        self._sent: dict[str, tuple[int, ...]] = {}
        self._events = 0

    def lines(self, observations: Iterable[Observation]) -> Iterator[bytes]:
        """The whole log, line by line, each with its newline. Raises ``TooManyEventsError``."""
        yield REGEX.encode() + b"\n"
        yield b"\n"
        for observation in observations:
            body = observation.body
            if isinstance(body, Dropped) or (isinstance(body, Faulted) and not observation.node):
                self.left_out[str(body.__struct_config__.tag)] += 1
                continue
            self._events += 1
            if self._events > EVENTS_MAX:
                raise TooManyEventsError(f"more than {EVENTS_MAX:,} events")
            host = self._tick(observation)
            at_ms = (observation.at_us - self._started_us) / 1000
            yield f"{_one_line(_told(body))} at {at_ms:,.3f} ms\n".encode()
            yield f"{self._names[host]} ".encode() + msgspec.json.encode(self._clock(host)) + b"\n"

    def _tick(self, observation: Observation) -> int:
        """The event's host, with its clock moved on."""
        body = observation.body
        host = self._host_of(observation.node)
        clock = self._clocks[host]
        if isinstance(body, Delivered):
            sent = self._sent.get(body.message, ())
            clock += [0] * (len(sent) - len(clock))
            for other, count in enumerate(sent):
                clock[other] = max(clock[other], count)
        clock += [0] * (host + 1 - len(clock))
        clock[host] += 1
        if isinstance(body, Sent):
            self._sent[body.message] = tuple(clock)
        return host

    def _host_of(self, node: str) -> int:
        known = self._host.get(node)
        if known is None:
            known = self._host[node] = len(self._names)
            name = "".join(c if c.isprintable() and not c.isspace() else "_" for c in node) or "nobody"
            taken = set(self._names)
            self._names.append(
                name if name not in taken else next(n for i in range(2, 10**9) if (n := f"{name}~{i}") not in taken)
            )
            self._clocks.append([])
        return known

    def _clock(self, host: int) -> dict[str, int]:
        return {self._names[other]: count for other, count in enumerate(self._clocks[host]) if count}


def _told(body: Any) -> str:
    """What happened. The second word is ours: ShiViz must not take it for a clock, which begins with a brace."""
    match body:
        case Sent():
            return f"sent message {body.type} about {body.key} on {body.topic} [{body.message}]"
        case Delivered():
            again = f", copy {body.copy}" if body.copy else ""
            return f"processed message {body.type} about {body.key} from {body.source} [{body.message}{again}]"
        case Applied():
            return f"applied update {body.update} to {body.key}: {_value(body.value)}"
        case Invoked():
            return f"session began: {body.session} {body.f} of {body.key} {_value(body.value)} [{body.op}]"
        case Completed():
            how = f"{body.outcome}, {body.error}" if body.error else body.outcome
            return f"session ended: {body.session} {body.f} of {body.key}: {how} {_value(body.value)} [{body.op}]"
        case Effected():
            return f"caused effect {body.effect} about {body.key}: {_value(body.detail)}"
        case Changed():
            why = f", {body.reason}" if body.reason else ""
            return f"instance is {body.state}: {body.instance}, epoch {body.epoch}{why}"
        case Faulted():
            return f"fault has {body.state}: {body.fault}, {body.what}"
    return str(body.__struct_config__.tag)


def _value(value: Any) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()


def _one_line(text: str) -> str:
    """Without what ends a line or drives a terminal, and not too long."""
    plain = "".join(c if c.isprintable() else "\ufffd" for c in text)
    return plain if len(plain) <= TEXT_LENGTH_MAX else plain[: TEXT_LENGTH_MAX - 1] + "\u2026"
