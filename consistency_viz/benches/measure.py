"""Measuring: CPU of this process and of the server, and one table of figures for people and for programs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median

import psutil


@dataclass(frozen=True)
class Figure:
    """One measured ratio, ``measured`` to ``against``, both medians in ``unit``; ``goal`` says what was aimed for."""

    name: str
    measured: float
    against: float
    unit: str
    ratio: float
    ratio_min: float
    ratio_max: float
    goal: str
    met: bool


def figure(name: str, unit: str, pairs: Sequence[tuple[float, float]], goal: float, *, at_most: bool) -> Figure:
    """The figure of (measured, against) pairs taken one after the other; the ratio is the median of the pairs'."""
    ratios = sorted(measured / against for measured, against in pairs)
    ratio = median(ratios)
    return Figure(
        name=name,
        measured=median(measured for measured, _ in pairs),
        against=median(against for _, against in pairs),
        unit=unit,
        ratio=ratio,
        ratio_min=ratios[0],
        ratio_max=ratios[-1],
        goal=f"{'<=' if at_most else '>='} {goal:g}x",
        met=ratio <= goal if at_most else ratio >= goal,
    )


def as_json(name: str, figures: Sequence[Figure], notes: Mapping[str, object]) -> str:
    """One object: the bench's name, its figures, and what else was measured."""
    return json.dumps({"bench": name, "figures": [asdict(f) for f in figures], "notes": dict(notes)}, indent=2)


def server_cpu_s(port: int) -> float:
    """CPU seconds, user and system, used so far by the process that listens on ``port`` of this machine."""
    for process in psutil.process_iter(["pid", "name"]):
        try:
            listening = any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in process.net_connections())
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
        if listening:
            times = process.cpu_times()
            return float(times.user + times.system)
    raise RuntimeError(f"no process of this machine listens on port {port}; the bench needs the embedded server")


def child(module: str, *arguments: str, timeout_s: float = 300.0) -> dict[str, float]:
    """Run ``python -m module arguments`` and read the one JSON object that it prints last."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)  # noqa: S603 (ours)
    if done.returncode:
        raise RuntimeError(f"{module} ended with {done.returncode}: {done.stderr.strip()[-2_000:]}")
    result: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return result
