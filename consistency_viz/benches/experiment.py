"""``bench experiment``: simulated runs a second of an experiment, on one process and on as many as there are cores.

The real thing: rows in SQLite, chunks through the broker, processes of the simulator, results kept and summed up. The
clock runs from the experiment's start to its end as its row has them; processes are up before. The scenario is the
order flow with 120 orders, some 2,500 events a run. ``--runs N``: how many runs a side (200).
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import psutil

from consistency_viz.benches.measure import Figure, figure
from consistency_viz.experiments.parallel import cores
from consistency_viz.lab.stack import PROJECT, Stack, data_dir_of
from workers.cluster.catalogue import load
from workers.cluster.plan import build
from workers.simulation.world import World

RUNS: Final = 200
ORDERS: Final = 120
FEW: Final = ("divergence", "lost-updates")
SAMPLED_EVERY_S: Final = 0.1
TIMEOUT_S: Final = 3_600


class Played(NamedTuple):
    """One experiment: runs a second, CPU a run, and the most memory that a process of the simulator took, in MB."""

    runs_per_s: float
    cpu_ms_per_run: float
    memory_mb: float


class _Used:
    """What the processes used: CPU since the watch began, and the most memory of one of them."""

    def __init__(self) -> None:
        self.cpu_s = 0.0
        self.memory_bytes = 0


def play(processes: int, runs: int, checkers: tuple[str, ...] = ()) -> Played:
    """Play an experiment of ``runs`` runs on a stack of its own with so many processes."""
    home = data_dir_of()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-experiment-", dir=home))
    try:
        file = folder / "experiment.yaml"
        file.write_text(json.dumps(_asked(runs, checkers)))
        _manage(folder, "migrate", "-v0")
        with Stack(data_dir=folder, redis_url="", workers=0, simulators=processes) as stack:
            assert stack.simulator is not None  # noqa: S101 - one was asked for
            stack.simulator.wait_ready()
            with _watched(stack.simulator.pid) as used:
                _manage(folder, "experiment", str(file), "--submit", "--json")
        return Played(runs / _took_s(folder), used.cpu_s * 1e3 / runs, used.memory_bytes / 1e6)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(runs: int | None) -> tuple[list[Figure], dict[str, object]]:
    """One process, then all cores, then all cores with few checkers; each pair is measured one after the other."""
    count, processes = runs or RUNS, cores()
    one, all_ = play(1, count), play(processes, count)
    few = play(processes, count, FEW)
    unit = "runs/s"
    figures = [
        figure(
            f"{processes} processes against 1",
            unit,
            [(all_.runs_per_s, one.runs_per_s)],
            0.8 * processes,
            at_most=False,
        ),
        figure(
            f"the checkers {' and '.join(FEW)} against all of them",
            unit,
            [(few.runs_per_s, all_.runs_per_s)],
            1,
            at_most=False,
        ),
    ]
    scenario = load("order-flow", [f"workload.orders={ORDERS}"])
    world = World(build(scenario), lambda at_us, turn: None)
    world.run()
    return figures, {
        "runs": count,
        "events a run (seed 7)": world.events,
        "seconds for 10,000 runs at this rate, all checkers": round(10_000 / all_.runs_per_s),
        "seconds for 10,000 runs at this rate, few checkers": round(10_000 / few.runs_per_s),
        "CPU ms a run, 1 process": round(one.cpu_ms_per_run, 1),
        f"CPU ms a run, {processes} processes": round(all_.cpu_ms_per_run, 1),
        f"CPU ms a run, {processes} processes, few checkers": round(few.cpu_ms_per_run, 1),
        "most memory of one process, MB": round(max(one.memory_mb, all_.memory_mb, few.memory_mb), 1),
        "load of this machine, 1 minute": round(os.getloadavg()[0], 1),
    }


def _asked(runs: int, checkers: tuple[str, ...]) -> dict[str, Any]:
    return {
        "name": "bench",
        "title": "bench",
        "scenario": "order-flow",
        "seeds": {"first": 1, "count": runs},
        "set": {"workload.orders": ORDERS},
        "checkers": list(checkers),
    }


def _manage(folder: Path, *arguments: str) -> None:
    environment = {**os.environ, "CV_DATA_DIR": str(folder), "REDIS_URL": "", "DATABASE_URL": ""}
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(  # noqa: S603 - ours
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{arguments[0]} ended with {done.returncode}: {done.stderr.strip()[-2_000:]}")


def _took_s(folder: Path) -> float:
    with sqlite3.connect(folder / "consistency-viz.sqlite3") as database:
        began, ended = database.execute("select started_at, ended_at from experiments_experiment").fetchone()
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()


@contextmanager
def _watched(pid: int) -> Iterator[_Used]:
    """What ``pid`` and its children use while this lasts."""
    used, stop = _Used(), threading.Event()
    cpu_s: dict[int, float] = {}
    first_s: dict[int, float] = {}

    def look() -> None:
        parent = psutil.Process(pid)
        while True:
            with suppress(psutil.Error):
                for process in [parent, *parent.children(recursive=True)]:
                    times = process.cpu_times()
                    cpu_s[process.pid] = times.user + times.system
                    first_s.setdefault(process.pid, cpu_s[process.pid])
                    used.memory_bytes = max(used.memory_bytes, process.memory_info().rss)
            if stop.wait(SAMPLED_EVERY_S):
                return

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield used
    finally:
        stop.set()
        thread.join()
        used.cpu_s = sum(cpu_s.values()) - sum(first_s.values())
