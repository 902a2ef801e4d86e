"""Playing a chunk of seeds in this process, in a way that may be killed at any time.

Rules
1. A chunk is claimed by one conditional UPDATE and held for ``LEASE_S``; every batch of results renews it in the
   transaction that keeps them. Who lost a chunk, or whose experiment no longer runs, keeps nothing more.
2. Seeds that have results are not played again. A chunk that is played twice all the same does no harm: a run follows
   from its scenario and seed, and the row that is there stays.
3. Dates are those of this machine's clock in microseconds; several machines should agree to a second or so.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

import msgspec
from django.db import transaction

from consistency_viz.experiments.campaign import results
from consistency_viz.experiments.campaign.models import Chunk, Experiment, Layout, Result
from consistency_viz.experiments.simulations import simulate_once
from workers.cluster.scenario import Scenario
from workers.simulation.world import SimulationTooLongError

LEASE_S: Final = 15.0
"""What a worker that died for good held is played by another one after so long; its own restart frees it at once."""

BATCH_S: Final = 0.5
"""Results are kept at least this often, or after each run if that takes longer."""

BATCH_RUNS_MAX: Final = 50


def now_us() -> int:
    """The machine's clock in microseconds since 1970."""
    return time.time_ns() // 1_000


def play(chunk_id: int, should_stop: Callable[[], bool] = lambda: False, worker: str = "") -> int:
    """Play what is missing of a chunk; returns how many runs were kept. 0 also if somebody else holds it."""
    holder = new_holder(worker)
    chunk = _claim(chunk_id, holder)
    if chunk is None:
        return 0
    experiment = chunk.experiment
    scenario = _scenario(chunk.cell_id, msgspec.json.encode(chunk.cell.document))
    kept = 0
    batch: list[Result] = []
    layouts: list[Layout] = []
    began_s = time.monotonic()
    for seed in _missing(chunk):
        try:
            row, layout = results.pack(chunk.cell_id, simulate_once(scenario, seed, checkers=experiment.checkers))
            layouts.append(layout)
        except (SimulationTooLongError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            row = results.broken(chunk.cell, scenario, seed, f"{type(error).__name__}: {error}")
        batch.append(row)
        if time.monotonic() - began_s < BATCH_S and len(batch) < BATCH_RUNS_MAX:
            continue
        if not _keep(chunk, holder, batch, layouts):
            return kept
        kept += len(batch)
        batch, layouts, began_s = [], [], time.monotonic()
        if should_stop():
            _release(chunk, holder)
            return kept
    return kept + len(batch) if _keep(chunk, holder, batch, layouts, done=True) else kept


def free(worker: str) -> None:
    """Let go of what an earlier life of ``worker`` held, and of what was handed out and may have died with it."""
    held = Chunk.objects.filter(done=False, held_until_us__gt=0)
    (held.filter(holder="") | held.filter(holder__startswith=mark_of(worker))).update(holder="", held_until_us=0)


def new_holder(worker: str) -> str:
    """A mark that nobody else has, and that says whose it is."""
    return mark_of(worker) + secrets.token_hex(10)


def mark_of(worker: str) -> str:
    """What the marks of a worker's holders begin with."""
    return hashlib.sha256(worker.encode()).hexdigest()[:12]


def _claim(chunk_id: int, holder: str) -> Chunk | None:
    """The chunk, held by ``holder``; ``None`` if it is done, played by somebody, or its experiment does not run."""
    chunk = Chunk.objects.select_related("cell", "experiment").filter(pk=chunk_id).first()
    if chunk is None or chunk.experiment.state != Experiment.State.RUNNING:
        return None
    due = Chunk.objects.filter(pk=chunk_id, done=False)
    free = due.filter(holder="") | due.filter(held_until_us__lt=now_us())
    claimed = free.update(holder=holder, held_until_us=_until_us(), attempts=chunk.attempts + 1)
    return chunk if claimed == 1 else None


def _keep(chunk: Chunk, holder: str, batch: list[Result], layouts: list[Layout], *, done: bool = False) -> bool:
    """Save a batch and renew the lease, both or neither; whether the chunk is still ours and wanted."""
    with transaction.atomic():
        running = Experiment.objects.select_for_update().filter(pk=chunk.experiment_id, state=Experiment.State.RUNNING)
        if not running.exists():
            return False
        changes = {"done": True, "holder": ""} if done else {"held_until_us": _until_us()}
        ours = Chunk.objects.filter(pk=chunk.pk, holder=holder)
        if ours.update(attempts=0, **changes) != 1:
            return False
        results.save(batch, layouts)
    return True


def _release(chunk: Chunk, holder: str) -> None:
    Chunk.objects.filter(pk=chunk.pk, holder=holder).update(holder="", held_until_us=0)


def _missing(chunk: Chunk) -> Iterator[int]:
    last = chunk.first_seed + chunk.count
    there = set(
        Result.objects.filter(cell_id=chunk.cell_id, seed__gte=chunk.first_seed, seed__lt=last).values_list(
            "seed", flat=True
        )
    )
    return (seed for seed in range(chunk.first_seed, last) if seed not in there)


def _until_us() -> int:
    return now_us() + int(LEASE_S * 1_000_000)


@lru_cache(maxsize=32)
def _scenario(cell_id: int, document: bytes) -> Scenario:
    """A process plays many chunks of one cell; ``document`` is part of the key, so that a cell is never mistaken."""
    return Scenario.model_validate_json(document)
