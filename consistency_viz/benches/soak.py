"""A soak: the whole real stack under a steady load for minutes, and what it holds at the end of each.

Nothing here is a ratio to something else. What is asked is that nothing grows that is not bounded: memory of each
process, descriptors, connections, keys, and messages that wait.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import psutil
import redis

from consistency_viz.benches.soak_page import follow_beside
from consistency_viz.experiments.simulations import header_of
from consistency_viz.lab.stack import Stack
from consistency_viz.observation.recorder import Ending, Recorder
from workers.cluster.plan import Plan, build
from workers.cluster.scenario import Scenario
from workers.runtime import control
from workers.runtime.connection import connect
from workers.runtime.keys import RunKeys

RUN: Final = "soak"
PERIOD_S: Final = 60.0
UP_S_MAX: Final = 30.0
DRAIN_S_MAX: Final = 30.0
GROWTH_MAX: Final = 1.1
PAGE_DIED: Final = "the process that follows as a page ended before the run did: see its traceback"
SCENARIO: Final[dict[str, Any]] = {
    "name": "soak",
    "title": "A steady load for minutes",
    "design": "asynchronous-broadcast",
    "duration_s": None,
    "workload": {"orders": None, "orders_per_s": 10.0, "sessions": 20, "reads_per_order": 1, "invalid_share": 0.1},
    "network": {"default": {"latency": {"kind": "uniform", "low_ms": 1, "high_ms": 50}, "duplicate": 0.05}},
}


class Held(msgspec.Struct, frozen=True):
    """What the stack holds at one moment. Megabytes are 10^6 bytes; ``orders`` were placed in all so far."""

    minute: float
    worker_mb: float
    server_mb: float
    recorder_mb: float
    page_mb: float
    worker_descriptors: int
    connections: int
    keys: int
    entries: int
    pending: int
    orders: int


class Soaked(msgspec.Struct, frozen=True):
    """A row a minute, how the run ended, and in sentences what grew that should not have."""

    rows: list[Held]
    state: str
    reason: str
    observations: int
    grew: list[str]


def soak(
    minutes: float,
    folder: Path,
    tell: Callable[[Held], None],
    period_s: float = PERIOD_S,
    orders_per_s: float = 10.0,
    views: int = 2,
) -> Soaked:
    """Run for so long on a stack of its own in ``folder``; ``tell`` hears each row as soon as it is measured.

    The nodes are the five services and clients of the flow, and ``views`` views.
    """
    scenario = {**SCENARIO, "views": views, "workload": {**SCENARIO["workload"], "orders_per_s": orders_per_s}}
    plan = build(Scenario.model_validate(scenario))
    endings: list[Ending] = []
    rows: list[Held] = []
    with Stack(data_dir=folder, redis_url="") as stack, connect(stack.redis_url) as client:
        control.create_run(client, RUN, scenario)
        recording = threading.Thread(target=_record, args=(stack.redis_url, plan, folder, endings), daemon=True)
        recording.start()
        _wait(lambda: _alive(client), UP_S_MAX)
        status = control.run_status(client, RUN)
        page = follow_beside(stack.redis_url, RUN, scenario, 0 if status is None else status.started_us)
        started_s = time.monotonic()
        for number in range(1, max(1, round(minutes * 60 / period_s)) + 1):
            time.sleep(max(0.0, started_s + number * period_s - time.monotonic()))
            rows.append(_held(stack, client, page.pid, plan, number * period_s / 60))
            tell(rows[-1])
        died = not page.is_alive()
        control.stop_run(client, RUN, "the soak is over")
        _wait(lambda: bool(endings), DRAIN_S_MAX)
        control.delete_run(client, RUN)
        page.join(DRAIN_S_MAX)
    ending = endings[0] if endings else Ending(RUN, "failed", "it was not recorded to its end", 0, 0, None, 0)
    return Soaked(rows, ending.state, ending.reason, ending.observations, grew(rows) + [PAGE_DIED] * died)


def grew(rows: list[Held]) -> list[str]:
    """What grew between the second row and the last though the load stayed: the first row is warming up.

    Memory of a worker may grow while its shards fill up to their bound of records, so it is told with its rate.
    """
    if len(rows) < 3:
        return []
    first, last = rows[1], rows[-1]
    found: list[str] = []
    for name in ("worker_mb", "server_mb", "recorder_mb", "page_mb"):
        before, after = getattr(first, name), getattr(last, name)
        if after > before * GROWTH_MAX:
            per_order = (after - before) * 1e6 / max(1, last.orders - first.orders)
            found.append(f"{name} from {before:.1f} to {after:.1f}: {per_order:,.0f} bytes an order")
    for name in ("worker_descriptors", "connections", "keys"):
        before, after = getattr(first, name), getattr(last, name)
        if after > before + 3:
            found.append(f"{name} from {before} to {after}")
    return found


def _record(url: str, plan: Plan, folder: Path, endings: list[Ending]) -> None:
    def header(status: Any) -> Any:
        return msgspec.structs.replace(header_of(plan, "live"), run=RUN, started_us=int(status.started_us))

    with connect(url) as client:
        Recorder(client, RUN, folder / "soak.jsonl", control, header, endings.append).run(lambda: False)


def _alive(client: redis.Redis) -> bool:
    status = control.run_status(client, RUN)
    return status is not None and bool(status.instances) and all(i.alive for i in status.instances)


def _wait(condition: Callable[[], bool], most_s: float) -> None:
    deadline_s = time.monotonic() + most_s
    while not condition() and time.monotonic() < deadline_s:
        time.sleep(0.1)


def _held(stack: Stack, client: redis.Redis, page_pid: int | None, plan: Plan, minute: float) -> Held:
    worker = psutil.Process(stack.worker.pid)
    server = psutil.Process(stack.server.pid if stack.server is not None else None)
    entries, pending = _flow(client, plan)
    return Held(
        minute=minute,
        worker_mb=worker.memory_info().rss / 1e6,
        server_mb=server.memory_info().rss / 1e6,
        recorder_mb=psutil.Process().memory_info().rss / 1e6,
        page_mb=psutil.Process(page_pid).memory_info().rss / 1e6,
        worker_descriptors=worker.num_fds(),
        connections=int(client.info("clients")["connected_clients"]),
        keys=int(client.dbsize()),
        entries=entries,
        pending=pending,
        orders=sum(_added(client, "commands", p) for p in range(plan.partitions)),
    )


def _flow(client: redis.Redis, plan: Plan) -> tuple[int, int]:
    """How many entries the topics hold, and how many of what was ever added some reader has still to process."""
    keys, entries, pending = RunKeys(RUN), 0, 0
    for topic, readers in plan.subscribers.items():
        for partition in range(plan.partitions):
            entries += int(client.xlen(keys.topic(topic, partition)))
            added = _added(client, topic, partition)
            for node in readers:
                seen: Any = client.hget(keys.shard(node, partition), f"e:{topic}")
                pending += max(0, added - int(seen or 0))
    return entries, pending


def _added(client: redis.Redis, topic: str, partition: int) -> int:
    stream = RunKeys(RUN).topic(topic, partition)
    if not client.exists(stream):
        return 0
    about: Any = client.xinfo_stream(stream)
    return int(about["entries-added"])
