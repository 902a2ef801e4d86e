"""A soak: the whole real stack under a steady load for minutes, and what it holds at the end of each.

Server, worker and web process are the laboratory's: the web process records the run, and is watched over a socket.
Beside it a process of its own follows the run as a page does and nothing else.

Nothing here is a ratio to something else. What is asked is that nothing grows that is not bounded: memory of each
process, descriptors, connections, keys, and messages that wait.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import psutil
import redis

from consistency_viz.benches.soak_page import follow_beside
from consistency_viz.benches.soak_web import Viewer, Web, prepare
from consistency_viz.lab.ports import free_port
from consistency_viz.lab.stack import Stack
from workers.cluster.plan import Plan, build
from workers.cluster.scenario import Scenario
from workers.runtime import control
from workers.runtime.connection import connect
from workers.runtime.keys import RunKeys

PERIOD_S: Final = 60.0
UP_S_MAX: Final = 30.0
DRAIN_S_MAX: Final = 30.0
GROWTH_MAX: Final = 1.1
WARM_MINUTES: Final = 10.0
"""Until the shards of the nodes are full, and the page: 5,000 records each, 12,000 keys."""

MEMORY: Final = ("worker_mb", "server_mb", "web_mb", "page_mb")
COUNTED: Final = ("worker_descriptors", "web_descriptors", "connections", "keys")
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
    web_mb: float
    page_mb: float
    worker_descriptors: int
    web_descriptors: int
    connections: int
    keys: int
    entries: int
    pending: int
    orders: int
    shown: int
    """Observations that the viewer was told of."""


class Soaked(msgspec.Struct, frozen=True):
    """A row a minute, how the run ended, and in sentences what grew that should not have.

    ``observations`` are those that the viewer was told of; ``mb_per_hour``: see ``rates``.
    """

    rows: list[Held]
    state: str
    reason: str
    observations: int
    grew: list[str]
    mb_per_hour: dict[str, float]


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
    rows: list[Held] = []
    token = prepare(folder, scenario)
    with (
        Stack(data_dir=folder, redis_url="", web_port=free_port()) as stack,
        connect(stack.redis_url) as client,
    ):
        web = Web(stack.web_url, token)
        run = web.start(scenario["name"])
        _wait(lambda: _alive(client, run), UP_S_MAX)
        status = control.run_status(client, run)
        page = follow_beside(stack.redis_url, run, scenario, 0 if status is None else status.started_us)
        viewer = Viewer(stack.web_url, run)
        viewer.start()
        started_s = time.monotonic()
        for number in range(1, max(1, round(minutes * 60 / period_s)) + 1):
            time.sleep(max(0.0, started_s + number * period_s - time.monotonic()))
            held = _Held(stack, client, RunKeys(run), plan, page.pid, viewer.observations)
            rows.append(held.at(number * period_s / 60))
            tell(rows[-1])
        died = not page.is_alive()
        web.stop(run)
        state, reason = web.end_of(run, DRAIN_S_MAX)
        viewer.join(DRAIN_S_MAX)
        page.join(DRAIN_S_MAX)
    return Soaked(rows, state, reason, viewer.observations, grew(rows) + [PAGE_DIED] * died, rates(rows))


def grew(rows: list[Held]) -> list[str]:
    """What grew between the second row and the last though the load stayed: the first row is warming up.

    Memory of a worker may grow while its shards fill up to their bound of records, so it is told with its rate.
    """
    if len(rows) < 3:
        return []
    first, last = rows[1], rows[-1]
    found: list[str] = []
    for name in MEMORY:
        before, after = getattr(first, name), getattr(last, name)
        if after > before * GROWTH_MAX:
            per_order = (after - before) * 1e6 / max(1, last.orders - first.orders)
            found.append(f"{name} from {before:.1f} to {after:.1f}: {per_order:,.0f} bytes an order")
    for name in COUNTED:
        before, after = getattr(first, name), getattr(last, name)
        if after > before + 3:
            found.append(f"{name} from {before} to {after}")
    return found


def rates(rows: list[Held], warm_minutes: float = WARM_MINUTES) -> dict[str, float]:
    """Megabytes an hour of each process since it is warm: the median slope of all pairs of rows (Theil and Sen).

    One row that was measured in the middle of a large frame moves it little. Empty with fewer than three warm rows.
    """
    warm = [row for row in rows if row.minute >= warm_minutes]
    if len(warm) < 3:
        return {}
    return {
        name: round(
            statistics.median(
                60 * (getattr(b, name) - getattr(a, name)) / (b.minute - a.minute) for a, b in combinations(warm, 2)
            ),
            2,
        )
        for name in MEMORY
    }


def _alive(client: redis.Redis, run: str) -> bool:
    status = control.run_status(client, run)
    return status is not None and bool(status.instances) and all(i.alive for i in status.instances)


def _wait(condition: Callable[[], bool], most_s: float) -> None:
    deadline_s = time.monotonic() + most_s
    while not condition() and time.monotonic() < deadline_s:
        time.sleep(0.1)


class _Held(NamedTuple):
    """What to look at."""

    stack: Stack
    client: redis.Redis
    keys: RunKeys
    plan: Plan
    page_pid: int | None
    shown: int

    def at(self, minute: float) -> Held:
        """Everything now, as the row of this minute."""
        worker = psutil.Process(self.stack.worker.pid)
        server = psutil.Process(self.stack.server.pid if self.stack.server is not None else None)
        web = psutil.Process(self.stack.web.pid if self.stack.web is not None else None)
        entries, pending = self._flow()
        return Held(
            minute=minute,
            worker_mb=worker.memory_info().rss / 1e6,
            server_mb=server.memory_info().rss / 1e6,
            web_mb=web.memory_info().rss / 1e6,
            page_mb=psutil.Process(self.page_pid).memory_info().rss / 1e6,
            worker_descriptors=worker.num_fds(),
            web_descriptors=web.num_fds(),
            connections=int(self.client.info("clients")["connected_clients"]),
            keys=int(self.client.dbsize()),
            entries=entries,
            pending=pending,
            orders=sum(self._added("commands", p) for p in range(self.plan.partitions)),
            shown=self.shown,
        )

    def _flow(self) -> tuple[int, int]:
        """How many entries the topics hold, and how many of what was ever added some reader has still to process."""
        entries = pending = 0
        for topic, readers in self.plan.subscribers.items():
            for partition in range(self.plan.partitions):
                entries += int(self.client.xlen(self.keys.topic(topic, partition)))
                added = self._added(topic, partition)
                for node in readers:
                    seen: Any = self.client.hget(self.keys.shard(node, partition), f"e:{topic}")
                    pending += max(0, added - int(seen or 0))
        return entries, pending

    def _added(self, topic: str, partition: int) -> int:
        stream = self.keys.topic(topic, partition)
        if not self.client.exists(stream):
            return 0
        about: Any = self.client.xinfo_stream(stream)
        return int(about["entries-added"])
