"""Validates a ShiViz log by ShiViz's own rules (FIELD 4.2), from the text alone."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import NamedTuple


class LogEvent(NamedTuple):
    event: str
    host: str
    clock: dict[str, int]


class LogError(ValueError):
    """The log breaks a rule."""


def parsed(text: str) -> list[LogEvent]:
    """The events as ShiViz finds them: line 1 is the regular expression, line 2 the delimiter, the rest is matched."""
    expression, delimiter, log = text.split("\n", 2)
    if delimiter:
        raise LogError("the delimiter is not blank")
    pattern = re.compile(re.sub(r"\(\?<(\w+)>", r"(?P<\1>", expression))
    found = []
    end = 0
    for match in pattern.finditer(log):
        if log[end : match.start()].strip("\n"):
            raise LogError(f"nothing matches {log[end : match.start()]!r}")
        end = match.end()
        clock = json.loads(match["clock"])
        found.append(LogEvent(match["event"].strip("\n"), match["host"], clock))
    if log[end:].strip("\n"):
        raise LogError(f"nothing matches {log[end:]!r}")
    if 2 * len(found) != log.count("\n"):
        raise LogError(f"{log.count(chr(10))} lines are not {len(found)} events")
    return found


def validate(text: str) -> list[LogEvent]:
    """The events, if all rules hold; raises ``LogError``."""
    events = parsed(text)
    by_host: dict[str, list[LogEvent]] = {}
    for event in events:
        own = by_host.setdefault(event.host, [])
        own.append(event)
        if not event.host or re.search(r"\s", event.host):
            raise LogError(f"{event.host!r} is no name of a host")
        if event.clock.get(event.host) != len(own):
            raise LogError(f"event {len(own)} of {event.host} has {event.clock.get(event.host)} as its own entry")
        if not all(type(value) is int and value > 0 for value in event.clock.values()):
            raise LogError(f"{event.clock} has an entry that is no count")
    for event in events:
        _check_knowledge(event, by_host)
    for host, own in by_host.items():
        for before, after in pairwise(own):
            if any(after.clock.get(other, 0) < known for other, known in before.clock.items()):
                raise LogError(f"a clock of {host} fell: {before.clock}, {after.clock}")
    return events


def _check_knowledge(event: LogEvent, by_host: dict[str, list[LogEvent]]) -> None:
    for host, value in event.clock.items():
        if host not in by_host:
            raise LogError(f"{host} is unknown")
        if value > len(by_host[host]):
            raise LogError(f"{host} never came to {value}")
        behind = by_host[host][value - 1].clock  # the event that is known of: all that it knew is known
        if any(event.clock.get(other, 0) < known for other, known in behind.items()):
            raise LogError(f"{event.clock} is not transitive: {host} knew {behind}")
