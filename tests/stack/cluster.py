"""A real cluster on loopback: three primaries that share the slots."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import redis

from consistency_viz.lab.children import Child, Command
from consistency_viz.lab.logs import BoundedLog
from consistency_viz.lab.ports import free_port
from consistency_viz.lab.redis_check import answers
from consistency_viz.lab.server import server_binary

SLOTS = 16_384
CONFIGURATION = """\
bind 127.0.0.1
port {port}
cluster-enabled yes
cluster-port {bus_port}
cluster-config-file nodes.conf
{announced}
save ""
dir "{folder}"
logfile ""
"""


class Cluster:
    """Three nodes; a context manager."""

    def __init__(self, folder: Path, nodes: int = 3, ports: Sequence[int] = (), announced: Sequence[int] = ()) -> None:
        """``ports``: these instead of free ones; ``announced``: what clients are told instead of them."""
        self.ports = [*ports] or [free_port() for _ in range(nodes)]
        self._announced = dict(zip(self.ports, announced, strict=False))
        self._folder = folder
        self._children: list[Child] = []

    def __enter__(self) -> Self:
        buses = [free_port() for _ in self.ports]
        for port, bus_port in zip(self.ports, buses, strict=True):
            self._children.append(self._node(port, bus_port))
            self._children[-1].start()
        share = -(-SLOTS // len(self.ports))
        for number, port in enumerate(self.ports):
            first, last = number * share, min(SLOTS, (number + 1) * share) - 1
            self._ask(port, "CLUSTER", "ADDSLOTSRANGE", first, last)
            self._ask(port, "CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for port, bus_port in zip(self.ports[1:], buses[1:], strict=True):
            self._ask(self.ports[0], "CLUSTER", "MEET", "127.0.0.1", port, bus_port)
        deadline_s = time.monotonic() + 20
        while not all(self._is_ok(port) for port in self.ports):
            assert time.monotonic() < deadline_s
            time.sleep(0.1)
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children:
            child.stop()

    def url(self, number: int = 0) -> str:
        """One node's URL."""
        return f"redis://127.0.0.1:{self.ports[number]}/0"

    @property
    def runs_url(self) -> str:
        """As ``REDIS_RUNS_URL`` says it."""
        return "redis+cluster://" + ",".join(f"127.0.0.1:{port}" for port in self.ports)

    def keys_of(self, run: str, node: int) -> int:
        """How many keys of a run (``""``: of any) are on a node."""
        with redis.Redis(port=self.ports[node]) as client:
            return sum(b":dispatch:" not in key for key in client.scan_iter(f"cv:{{{run}}}:*" if run else "cv:*"))

    def move_slot(self, key: str, source: int, target: int) -> None:
        """Move the key's slot, with all that is in it, from one node to another: atomically, as Valkey 9 can."""
        slot = self.slot(key)
        raw = self._ask(self.ports[target], "CLUSTER", "MYID")
        target_id = raw.decode() if isinstance(raw, bytes) else raw
        self._ask(self.ports[source], "CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", slot, slot, "NODE", target_id)

    def slot(self, key: str) -> int:
        return int(self._ask(self.ports[0], "CLUSTER", "KEYSLOT", key))

    def node_of(self, key: str) -> int:
        """The number of the node that has the key's slot."""
        return self.slot(key) // -(-SLOTS // len(self.ports))

    def _is_ok(self, port: int) -> bool:
        raw = self._ask(port, "CLUSTER", "INFO")
        text = raw if isinstance(raw, str) else str(raw)
        return "cluster_state:ok" in text or (isinstance(raw, dict) and raw.get("cluster_state") == "ok")

    def _ask(self, port: int, *command: Any) -> Any:
        with redis.Redis(port=port) as client:
            return client.execute_command(*command)

    def _node(self, port: int, bus_port: int) -> Child:
        folder = self._folder / str(port)
        folder.mkdir(parents=True)
        configuration = folder / "server.conf"
        told = self._announced.get(port)
        announced = "" if told is None else f"cluster-announce-port {told}"
        configuration.write_text(CONFIGURATION.format(port=port, bus_port=bus_port, folder=folder, announced=announced))
        command = Command(
            name=f"node {port}",
            arguments=(str(server_binary()), str(configuration)),
            environment={"LC_ALL": "C"},
            folder=folder,
            ready=lambda _: answers(f"redis://127.0.0.1:{port}/0"),
        )
        return Child(command, BoundedLog(folder / "server.log"))
