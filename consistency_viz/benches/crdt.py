"""``bench crdt``: what an update of a replicated type costs from its source to another replica, beside Loro.

Both sides play the same updates, one by one: make the update, encode its delta, decode that and merge it elsewhere, as
a replica does for each message. Loro is a library in Rust with Python bindings; its delta is what it exports since the
version before. CPU of this process; at the end both replicas of each side and both sides must show the same.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from consistency_viz.benches.measure import Figure, figure
from workers.crdts.or_map import ORMap
from workers.crdts.pn_counter import PNCounter

UPDATES = 10_000
NAMES = (10, 50, 100, 1_000, 10_000)
"""Sizes of the map: what an update costs must not grow with what is there already."""
Update = tuple[str, str, int]
Side = Callable[[list[Update]], tuple[float, Any, int]]
"""From updates to microseconds of CPU an update, what a replica shows in the end, and bytes of deltas an update."""


def counts(count: int) -> list[Update]:
    """Additions and subtractions, three to one."""
    return [("decrement" if number % 4 == 3 else "increment", "", number % 7) for number in range(count)]


def cart(count: int, names: int) -> list[Update]:
    """Of ten updates six change a quantity, two write a note, and two remove a quantity or a note."""
    quantity, note = ("quantity", "item-"), ("note", "note-")
    kinds = (
        quantity,
        quantity,
        note,
        quantity,
        ("remove", "item-"),
        quantity,
        note,
        quantity,
        quantity,
        ("remove", "note-"),
    )
    found: list[Update] = []
    for number in range(count):
        kind, prefix = kinds[number % 10]
        found.append((kind, f"{prefix}{(number // 10 * 7919 + number % 7) % names}", number))
    return found


def our_counter(updates: list[Update]) -> tuple[float, Any, int]:
    """PNCounter."""
    here = there = PNCounter()
    size = 0
    start_s = _begin()
    for kind, _, by in updates:
        here, delta = here.increment("r1", by) if kind == "increment" else here.decrement("r1", by)
        raw = delta.to_bytes()
        size += len(raw)
        there = there.merge(PNCounter.from_bytes(raw))
    used_us = _used_us(start_s, updates)
    _same(here, there)
    return used_us, there.value(), size // len(updates)


def our_map(updates: list[Update]) -> tuple[float, Any, int]:
    """ORMap with nested counters and multi-value registers."""
    here = there = ORMap()
    size = 0
    start_s = _begin()
    for kind, name, number in updates:
        if kind == "quantity":
            here, delta = here.increment("r1", name, 1)
        elif kind == "note":
            here, delta = here.assign("r1", name, number)
        else:
            here, delta = here.remove("r1", name)
        raw = delta.to_bytes()
        size += len(raw)
        there = there.merge(ORMap.from_bytes(raw))
    used_us = _used_us(start_s, updates)
    _same(here, there)
    shown = {name: value[0] if isinstance(value, list) else value for name, value in there.value().items()}
    return used_us, shown, size // len(updates)


def loro_counter(updates: list[Update]) -> tuple[float, Any, int]:
    """LoroCounter."""
    loro, here, there = _documents()
    mode = loro.ExportMode.Updates
    total = here.get_counter("total")
    size, version = 0, here.oplog_vv
    start_s = _begin()
    for kind, _, by in updates:
        if kind == "increment":
            total.increment(by)
        else:
            total.decrement(by)
        here.commit()
        raw = here.export(mode(version))
        version = here.oplog_vv
        size += len(raw)
        there.import_(raw)
    used_us = _used_us(start_s, updates)
    return used_us, int(there.get_counter("total").value), size // len(updates)


def loro_map(updates: list[Update]) -> tuple[float, Any, int]:
    """LoroMap with nested counters and plain values."""
    loro, here, there = _documents()
    mode, counter = loro.ExportMode.Updates, loro.LoroCounter
    items = here.get_map("items")
    size, version = 0, here.oplog_vv
    start_s = _begin()
    for kind, name, number in updates:
        if kind == "quantity":
            items.get_or_create_container(name, counter()).increment(1)
        elif kind == "note":
            items.insert(name, number)
        else:
            items.delete(name)
        here.commit()
        raw = here.export(mode(version))
        version = here.oplog_vv
        size += len(raw)
        there.import_(raw)
    used_us = _used_us(start_s, updates)
    shown = there.get_map("items").get_deep_value()
    return used_us, {name: int(value) for name, value in shown.items()}, size // len(updates)


def run(rounds: int = 5, count: int = UPDATES) -> tuple[list[Figure], dict[str, object]]:
    """Interleave ours and Loro ``rounds`` times, as speed: Loro's time for an update against ours."""
    contests: list[tuple[str, list[Update], Side, Side]] = [
        ("PN-counter: update, encode, decode, merge", counts(count), our_counter, loro_counter),
        *((f"OR-map of {names:,} names: the same", cart(count, names), our_map, loro_map) for names in NAMES),
    ]
    figures: list[Figure] = []
    notes: dict[str, object] = {}
    for name, updates, ours, loros in contests:
        pairs: list[tuple[float, float]] = []
        sizes: list[int] = []
        for _ in range(rounds):
            our_us, our_value, our_size = ours(updates)
            loro_us, loro_value, loro_size = loros(updates)
            if our_value != loro_value:
                raise RuntimeError(f"{name}: we show {our_value!r}, Loro shows {loro_value!r}")
            pairs.append((1e6 / our_us, 1e6 / loro_us))
            sizes = [our_size, loro_size]
        figures.append(figure(name, "updates/CPU s", pairs, 2, at_most=False))
        notes[f"{name}: bytes a delta, ours and Loro's"] = sizes
    return figures, notes


def _documents() -> tuple[Any, Any, Any]:
    try:
        loro: Any = import_module("loro")  # a development tool: the lab starts without it
    except ImportError as missing:
        raise RuntimeError(
            "bench crdt compares with loro, which is not installed; run it in make test's .venv"
        ) from missing
    here, there = loro.LoroDoc(), loro.LoroDoc()
    here.peer_id, there.peer_id = 1, 2
    return loro, here, there


def _begin() -> float:
    gc.collect()
    return time.process_time()


def _used_us(start_s: float, updates: list[Update]) -> float:
    return (time.process_time() - start_s) / len(updates) * 1e6


def _same(here: object, there: object) -> None:
    if here != there:
        raise RuntimeError("the two replicas of our side differ")
