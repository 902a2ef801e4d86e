"""What the values of a Jepsen history mean: whether they carry a key, and whether ``add`` is of a set or a counter.

Jepsen does not say either in the file, so the whole history is looked at.

Keys
``jepsen.independent`` wraps every value as ``[key value]``. A history is taken for keyed if every argument of its
reads, writes, adds and so on, and every answer to a read, is a list of two; what its reads are invoked with is
``[key nil]`` (without keys it is nil), and the second entry of a ``cas`` is a list of two itself. ``keyed`` overrules
that. Transactions name their keys themselves.

Counters
An ``add`` is an increment of a counter if a read of the key returned an integer, and of a set if one returned a list
or a set. Where no read returned anything it stays open, and nothing can be said of it anyway.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal

import msgspec

from consistency_viz.observation.formats.jepsen_events import NEMESIS, Event, Events

ONE_KEY: Final = "x"
"""The key of all operations of a history without keys."""

UNKEYED: Final = frozenset(("txn",))
QUEUE: Final = frozenset(("enqueue", "dequeue", "drain", "poll", "send", "subscribe", "assign", "crash"))
KNOWN: Final = (
    "read", "write", "cas", "add", "remove", "increment", "decrement", "buy", "append", "txn", "place",
)  # fmt: skip


def check_known(events: Events, event: Event) -> None:
    """Refuse an operation that no checker here knows: it might change what the others see."""
    if event.f in KNOWN:
        return
    if event.f in QUEUE:
        problem = f"{event.f} is an operation of a queue, and no checker here judges queues"
        events.refuse(event.line, problem, "check it with Jepsen's own checker/total-queue or kafka", "f", event.f)
    remedy = f"known are {', '.join(KNOWN)}; if it changes nothing that they read, take its events out of the file"
    events.refuse(event.line, f"the operation {event.f!r} is not known here", remedy, "f", event.f)


def is_keyed(events: Events, history: Iterable[Event], *, keyed: bool | None) -> bool:
    """Whether the values carry keys; ``keyed`` is what the caller said. Refuses what fits neither."""
    if keyed is False:
        return False
    telling = [event for event in history if event.process != NEMESIS and event.f not in UNKEYED and _tells(event)]
    if keyed:
        for event in telling:
            if not (isinstance(event.value, list) and len(event.value) == 2):
                problem = f"{event.value!r} is no [key value]"
                events.refuse(event.line, problem, "leave --keyed out, or wrap every value", "value", event.value)
        return True
    bare = next((event for event in telling if not _looks_keyed(event)), None)
    if bare is None:
        return bool(telling)
    for event in telling:
        if event.f == "read" and event.type == "invoke" and _looks_keyed(event):
            problem = f"this read is invoked with [key nil], and line {bare.line} has a value without a key"
            events.refuse(event.line, problem, "say --keyed or --not-keyed", "value", event.value)
    return False


def _tells(event: Event) -> bool:
    """Whether its value matters: an argument, or what was read."""
    return event.type == "invoke" or (event.type == "ok" and event.f == "read")


def _looks_keyed(event: Event) -> bool:
    value = event.value
    if not isinstance(value, list) or len(value) != 2:
        return False
    if event.f == "read" and event.type == "invoke":
        return value[1] is None
    return event.f != "cas" or (isinstance(value[1], list) and len(value[1]) == 2)


def key_text(key: Any) -> str:
    """A key as text, as our histories have it."""
    return key if isinstance(key, str) else msgspec.json.encode(key, order="deterministic").decode()


class AddKinds:
    """By key, what reads say that ``add`` is of."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._kinds: dict[str, tuple[Literal["set", "counter"], int]] = {}
        self._added: set[str] = set()

    def added(self, key: str) -> None:
        """Something was added to ``key``."""
        self._added.add(key)

    def read(self, event: Event, key: str, value: Any) -> None:
        """A read of ``key`` returned ``value``."""
        kind: Literal["set", "counter"] = "set" if isinstance(value, list) else "counter"
        if value is None or not (kind == "set" or type(value) is int):
            return
        known = self._kinds.setdefault(key, (kind, event.line))
        if known[0] != kind and key in self._added:
            problem = f"a read of this key returned a {kind}, and one on line {known[1]} a {known[0]}"
            self._events.refuse(event.line, problem, "check sets and counters one by one", "value", value)

    def is_counter(self, key: str) -> bool:
        """Whether ``add`` to ``key`` increments a counter."""
        return key in self._kinds and self._kinds[key][0] == "counter"
