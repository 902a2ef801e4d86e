"""What a process keeps that follows a run is full within minutes at 50 orders a second, and grows no more."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from consistency_viz.live.feed import RunFeed
from consistency_viz.live.frames import RunView
from consistency_viz.live.page.state import PageState
from consistency_viz.rooms.seats import Seats
from workers.model.history import Header
from workers.model.observation import (
    Applied,
    Body,
    Completed,
    Delivered,
    Dropped,
    Effected,
    Faulted,
    Invoked,
    Observation,
    Sent,
)

REPLICAS = ["order", "view-1"]
HEADER = Header("soak", "asynchronous-broadcast", 7, "live", REPLICAS, run="r1", started_us=0)
RUN = RunView("r1", "soak", "A steady load", HEADER.design, "", 7, 4, "running", "", 0, None, "order")
ORDER_US = 25_000
ORDERS_A_FRAME = 10
FULL_AFTER = 14_000
"""Orders: under six minutes of them, or five at 50 a second."""

GROWTH_MAX = 1.02
_PLAIN = (str, bytes, int, float, bool, type(None))


def entries(root: object) -> dict[str, int]:
    """How many entries all containers hold that can be reached from ``root``, by the way there."""
    found: dict[str, int] = {}
    seen: set[int] = set()
    open_: list[tuple[str, object]] = [(type(root).__name__, root)]
    while open_:
        way, one = open_.pop()
        if isinstance(one, _PLAIN) or id(one) in seen or isinstance(one, type):
            continue
        seen.add(id(one))
        if isinstance(one, dict | list | set | frozenset | tuple | deque):
            found[way] = found.get(way, 0) + len(one)
            inner = one.values() if isinstance(one, dict) else one
            open_ += ((f"{way}[]", value) for value in inner)
        elif type(one).__module__.startswith(("consistency_viz", "workers")):
            open_ += ((f"{way}.{name}", getattr(one, name)) for name in _fields(one) if hasattr(one, name))
    return found


def _fields(one: object) -> set[str]:
    slots = {name for base in type(one).__mro__ for name in getattr(base, "__slots__", ())}
    return slots | set(getattr(one, "__dict__", ())) | set(getattr(one, "__struct_fields__", ()))


def orders() -> Iterator[Observation]:
    """Orders without an end under a fault without one: each tenth is refused, or in doubt, or never arrives."""
    yield Observation(0, 0, "", Faulted("f1", "slow", "began", ["view-1"], {"kind": "slow", "factor": 2}))
    index, number = 1, 0
    while True:
        key, at_us = f"s{number % 20 + 1}-{number}", ORDER_US * number
        for node, body in _of_one(number, key, at_us):
            at_us += 0 if isinstance(body, Sent) else 1_000  # what is placed is sent in the same turn
            yield Observation(index, at_us, node, body)
            index += 1
        number += 1


def _of_one(number: int, key: str, at_us: int) -> Iterator[tuple[str, Body]]:
    value: dict[str, Any] = {"status": "placed", "net_cents": 1_999}
    op, session = f"{key}:place", f"guest-{number % 20 + 1}"
    yield "client", Invoked(op, session, "place", key, value, at_us)
    yield "client", Sent(f"m-{key}", "events", "OrderPlaced", key, "")
    if number % 10 == 1:
        yield "client", Completed(op, session, "place", key, "fail", None, "no such country")
        return
    for fact in ("placed", "mailed"):
        yield "order", Applied(key, {**value, "status": fact}, f"{key}:{fact}", kept=[f"{key}:{fact}"])
    if number % 10 == 2:
        yield "view-1", Dropped(f"m-{key}", "events", "OrderPlaced", key, "order", at_us, "loss")
    else:
        yield "view-1", Delivered(f"m-{key}", "events", "OrderPlaced", key, "order", at_us)
    for fact in ("placed", "mailed"):
        yield "view-1", Applied(key, {**value, "status": fact}, f"{key}:{fact}", kept=[f"{key}:{fact}"])
    yield "mail", Effected("email", key, {})
    outcome = "info" if number % 10 == 3 else "ok"
    yield "client", Completed(op, session, "place", key, outcome, {"update": f"{key}:placed"})


def grew(before: dict[str, int], after: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Where there are clearly more entries than there were."""
    counts = {way: (before.get(way, 0), count) for way, count in after.items()}
    return {way: (was, now) for way, (was, now) in counts.items() if now > GROWTH_MAX * was + 20}


def kept_after(fold: Any, taken: Iterator[Observation], upto: int) -> dict[str, int]:
    """Fold on until so many orders have been; the entries kept then."""
    placed = 0
    for observation in taken:
        fold.observe(observation)
        if isinstance(observation.body, Sent):
            placed += 1
            if isinstance(fold, RunFeed) and placed % ORDERS_A_FRAME == 0:
                fold.settle()
                fold.emit()
            if placed == upto:
                return entries(fold)
    raise AssertionError("the orders have no end")


def feed() -> RunFeed:
    found = RunFeed("r1")
    found._state = PageState(HEADER, RUN, [])
    return found


@pytest.mark.parametrize("fold", [feed(), Seats()], ids=["feed", "seats"])
def test_what_is_kept_of_a_run_that_goes_on_is_flat_once_it_is_full(fold: RunFeed | Seats) -> None:
    taken = orders()
    half = kept_after(fold, taken, FULL_AFTER // 2)
    full = kept_after(fold, taken, FULL_AFTER // 2)
    later = kept_after(fold, taken, FULL_AFTER)
    assert grew(full, later) == {}
    assert sum(later.values()) <= GROWTH_MAX * sum(full.values())
    assert grew({}, half)  # something is kept, and this walk finds it


def test_what_a_frame_says_does_not_grow_with_the_length_of_a_run() -> None:
    one, taken = feed(), orders()
    kept_after(one, taken, FULL_AFTER // 2)
    first = max(len(frame) for _, frame in one.after(one.seq - 100) or [])
    kept_after(one, taken, FULL_AFTER // 2)
    frames = one.after(one.seq - 100) or []
    assert max(len(frame) for _, frame in frames) < 1.1 * first
    assert msgspec.json.decode(frames[-1][1])["seq"] == one.seq == FULL_AFTER // ORDERS_A_FRAME
