"""A real primary with a replica, and three real Sentinels that watch them, on loopback."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Self

import redis

from consistency_viz.lab.children import Child, Command
from consistency_viz.lab.logs import BoundedLog
from consistency_viz.lab.ports import free_port
from consistency_viz.lab.redis_check import answers
from consistency_viz.lab.server import server_binary
from tests.workers.live import until

MASTER = "laboratory"
PASSWORD = "watched"
SENTINEL_PASSWORD = "watching"
DOWN_AFTER_MS = 2_000
SERVER = """\
bind 127.0.0.1
port {port}
requirepass {password}
primaryauth {password}
appendonly yes
appendfsync always
save ""
repl-diskless-sync-delay 0
dir "{folder}"
logfile ""
"""
SENTINEL = """\
bind 127.0.0.1
port {port}
requirepass {own}
sentinel monitor {master} 127.0.0.1 {primary} 2
sentinel auth-pass {master} {password}
sentinel down-after-milliseconds {master} {down_after_ms}
sentinel failover-timeout {master} 4000
dir "{folder}"
logfile ""
"""


class Watched:
    """Two servers and three Sentinels; a context manager. ``servers[0]`` begins as the primary."""

    def __init__(self, folder: Path) -> None:
        self.ports = [free_port() for _ in range(2)]
        self.sentinel_ports = [free_port() for _ in range(3)]
        self.servers: list[Child] = []
        self._sentinels: list[Child] = []
        self._folder = folder

    def __enter__(self) -> Self:
        try:
            for port in self.ports:
                self.servers.append(self._child(port, SERVER.format(**self._fields(port)), PASSWORD))
                self.servers[-1].start()
            with self.client(1) as replica:
                replica.replicaof("127.0.0.1", str(self.ports[0]))
                assert until(lambda: replica.info("replication")["master_link_status"] == "up", 10)
            for port in self.sentinel_ports:
                text = SENTINEL.format(**self._fields(port))
                self._sentinels.append(self._child(port, text, SENTINEL_PASSWORD, "--sentinel"))
                self._sentinels[-1].start()
            assert until(self._knows_all, 15)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for child in reversed([*self.servers, *self._sentinels]):
            child.stop()

    @property
    def url(self) -> str:
        """As ``REDIS_URL`` says it."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.sentinel_ports)
        return f"sentinel://:{PASSWORD}@{hosts}/0?master={MASTER}&sentinel_password={SENTINEL_PASSWORD}"

    def client(self, server: int) -> redis.Redis:
        """Of one of the two servers, whatever it is."""
        return redis.Redis(port=self.ports[server], password=PASSWORD)

    def primary(self) -> int:
        """Which of the two the Sentinels say is the primary."""
        with self._sentinel(0) as sentinel:
            host_and_port = sentinel.execute_command("SENTINEL", "GET-PRIMARY-ADDR-BY-NAME", MASTER)
        return self.ports.index(int(host_and_port[1]))

    def kill_primary(self) -> float:
        """Kill -9 whoever is the primary; when, on the monotonic clock."""
        self.servers[self.primary()].kill(revive=False)
        return time.monotonic()

    def _sentinel(self, number: int) -> redis.Redis:
        return redis.Redis(port=self.sentinel_ports[number], password=SENTINEL_PASSWORD)

    def _knows_all(self) -> bool:
        """Whether every Sentinel knows the replica and the two others."""
        for number in range(3):
            with self._sentinel(number) as sentinel:
                raw = sentinel.execute_command("SENTINEL", "PRIMARY", MASTER)
                about = raw if isinstance(raw, dict) else dict(zip(raw[::2], raw[1::2], strict=True))
                told = {(k.decode() if isinstance(k, bytes) else k): v for k, v in about.items()}
                if (int(told["num-slaves"]), int(told["num-other-sentinels"])) != (1, 2):
                    return False
        return True

    def _fields(self, port: int) -> dict[str, object]:
        folder = self._folder / str(port)
        folder.mkdir(parents=True, exist_ok=True)
        return {
            "port": port,
            "folder": folder,
            "primary": self.ports[0],
            "master": MASTER,
            "password": PASSWORD,
            "own": SENTINEL_PASSWORD,
            "down_after_ms": DOWN_AFTER_MS,
        }

    def _child(self, port: int, text: str, password: str, *arguments: str) -> Child:
        folder = self._folder / str(port)
        configuration = folder / "server.conf"
        configuration.write_text(text)
        command = Command(
            name=f"server {port}",
            arguments=(str(server_binary()), str(configuration), *arguments),
            environment={"LC_ALL": "C"},
            folder=folder,
            ready=lambda _: answers(f"redis://:{password}@127.0.0.1:{port}/0"),
        )
        return Child(command, BoundedLog(folder / "server.log"))
