"""Kill -9 of each service in turn: nothing acknowledged is lost, every effect happens once, the service is back soon.

``CV_KILLS=20`` is how the figures in ``docs/faults.md`` were measured: each service has a process of its own then, and
there is one to spare. Without it there are two kills, and three processes that share the services.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any, NamedTuple

import psutil
import pytest

from consistency_viz.lab.children import Child
from consistency_viz.lab.stack import Stack
from tests.stack.account import Account
from tests.stack.support import all_alive, check_epochs_never_fall, epochs, impatient, orders_of
from tests.workers.live import history_of, until
from tests.workers.support import of_kind, plan_of
from workers.model.observation import Changed
from workers.runtime import control
from workers.runtime.connection import connect
from workers.runtime.keys import RunKeys

KILLS = int(os.environ.get("CV_KILLS", "0"))
pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(120 + 30 * KILLS)]
RUN = "killed"
UP_S_MAX = 60.0
BACK_S_MAX = 10.0
DRAINED_S_MAX = 30.0
PLACED_PER_S = 10.0
ORDERS = 40
FIELDS = impatient(ORDERS, PLACED_PER_S, duration_s=3_000.0, stay_open_s=3_000.0)
NODES = list(plan_of(FIELDS).nodes)


class Killed(NamedTuple):
    """One kill: which service it was meant for, who was hosted with it, and in how many seconds all were back."""

    node: str
    hosted: list[str]
    back_s: float


def hosts(stack: Stack, client: Any) -> dict[str, Child]:
    """The worker process of each node, by the connection of the node's user."""
    prefix = RunKeys(RUN).prefix
    rows = [row for row in client.client_list() if row["user"].startswith(prefix)]
    node_by_port = {int(row["addr"].rpartition(":")[2]): row["user"].removeprefix(prefix) for row in rows}
    found: dict[str, Child] = {}
    for worker in stack.workers:
        ports = {connection.laddr.port for connection in psutil.Process(worker.pid).net_connections()}
        found |= {node_by_port[port]: worker for port in ports & set(node_by_port)}
    return found


def kill(stack: Stack, client: Any, node: str) -> Killed:
    """Kill the process of a service, and wait until everybody that it hosted is back under a new epoch."""
    before, by_node = epochs(client, RUN), hosts(stack, client)
    hosted = sorted(name for name, worker in by_node.items() if worker is by_node[node])
    by_node[node].kill()
    killed_s = time.monotonic()

    def back() -> bool:
        return all_alive(client, RUN) and all(epochs(client, RUN)[f"{n}.1"] > before[f"{n}.1"] for n in hosted)

    assert until(back, UP_S_MAX), control.run_status(client, RUN)
    back_s = time.monotonic() - killed_s
    after = epochs(client, RUN)
    assert sorted(name for name, epoch in before.items() if after[name] > epoch) == [f"{n}.1" for n in hosted]
    return Killed(node, hosted, back_s)


def commanded(client: Any) -> int:
    """How many orders were ever sent: the workload's last ones are due some seconds after the first."""
    streams = [RunKeys(RUN).topic("commands", partition) for partition in range(plan_of(FIELDS).partitions)]
    return sum(client.xinfo_stream(stream)["entries-added"] for stream in streams if client.exists(stream))


def pending(client: Any) -> int:
    """How many messages of the run some reader has not processed."""
    plan, keys, count = plan_of(FIELDS), RunKeys(RUN), 0
    for topic, readers in plan.subscribers.items():
        for partition in range(plan.partitions):
            stream = keys.topic(topic, partition)
            added = client.xinfo_stream(stream)["entries-added"] if client.exists(stream) else 0
            count += sum(added - int(client.hget(keys.shard(node, partition), f"e:{topic}") or 0) for node in readers)
    return count


def test_each_service_is_killed_in_turn_and_nothing_acknowledged_is_lost_or_happens_twice(tmp_path, record_property):
    processes, threads = (len(NODES) + 1, 1) if KILLS else (3, 4)
    with (
        Stack(data_dir=tmp_path, redis_url="", runs_url="", workers=processes, concurrency=threads) as stack,
        connect(stack.redis_url) as client,
    ):
        control.create_run(client, RUN, FIELDS)
        assert until(lambda: all_alive(client, RUN), UP_S_MAX)
        kills: list[Killed] = []
        with Account(stack.redis_url, RUN, PLACED_PER_S) as account:
            for number in range(KILLS or 2):
                time.sleep(0.5)
                kills.append(kill(stack, client, NODES[(number + 1) % len(NODES)]))  # the order service first
        assert until(lambda: commanded(client) >= ORDERS + len(account.acknowledged), UP_S_MAX)
        closed_s = time.monotonic()
        assert until(lambda: pending(client) == 0, DRAINED_S_MAX)
        drained_s = time.monotonic() - closed_s
        control.stop_run(client, RUN, "all of it was looked at")
        assert control.run_status(client, RUN).reason == "all of it was looked at"
        history = history_of(client, RUN)
        check_epochs_never_fall(client, RUN)
        lost = [b.instance for b in of_kind(history, Changed) if b.state == "lost"]
        assert sorted(lost) == sorted(f"{node}.1" for killed in kills for node in killed.hosted)
        assert account.doubtful == []
        account.check(history, orders_of(ORDERS, 20))
        control.delete_run(client, RUN)
    record_property("back_s", [round(killed.back_s, 1) for killed in kills])
    tell(kills, len(account.acknowledged), drained_s)
    if KILLS:
        assert max(killed.back_s for killed in kills) <= BACK_S_MAX


def tell(kills: list[Killed], acknowledged: int, drained_s: float) -> None:
    """The figures, for who asks for the output (``-s``)."""
    rows = [f"{acknowledged} acknowledged, 0 lost, 0 doubled; nothing pending {drained_s:.1f} s after the last order"]
    times = {node: [killed.back_s for killed in kills if killed.node == node] for node in NODES}
    rows += [f"{n:12} {len(t)} kills, back after {min(t):.1f} to {max(t):.1f} s" for n, t in times.items() if t]
    sys.stdout.write("\n" + "\n".join(rows) + "\n")
