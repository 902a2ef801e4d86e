"""``bench matrix``: every design under every kind of fault, many seeds a cell. What is promised holds in every run.

What the cells are is in ``matrix_rows`` and ``matrix_cells``, how a run is judged in ``matrix_play``. Here they are
played on all cores and counted. ``python -m consistency_viz.benches.matrix ROW COLUMN`` prints the scenario of a cell:
``manage.py simulate`` replays it with the seed of a run.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from typing import Any, Final

import msgspec
import yaml
from rich.box import SIMPLE_HEAD
from rich.table import Table

from consistency_viz.benches.matrix_cells import COLUMNS, Cell, cells
from consistency_viz.benches.matrix_play import Player
from consistency_viz.benches.measure import Figure, figure
from consistency_viz.checkers.verdict import Verdict
from consistency_viz.experiments.parallel import AHEAD, cores

RUNS: Final = 1_000
MINUTES: Final = 10
CORES: Final = 2
CHUNK_RUNS: Final = 250
SEEDS_SHOWN: Final = 3
_HEADS: Final = {
    "duplication": "dupl",
    "reordering": "reord",
    "partition-drop": "drop",
    "partition-hold": "hold",
    "crash-disk-lost": "wiped",
}


class Count(msgspec.Struct):
    """The runs of one cell. ``applied_nothing`` runs kept the promise, but are no evidence that it is kept.

    ``failed_seeds`` and ``caught_seeds`` are the first few. ``reason`` says why nothing is promised, if so; ``planted``
    whether something is broken on purpose that could be caught.
    """

    row: str
    column: str
    reason: str
    planted: bool
    runs: int = 0
    failed: int = 0
    applied_nothing: int = 0
    caught: int = 0
    cpu_s: float = 0.0
    failed_seeds: list[int] = []
    caught_seeds: list[int] = []

    def add(self, other: Count) -> None:
        """Take in the runs of later seeds of the same cell."""
        self.runs += other.runs
        self.failed += other.failed
        self.applied_nothing += other.applied_nothing
        self.caught += other.caught
        self.cpu_s += other.cpu_s
        self.failed_seeds = [*self.failed_seeds, *other.failed_seeds][:SEEDS_SHOWN]
        self.caught_seeds = [*self.caught_seeds, *other.caught_seeds][:SEEDS_SHOWN]

    @property
    def name(self) -> str:
        """Row and column."""
        return f"{self.row} / {self.column}"


def count(cell: Cell, seeds: Iterable[int]) -> Count:
    """Play ``cell`` once with each seed."""
    started_s = time.process_time()
    player = Player(cell)
    played = [player.play(seed) for seed in seeds]
    failed = [one.seed for one in played if one.kept is Verdict.FAILED]
    counts_as_caught = cell.column != "crash-disk-lost"  # a lost disk breaks what is whole, too
    caught = [one.seed for one in played if one.caught and counts_as_caught]
    return Count(
        row=cell.row.name,
        column=cell.column,
        reason=cell.reason,
        planted=cell.row.planted is not None,
        runs=len(played),
        failed=len(failed),
        applied_nothing=sum(one.kept is Verdict.UNKNOWN for one in played),
        caught=len(caught),
        cpu_s=time.process_time() - started_s,
        failed_seeds=failed[:SEEDS_SHOWN],
        caught_seeds=caught[:SEEDS_SHOWN],
    )


def counts(runs: int, jobs: int | None = None) -> list[Count]:
    """Every cell with the seeds from 1 to ``runs``, in order, on ``jobs`` processes (``None``: all cores)."""
    found: dict[str, Count] = {}
    for part in _in_processes(_parts(runs), jobs or cores()):
        if part.name in found:
            found[part.name].add(part)
        else:
            found[part.name] = part
    return list(found.values())


def run(runs: int | None = None) -> tuple[list[Figure], dict[str, object]]:
    """Play the matrix: what is promised, what is caught, and what a full one costs two cores."""
    runs = RUNS if runs is None else runs
    started_s = time.perf_counter()
    found = counts(runs)
    return figures(found, runs), notes(found, runs, time.perf_counter() - started_s)


def figures(found: list[Count], runs: int) -> list[Figure]:
    """The three questions: do promises hold, is what is broken caught, does all of it fit into ten minutes."""
    promised = [one for one in found if not one.reason]
    kept, played = sum(one.runs - one.failed for one in promised), sum(one.runs for one in promised)
    planted = {one.row for one in found if one.planted}
    caught = {one.row for one in found if one.caught}
    minutes = sum(one.cpu_s for one in found) / CORES / 60 / runs * RUNS
    return [
        figure("promised: runs in which the replicas kept it", "runs", [(kept, played)], 1, at_most=False),
        figure(
            "broken on purpose: rows in which that is caught", "rows", [(len(caught), len(planted))], 1, at_most=False
        ),
        figure(
            f"CPU of each of {CORES} cores for {RUNS:,} seeds a cell", "minutes", [(minutes, MINUTES)], 1, at_most=True
        ),
    ]


def notes(found: list[Count], runs: int, wall_s: float) -> dict[str, object]:
    """What was played, every cell, and the promises that were broken: cell and first seeds."""
    return {
        "seeds a cell": runs,
        "cells": len(found),
        "runs": sum(one.runs for one in found),
        "processes": cores(),
        "seconds": round(wall_s, 1),
        "CPU seconds": round(sum(one.cpu_s for one in found), 1),
        "broken promises": {one.name: one.failed_seeds for one in found if one.failed and not one.reason},
        "not caught": sorted({one.row for one in found if one.planted} - {one.row for one in found if one.caught}),
        "every cell": msgspec.to_builtins(found),
    }


def tables(given: dict[str, Any]) -> list[Table | str]:
    """The notes as one table, in words below it what is to be done about what is wrong."""
    found = msgspec.convert(given["every cell"], list[Count])
    title = f"% of runs that kept strong eventual consistency, {given['seeds a cell']:,} seeds a cell"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=0, collapse_padding=True)
    table.add_column("design", no_wrap=True)
    for column in (*COLUMNS, "caught"):
        table.add_column(_HEADS.get(column, column), justify="right", no_wrap=True)
    for row, of_row in by_row(found).items():
        caught = sum(one.caught for one in of_row)
        last = f"{caught:,}" if of_row[0].planted else ""
        table.add_row(row, *(mark(one) for one in of_row), last)
    parts: list[Table | str] = [
        table,
        "* not promised; caught: runs of the row in which what is broken on purpose shows",
    ]
    for cell, seeds in given["broken promises"].items():
        parts.append(f"broken promise: {cell}, first with the seeds {', '.join(map(str, seeds))}")
    parts += [f"not caught: {row}" for row in given["not caught"]]
    played = f"{given['runs']:,} runs of {given['cells']:,} cells in {given['seconds']:,} s"
    return [*parts, f"{played} on {given['processes']} cores, {given['CPU seconds']:,} s of CPU"]


def by_row(found: Iterable[Count]) -> dict[str, list[Count]]:
    """The cells of each row, in the order of the columns."""
    rows: dict[str, list[Count]] = {}
    for one in found:
        rows.setdefault(one.row, []).append(one)
    return rows


def mark(one: Count) -> str:
    """A cell in a few characters: the % of its runs that kept the promise, starred where there is none.

    Never 100 % where one run failed, and never 0 % where one did not.
    """
    percent = 100 * (one.runs - one.failed) / one.runs
    if 99.9 < percent < 100:
        text = ">99.9"
    elif 0 < percent < 0.1:
        text = "<0.1"
    else:
        text = f"{percent:.1f}".removesuffix(".0")
    return text + ("*" if one.reason else "")


# -- processes


def _parts(runs: int) -> Iterator[tuple[int, int, int]]:
    """(cell number, first seed, last seed), a cell's one after the other."""
    for number in range(sum(1 for _ in cells())):
        for first in range(1, runs + 1, CHUNK_RUNS):
            yield number, first, min(first + CHUNK_RUNS - 1, runs)


