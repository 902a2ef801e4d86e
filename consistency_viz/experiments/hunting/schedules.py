"""Fault schedules drawn by seed: what may break in a scenario, how, when, and for how long. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from workers.cluster.plan import Plan, PlanError, check_fault
from workers.cluster.schema.faults import FaultSettings, one_fault
from workers.model.randomness import draws

FAULTS_MAX: Final = 8
TRIES: Final = 20


def drawn(plan: Plan, seed: int, count: int) -> tuple[FaultSettings, ...]:
    """``count`` faults (at most ``FAULTS_MAX``) in the order of their beginnings; the same for the same seed.

    Clients are spared what would only stop the work: pauses and crashes are the services'.
    """
    span_s = plan.scenario.duration_s or 60.0
    faults: list[FaultSettings] = []
    for number in range(min(count, FAULTS_MAX)):
        for attempt in range(TRIES):
            found = _one(plan, seed, f"{number}.{attempt}", span_s)
            if found is not None:
                faults.append(found)
                break
    return tuple(sorted(faults, key=lambda fault: fault.at_s))


def _one(plan: Plan, seed: int, name: str, span_s: float) -> FaultSettings | None:
    which, when, how_long, where, other, how_much = draws(seed, f"hunt:{name}", 6)
    services = [node.id for node in plan.nodes.values() if node.role != "client"]
    if not services:
        return None
    node, peer = services[int(where * len(services))], services[int(other * len(services))]
    kinds: tuple[Callable[[], dict[str, Any]], ...] = (
        lambda: {"kind": "partition", "between": [[node], ["*"]], "mode": "drop" if how_much < 0.5 else "hold"},
        lambda: {"kind": "partition", "between": [[node], [peer]], "one_way": how_much < 0.5},
        lambda: {"kind": "link", "source": node, "target": peer, "loss": round(0.1 + 0.6 * how_much, 2)},
        lambda: {"kind": "link", "target": node, "duplicate": round(0.2 + 0.6 * how_much, 2)},
        lambda: {"kind": "link", "target": node, "latency": {"kind": "constant", "ms": round(50 + 3_000 * how_much)}},
        lambda: {"kind": "pause", "node": node},
        lambda: {"kind": "crash", "node": node},
        lambda: {"kind": "clock", "node": node, "offset_ms": round((how_much - 0.5) * 120_000)},
    )
    entry = kinds[int(which * len(kinds))]()
    entry |= {"at_s": round(when * span_s * 0.8, 2), "for_s": round(0.5 + how_long * span_s * 0.3, 2)}
    if entry["kind"] == "partition" and entry["between"][0] == entry["between"][1]:
        return None
    settings = one_fault.validate_python(entry)
    try:
        check_fault(plan, "fault", settings)
    except PlanError:
        return None
    return settings
