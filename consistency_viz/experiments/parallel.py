"""Many seeds on all cores: the same runs as one process makes, in order of their seeds.

A run depends on its scenario and its seed alone, so it does not matter where it is played. Few short runs stay in this
process, because starting others takes longer. What is under way is bounded, whatever the number of seeds.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

from consistency_viz.experiments.simulations import SimulatedRun, simulate_once
from workers.cluster.scenario import Scenario

ALONE_S: Final = 0.5
"""For so long this process plays alone where the number of processes was left to us."""

CHUNK_S: Final = 0.2
CHUNK_RUNS_MAX: Final = 50
AHEAD: Final = 3
"""Chunks under way for each process."""


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def simulate_many(
    scenario: Scenario, seeds: Sequence[int], history: str = "", checkers: Sequence[str] = (), jobs: int | None = None
) -> Iterator[SimulatedRun]:
    """Runs of ``scenario``, one a seed, in the order of ``seeds``.

    ``history`` names the file of each run's history with ``{seed}`` in it, or nothing. ``jobs`` is the number of
    processes; ``None`` decides by what the runs take. Raises what ``simulate_once`` raises.
    """
    began_s = time.perf_counter()
    left = iter(seeds)
    played = 0
    alone = jobs == 1 or len(seeds) == 1
    while alone or jobs is None:
        seed = next(left, None)
        if seed is None:
            return
        yield simulate_once(scenario, seed, history_path(history, seed), checkers)
        played += 1
        if not alone and time.perf_counter() - began_s > ALONE_S:
            break
    each_s = (time.perf_counter() - began_s) / played if played else CHUNK_S
    chunk = max(1, min(CHUNK_RUNS_MAX, round(CHUNK_S / each_s)))
    processes = min(jobs or cores(), -(-(len(seeds) - played) // chunk))
    if processes > 1:
        yield from _in_processes(scenario, left, history, checkers, processes, chunk)
    else:
        for seed in left:
            yield simulate_once(scenario, seed, history_path(history, seed), checkers)


def history_path(template: str, seed: int) -> Path | None:
    """Where the history of the run with this seed goes."""
    return Path(template.replace("{seed}", str(seed))) if template else None


def _in_processes(
    scenario: Scenario, seeds: Iterator[int], history: str, checkers: Sequence[str], processes: int, chunk: int
) -> Iterator[SimulatedRun]:
    # Started afresh, not forked: a fork would copy threads' locks, and differs between systems.
    context = multiprocessing.get_context("spawn")
    given = (scenario.model_dump(mode="json"), history, tuple(checkers))
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=given)
    waiting: deque[Future[list[SimulatedRun]]] = deque()
    try:
        while True:
            while len(waiting) < AHEAD * processes and (part := list(itertools.islice(seeds, chunk))):
                waiting.append(pool.submit(_play, part))
            if not waiting:
                return
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_given: tuple[Scenario, str, tuple[str, ...]]


def _begin(document: dict[str, Any], history: str, checkers: tuple[str, ...]) -> None:
    """In a process of the pool: what all of its runs share. Ctrl-C is the parent's to hear."""
    global _given  # noqa: PLW0603 - a process of the pool has one scenario for life
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _given = (Scenario.model_validate(document), history, checkers)


def _play(seeds: list[int]) -> list[SimulatedRun]:
    scenario, history, checkers = _given
    return [simulate_once(scenario, seed, history_path(history, seed), checkers) for seed in seeds]
