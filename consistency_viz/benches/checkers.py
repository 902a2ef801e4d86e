"""``bench checkers``: what judging costs, each beside a yardstick measured in the same run.

1. Divergence windows of a history, against sorting its timestamps alone with numpy. Measured are the windows of every
   key from columns (numbers of key, replica, value and update, and the time, in recorder order): value and updates,
   scopes all and live (all of them live: the same). Not in it: reading observations into columns, and the report; the
   notes have both, and what the incremental checker takes. The timestamps that are sorted are shuffled: a history's own
   are in order already, which argsort sees at once and does in an eighth of the time (in the notes, too).
2. Registers whose written values all differ: operations a CPU second, against a million.
3. The tuned search against the plain one (``plain_search``), on operations of five clients, always all concurrent.
4. In the notes: memory that live checkers hold after a long stream, and how quickly an order is found of the operations
   of ``MANY`` clients, of which there are too many configurations for a whole search.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import numpy as np
import psutil

from consistency_viz.benches.measure import Figure, figure
from consistency_viz.benches.plain_search import plain_search
from consistency_viz.checkers.divergence import arrays, batch
from consistency_viz.checkers.linearizable_register import zones
from consistency_viz.checkers.linearizable_register.acts import CAS, READ, WRITE, Act
from consistency_viz.checkers.linearizable_register.glimpse import has_order
from consistency_viz.checkers.linearizable_register.search import initially, search
from consistency_viz.checkers.operations import Operation
from consistency_viz.checkers.registry import CHECKERS, create_live
from workers.model.history import Header
from workers.model.observation import Applied, Completed, Invoked, Observation
from workers.model.randomness import draw

REPLICAS = 5
KEYS = 1_000
CLIENTS = 5
MANY = 20
HEADER = Header("bench", "", 1, "simulated", [f"r{number}" for number in range(REPLICAS)])


def apply_columns(count: int) -> arrays.Columns:
    """``count`` applies: every 50 us an update of a random key, which reaches each replica late by 20 ms on average.

    The newest update of a key wins, so values agree as soon as the newest is everywhere and updates only with the last.
    """
    chance = np.random.default_rng(1)
    updates = count // REPLICAS
    key = chance.integers(0, KEYS, updates).astype(np.int32)
    late_us = chance.exponential(20_000, (updates, REPLICAS)).astype(np.int64)
    at_us = (np.arange(updates)[:, None] * 50 + late_us).ravel()
    order = np.argsort(at_us, kind="stable")
    update = np.repeat(np.arange(updates, dtype=np.int32), REPLICAS)[order]
    replica = np.tile(np.arange(REPLICAS, dtype=np.int32), updates)[order]
    value = np.empty(len(order), np.int32)
    by_place = np.lexsort((np.arange(len(order)), replica, key[update]))
    base = (key[update].astype(np.int64) * REPLICAS + replica)[by_place] * (updates + 1)
    value[by_place] = np.maximum.accumulate(base + update[by_place] + 1) - base
    return arrays.Columns(key[update], replica, value, update, at_us[order], KEYS, REPLICAS, updates)


def applies(columns: arrays.Columns) -> list[Observation]:
    """The same as observations."""
    rows = zip(*(column.tolist() for column in columns[:5]), strict=True)
    names = HEADER.replicas
    return [
        Observation(index, at_us, names[replica], Applied(f"k{key}", {"net_cents": value}, f"k{key}@eu.{update}"))
        for index, (key, replica, value, update, at_us) in enumerate(rows)
    ]


def unique_columns(count: int) -> tuple[zones.Columns, zones.Columns]:
    """``count`` operations, half writes of different values, each read once while the next write is on its way."""
    values = range(count // 2)
    writes = zones.Columns(list(values), [4 * v for v in values], [4 * v + 2 for v in values])
    reads = zones.Columns(list(values), [4 * v + 3 for v in values], [4 * v + 5 for v in values])
    return writes, reads


def concurrent_acts(count: int, clients: int = CLIENTS) -> list[Act]:
    """A linearizable history of ``clients`` that always have an operation open: reads, writes and cas of few values."""
    nothing = Operation("o", "s", "read", "k", "", None, None, None, 0, 0, 0)
    now: Any = None
    acts: list[Act] = []
    open_acts: list[Act] = []
    position = 0
    while len(acts) < count or open_acts:
        chance = draw(1, "act", str(position))
        if len(acts) < count and len(open_acts) < clients:
            acts.append(Act(READ, None, None, position, -1, nothing))
            open_acts.append(acts[-1])
        else:
            act = open_acts.pop(int(chance * len(open_acts)))
            # It takes effect here, or took effect together with what is still open.
            kind = int(draw(1, "kind", str(position)) * 3)
            new = int(draw(1, "new", str(position)) * 4)
            act.kind, act.completed = kind, position
            act.old = None if kind == WRITE else now
            act.new = None if kind == READ else new
            if kind in {WRITE, CAS}:
                now = new
        position += 1
    return acts


def operations(count: int) -> Iterator[Observation]:
    """A stream of ``count`` observations: writes and reads of registers by turns, each after the other."""
    for number in range(count // 2):
        key, f = f"k{number // 2 % KEYS}", ("write", "read")[number % 2]
        argument = number if f == "write" else None
        body = Invoked(f"o{number}", "s1", f, key, argument, 0)
        yield Observation(2 * number, 20 * number, "client", body)
        result = number - 1 if f == "read" else None
        yield Observation(2 * number + 1, 20 * number + 10, "client", Completed(body.op, "s1", f, key, "ok", result))


def run(rounds: int = 5, count: int = 1_000_000, searched: int = 3_000) -> tuple[list[Figure], dict[str, object]]:
    """Measure ``rounds`` times, interleaved; ``count`` observations and operations, ``searched`` for the searches."""
    figures: list[Figure] = []
    notes: dict[str, object] = {}
    # First, while this process holds nothing that could be used again.
    for name, stream in (
        ("divergence", _applies_stream),
        ("linearizable-register", operations),
        ("convergence", _applies_stream),
        ("staleness", operations),
        ("causal", operations),
    ):
        notes[f"{name}: MiB held after {count:,} observations"] = _held_mib(name, stream, count)
    columns = apply_columns(count)
    shuffled = np.random.default_rng(2).permutation(columns.at_us)
    pairs = [
        (1e3 * _cpu_s(lambda: arrays.windows(columns)), 1e3 * _cpu_s(lambda: np.argsort(shuffled)))
        for _ in range(rounds)
    ]
    figures.append(figure("divergence windows from columns, against numpy.argsort", "CPU ms", pairs, 10, at_most=True))
    notes |= _divergence_notes(columns, rounds)
    writes, reads = unique_columns(count)
    pairs = [(count / _cpu_s(lambda: zones.judge(writes, reads)), 1e6) for _ in range(rounds)]
    figures.append(figure("registers with unique values", "operations/CPU s", pairs, 1, at_most=False))
    acts = concurrent_acts(searched)
    before = initially(None)
    pairs = []
    for _ in range(rounds):
        tuned_s = _cpu_s(lambda: _require(search(before, acts, 10**9).state is not None))
        plain_s = _cpu_s(lambda: _require(plain_search(None, acts)))
        pairs.append((searched / tuned_s, searched / plain_s))
    figures.append(figure("complete search, tuned against plain", "operations/CPU s", pairs, 30, at_most=False))
    many = concurrent_acts(searched, MANY)
    found_s = _cpu_s(lambda: _require(has_order(before, many, 10**9)[0]))
    notes[f"an order of {searched:,} operations of {MANY} clients, CPU s"] = round(found_s, 3)
    return figures, notes


def _divergence_notes(columns: arrays.Columns, rounds: int) -> dict[str, object]:
    """What the rest of a whole report costs: medians of CPU seconds."""
    found: list[arrays.Windows] = list(arrays.windows(columns))
    notes: dict[str, object] = {
        "divergence: windows found, by value and by updates": [len(one.key) for one in found[:2]],
    }
    seen = applies(columns)
    history = batch.columns_of(HEADER, seen)
    works: dict[str, Callable[[], object]] = {
        "numpy.argsort of the same timestamps in order": lambda: np.argsort(columns.at_us),
        "divergence: report from columns, windows included": lambda: batch.result(history),
        "divergence: observations into columns": lambda: batch.columns_of(HEADER, seen),
        "divergence: the incremental checker": lambda: _divergence(seen),
    }
    for name, work in works.items():
        notes[f"{name}, CPU s"] = round(median(_cpu_s(work) for _ in range(min(rounds, 3))), 4)
    return notes


def _divergence(seen: list[Observation]) -> None:
    checker = CHECKERS["divergence"](HEADER)
    observe = checker.observe
    for observation in seen:
        observe(observation)
    checker.finish(seen[-1].at_us)


def _applies_stream(count: int) -> Iterator[Observation]:
    names = HEADER.replicas
    for index in range(count):
        round_, step = divmod(index, KEYS * REPLICAS)
        replica, key = divmod(step, KEYS)
        yield Observation(index, 10 * index, names[replica], Applied(f"k{key}", round_, f"k{key}@eu.{round_ + 1}"))


def _held_mib(name: str, stream: Callable[[int], Iterator[Observation]], count: int) -> float:
    """The growth of this process' memory over the stream."""
    process = psutil.Process()
    gc.collect()
    before = process.memory_info().rss
    (checker,) = create_live(HEADER, [name])
    last_us = 0
    for observation in stream(count):
        checker.observe(observation)
        last_us = observation.at_us
    gc.collect()
    held = process.memory_info().rss - before
    _require(checker.finish(last_us).checker == name)
    return round(held / 2**20, 1)


def _cpu_s(work: Callable[[], object]) -> float:
    gc.collect()
    start_s = time.process_time()
    work()
    return time.process_time() - start_s


def _require(holds: bool) -> None:  # noqa: FBT001 (one condition)
    if not holds:
        raise RuntimeError("a search found the bench's history impossible, which it is not")