def _in_processes(parts: Iterator[tuple[int, int, int]], processes: int) -> Iterator[Count]:
    """The counts in the order of ``parts``, with a bounded number under way; started afresh, as ``parallel`` does."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin)
    try:
        waiting = [pool.submit(_count, part) for part in islice(parts, AHEAD * processes)]
        while waiting:
            yield waiting.pop(0).result()
            waiting += [pool.submit(_count, part) for part in islice(parts, 1)]
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_cells: list[Cell]


def _begin() -> None:
    """In a process of the pool: the cells. Ctrl-C is the parent's to hear."""
    global _cells  # noqa: PLW0603 - a process of the pool has one matrix for life
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _cells = list(cells())


def _count(part: tuple[int, int, int]) -> Count:
    number, first, last = part
    return count(_cells[number], range(first, last + 1))


def scenario_text(row: str, column: str) -> str:
    """The scenario of a cell, as YAML. Raises ``KeyError`` with the names that there are."""
    found = {(cell.row.name, cell.column): cell for cell in cells()}
    if (row, column) not in found:
        rows = ", ".join(dict.fromkeys(name for name, _ in found))
        raise KeyError(f"there is no cell {row!r} / {column!r}; rows: {rows}; columns: {', '.join(COLUMNS)}")
    document = found[row, column].scenario.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(document, sort_keys=False)


if __name__ == "__main__":
    sys.stdout.write(scenario_text(*sys.argv[1:3]))
