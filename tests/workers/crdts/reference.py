"""What each type means, said of the explicit graph of events. Shares no code with the types; slow and plain on purpose.

An event is one update: where, what, and which events had been delivered at its replica when it was made.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple


class Event(NamedTuple):
    id: int
    replica: str
    name: str
    arguments: tuple[Any, ...]
    seen: frozenset[int]


Events = list[Event]


def distinct(values: list[Any]) -> list[Any]:
    by_text = {json.dumps(value, sort_keys=True, separators=(",", ":")): value for value in values}
    return [by_text[text] for text in sorted(by_text)]


def named(events: Events, *names: str) -> Events:
    return [event for event in events if event.name in names]


def unseen(events: Events, by: Events) -> Events:
    """The events that no event of ``by`` has seen."""
    return [event for event in events if not any(event.id in other.seen for other in by)]


def total(events: Events) -> int:
    signs = {"increment": 1, "decrement": -1, "transfer": 0}
    return sum(signs[event.name] * event.arguments[0] for event in events if signs[event.name])


def latest(events: Events) -> Any:
    """Arguments: content, time, operation."""
    if not events:
        return None
    return max(events, key=lambda e: (e.arguments[1], e.replica, e.arguments[2])).arguments[0]


def add_wins(events: Events) -> list[str]:
    """An addition is there until a removal has seen it, or until one of the same element has: that takes its place.

    In causal order the second changes nothing. Without it a removal may have seen the later addition alone.
    """
    present = set()
    for add in named(events, "add"):
        same = [event for event in events if event.name == "clear" or event.arguments == add.arguments]
        if unseen([add], same):
            present.add(add.arguments[0])
    return sorted(present)


def remove_wins(events: Events) -> list[str]:
    present = []
    for element in sorted({event.arguments[0] for event in events}):
        own = [event for event in events if event.arguments[0] == element]
        if all(event.name == "add" for event in unseen(own, own)):
            present.append(element)
    return present


def last_wins(events: Events) -> list[str]:
    """Arguments: element, time, operation. Of an addition and a removal at one time the addition wins."""
    present = []
    for element in sorted({event.arguments[0] for event in events}):
        own = [event for event in events if event.arguments[0] == element]
        last = max(own, key=lambda e: (e.arguments[1], e.name == "add", e.replica, e.arguments[2]))
        if last.name == "add":
            present.append(element)
    return present


def siblings(events: Events) -> list[Any]:
    """Arguments: context, content. A put without context has read nothing."""
    readers = [event for event in events if event.arguments[0]]
    return distinct([event.arguments[1] for event in unseen(events, readers)])


def reset_remove_map(events: Events) -> dict[str, Any]:
    shown = {}
    for name in {event.arguments[0] for event in events}:
        own = [event._replace(arguments=event.arguments[1:]) for event in events if event.arguments[0] == name]
        alive = unseen(own, named(own, "remove"))
        kinds: dict[str, Any] = {}
        if increments := named(alive, "increment"):
            kinds["counter"] = total(increments)
        writes = named(alive, "write")
        if writes:
            kinds["lww"] = latest(writes)
        if assigns := unseen(named(alive, "assign"), named(own, "assign")):
            kinds["mv"] = distinct([event.arguments[0] for event in assigns])
        adds = [
            a
            for a in named(alive, "add")
            if unseen([a], [d for d in named(own, "discard") if d.arguments == a.arguments])
        ]
        if adds:
            kinds["set"] = sorted({event.arguments[0] for event in adds})
        for kind, content in kinds.items():
            shown[name if len(kinds) == 1 else f"{name}#{kind}"] = content
    return shown


def reset_remove_map_with_beaten_writes(events: Events) -> dict[str, Any]:
    """The map after the writes that a later stamp has seen and beaten were taken away, as its rule 5 says."""

    def stamp(event: Event) -> tuple[int, str, str]:
        return (event.arguments[2], event.replica, event.arguments[3])

    def beaten(write: Event) -> bool:
        rivals = [e for e in named(events, "write") if e.arguments[0] == write.arguments[0]]
        return any(write.id in rival.seen and stamp(write) < stamp(rival) for rival in rivals)

    return reset_remove_map([event for event in events if event.name != "write" or not beaten(event)])


MEANING: dict[str, Callable[[Events], Any]] = {
    "g-counter": total,
    "pn-counter": total,
    "bounded-counter": lambda events: 12 + total(events),
    "lww-register": latest,
    "mv-register": lambda events: distinct([event.arguments[0] for event in unseen(events, events)]),
    "g-set": lambda events: sorted({event.arguments[0] for event in events}),
    "or-set": add_wins,
    "rw-set": remove_wins,
    "lww-set": last_wins,
    "or-map": reset_remove_map_with_beaten_writes,
    "dvv-set": siblings,
}
