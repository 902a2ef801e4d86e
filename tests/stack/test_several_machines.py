"""Workers on other machines: three network namespaces with host names of their own, a server in one and workers in two.

Needs root, and ``ip`` and ``unshare``; where those are not there the proxy (``test_network``) has to do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from consistency_viz.lab.children import Child, Command
from consistency_viz.lab.logs import BoundedLog
from consistency_viz.lab.ports import free_port
from consistency_viz.lab.redis_check import answers
from consistency_viz.lab.server import server_binary
from consistency_viz.lab.stack import PROJECT, WORKER_APP
from tests.stack.account import Account
from tests.stack.support import all_alive, check_epochs_never_fall, epochs, impatient, orders_of
from tests.workers.live import history_of, until
from workers.runtime import control
from workers.runtime.connection import connect
from workers.runtime.keys import WORKERS

pytestmark = [pytest.mark.stack, pytest.mark.slow]
PASSWORD = "several-machines"
ORDERS = 60
RECOVERY_S_MAX = 10.0
BACK_S_MAX = 30.0


def ip(*arguments: str) -> None:
    subprocess.run(("ip", *arguments), check=True, capture_output=True, timeout=10)


def may_have_namespaces() -> bool:
    """Whether this system lets us make one."""
    if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("unshare"):
        return False
    name = f"cv-may-{os.getpid()}"
    made = subprocess.run(("ip", "netns", "add", name), capture_output=True, timeout=10, check=False).returncode == 0
    if made:
        ip("netns", "del", name)
    return made


class Host:
    """A machine of its own: a namespace with a cable to ours, and a host name. A context manager."""

    def __init__(self, number: int) -> None:
        self.name = f"cv{os.getpid() % 100_000}-{number}"
        self.cable = f"cvh{os.getpid() % 100_000}-{number}"
        self.ours, self.theirs = f"10.213.{number}.1", f"10.213.{number}.2"

    def __enter__(self) -> Self:
        ip("netns", "add", self.name)
        ip("link", "add", self.cable, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        ip("addr", "add", f"{self.ours}/30", "dev", self.cable)
        ip("-n", self.name, "addr", "add", f"{self.theirs}/30", "dev", "eth0")
        ip("-n", self.name, "link", "set", "eth0", "up")
        ip("-n", self.name, "link", "set", "lo", "up")
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(("ip", "link", "del", self.cable), check=False, capture_output=True, timeout=10)
        ip("netns", "del", self.name)

    def unplug(self) -> None:
        """Pull the cable: nobody is told."""
        ip("link", "set", self.cable, "down")

    def plug(self) -> None:
        ip("link", "set", self.cable, "up")

    def worker(self, port: int, folder: Path) -> Child:
        """A worker on this machine, as one would start it there by hand."""
        celery = f"{sys.executable} -m celery -A {WORKER_APP} worker -P threads -c 16 -l info --without-gossip"
        command = f"hostname {self.name} && exec {celery} --without-mingle --without-heartbeat"
        url = f"redis://:{PASSWORD}@{self.ours}:{port}/0"
        return Child(
            Command(
                name=self.name,
                arguments=(
                    str(shutil.which("ip")),
                    "netns",
                    "exec",
                    self.name,
                    "unshare",
                    "--uts",
                    "sh",
                    "-c",
                    command,
                ),
                environment={**os.environ, "REDIS_URL": url, "CELERY_BROKER_URL": "", "PYTHONUNBUFFERED": "1"},
                folder=PROJECT,
                ready=lambda child: child.printed(" ready."),
            ),
            BoundedLog(folder / f"{self.name}.log"),
        )


def server_at(folder: Path, port: int) -> Child:
    """A server that other machines can reach."""
    configuration = folder / "server.conf"
    configuration.write_text(
        f'bind 0.0.0.0\nport {port}\nrequirepass {PASSWORD}\nsave ""\ndir "{folder}"\nlogfile ""\n'
    )
    url = f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
    command = Command(
        name="server",
        arguments=(str(server_binary()), str(configuration)),
        environment={"LC_ALL": "C"},
        folder=folder,
        ready=lambda _: answers(url),
    )
    return Child(command, BoundedLog(folder / "server.log"))


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[tuple[Any, Host, Host, str]]:
    if not may_have_namespaces():
        pytest.skip("network namespaces need root, ip and unshare")
    port = free_port()
    server = server_at(tmp_path, port)
    children = [server]
    with Host(1) as first, Host(2) as second:
        try:
            server.start()
            for host in (first, second):
                children.append(host.worker(port, tmp_path))
                children[-1].start(wait=False)
            for child in children:
                child.wait_ready()
            url = f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
            with connect(url) as client:
                yield client, first, second, url
        finally:
            first.plug()
            second.plug()
            for child in reversed(children):
                child.stop()


def hosted(client: Any, run: str, host: Host) -> set[str]:
    """The nodes of a run that a machine works for: each has a user of its own."""
    prefix = f"cv:{{{run}}}:"
    ours = [row for row in client.client_list() if row["addr"].startswith(f"{host.theirs}:")]
    return {row["user"].removeprefix(prefix) for row in ours if row["user"].startswith(prefix)}


def unplug_until_taken_over(client: Any, run: str, host: Host) -> float:
    """Pull a machine's cable until another one has all of its instances; in seconds. The server drops it meanwhile."""
    nodes, before = hosted(client, run, host), epochs(client, run)
    assert nodes
    host.unplug()
    unplugged_s = time.monotonic()
    for row in client.client_list():
        if row["addr"].startswith(f"{host.theirs}:"):
            client.client_kill_filter(_id=row["id"])

    def taken_over() -> bool:
        now = epochs(client, run)
        return all_alive(client, run) and all(now[f"{node}.1"] > before[f"{node}.1"] for node in nodes)

    assert until(taken_over, RECOVERY_S_MAX)
    return round(time.monotonic() - unplugged_s, 1)


def test_a_machine_that_is_cut_off_is_replaced_and_works_again_when_it_is_back(machines, record_property):
    client, *hosts, url = machines
    control.create_run(client, "several", impatient(ORDERS, 10.0))
    assert until(lambda: all_alive(client, "several"), RECOVERY_S_MAX)
    assert until(lambda: control.workers_alive(client) == 2, RECOVERY_S_MAX)
    # Who starts where is chance: the first to go is the one that has more.
    first, second = sorted(hosts, key=lambda host: -len(hosted(client, "several", host)))
    assert {name.decode().rsplit("-", 2)[0] for name in client.hkeys(WORKERS)} == {first.name, second.name}
    with Account(url, "several", 20.0) as account:
        takeovers_s = [unplug_until_taken_over(client, "several", first)]
        first.plug()
        plugged_s = time.monotonic()
        assert until(lambda: control.workers_alive(client) == 2, BACK_S_MAX)
        record_property("back_s", round(time.monotonic() - plugged_s, 1))
        time.sleep(max(0.0, 8.0 - (time.monotonic() - plugged_s)))  # until it knows that the server dropped it
        takeovers_s.append(unplug_until_taken_over(client, "several", second))
        second.plug()
    record_property("takeovers_s", takeovers_s)
    assert until(lambda: control.run_status(client, "several").ended_us is not None, 40)
    status = control.run_status(client, "several")
    assert (status.state, status.reason) == ("finished", "every message was processed")
    assert account.doubtful == []
    account.check(history_of(client, "several"), orders_of(ORDERS, 20))
    check_epochs_never_fall(client, "several")
