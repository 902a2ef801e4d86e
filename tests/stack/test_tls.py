"""Sentinels and a cluster behind TLS: every connection of ours is encrypted, and made only with whom it trusts."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
import redis
from channels_redis.core import RedisChannelLayer

from consistency_viz.lab.children import Child, Command
from consistency_viz.lab.errors import LabError
from consistency_viz.lab.logs import BoundedLog
from consistency_viz.lab.ports import free_port
from consistency_viz.lab.redis_check import answers, check_runs_usable, check_usable
from consistency_viz.lab.server import EmbeddedServer, server_binary
from consistency_viz.lab.stack import Stack
from tests.stack.cluster import Cluster
from tests.stack.support import check_every_order_once, impatient, orders_of
from tests.stack.tls import Certificate, Door, certificate
from tests.workers.live import history_of, until
from workers.runtime import control
from workers.runtime.address import channel_layer_host
from workers.runtime.connection import connect, connect_to_run

pytestmark = [
    pytest.mark.stack,
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command to make a certificate with"),
]
END_S_MAX = 60.0
SENTINEL = """\
bind 127.0.0.1
port {port}
sentinel monitor lab 127.0.0.1 {primary} 1
sentinel auth-pass lab {password}
dir "{folder}"
logfile ""
"""


class Behind(NamedTuple):
    """A place behind doors: its URL without fields of TLS, the doors, and the certificate that they show."""

    url: str
    doors: list[Door]
    own: Certificate

    @property
    def trusting(self) -> str:
        return f"{self.url}{'&' if '?' in self.url else '?'}ssl_ca_certs={self.own.path}"


@pytest.fixture(scope="module")
def sentinel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    """A real primary and a real Sentinel that tells of it by the port of its door."""
    folder = tmp_path_factory.mktemp("tls")
    own = certificate(folder)
    with ExitStack() as stack:
        server = stack.enter_context(EmbeddedServer(folder / "server"))
        primary = stack.enter_context(Door(server.port, own))
        port = free_port()
        (folder / "sentinel").mkdir()
        password = server.url.partition("//:")[2].partition("@")[0]
        told = {"port": port, "primary": primary.port, "password": password, "folder": folder / "sentinel"}
        watching = _sentinel(folder / "sentinel", port, SENTINEL.format(**told))
        stack.callback(watching.stop)
        watching.start()
        door = stack.enter_context(Door(port, own))
        yield Behind(f"rediss+sentinel://:{password}@127.0.0.1:{door.port}/0?master=lab", [primary, door], own)


def _sentinel(folder: Path, port: int, text: str) -> Child:
    configuration = folder / "sentinel.conf"
    configuration.write_text(text)
    command = Command(
        name="sentinel",
        arguments=(str(server_binary()), str(configuration), "--sentinel"),
        environment={"LC_ALL": "C"},
        folder=folder,
        ready=lambda _: answers(f"redis://127.0.0.1:{port}/0"),
    )
    return Child(command, BoundedLog(folder / "sentinel.log"))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    """Three real nodes, each behind a door whose port is the one that they tell."""
    folder = tmp_path_factory.mktemp("tls-cluster")
    own = certificate(folder)
    with ExitStack() as stack:
        ports = [free_port() for _ in range(3)]
        doors = [stack.enter_context(Door(port, own)) for port in ports]
        stack.enter_context(Cluster(folder, ports=ports, announced=[door.port for door in doors]))
        yield Behind(f"rediss+cluster://127.0.0.1:{doors[0].port}", doors, own)


def counts(place: Behind) -> list[int]:
    return [door.within_tls for door in place.doors]


def test_a_whole_laboratory_is_played_behind_sentinels_with_tls(sentinel, tmp_path):
    """Reconciler, instances and their users, Celery's queue, the channel layer, and the page's way to the stream."""
    check_usable(sentinel.trusting)
    before, plain = counts(sentinel), [door.plain for door in sentinel.doors]
    with (
        Stack(data_dir=tmp_path, redis_url=sentinel.trusting, runs_url="") as stack,
        connect(stack.redis_url) as client,
    ):
        control.create_run(client, "encrypted", impatient(20, 40.0))
        assert until(lambda: control.run_status(client, "encrypted").ended_us is not None, END_S_MAX)
        check_every_order_once(history_of(client, "encrypted"), orders_of(20, 20))
        asyncio.run(_says_and_reads(sentinel.trusting))
        control.delete_run(client, "encrypted")
    assert all(after - first > 10 for after, first in zip(counts(sentinel), before, strict=True))
    # Nobody of ours came without TLS: the Sentinel does, to the primary, and may once more.
    assert sentinel.doors[0].plain <= plain[0] + 2
    assert sentinel.doors[1].plain == plain[1]


async def _says_and_reads(url: str) -> None:
    layer = RedisChannelLayer(hosts=[channel_layer_host(url)])
    channel = await layer.new_channel()
    await layer.send(channel, {"type": "said"})
    assert await asyncio.wait_for(layer.receive(channel), 5) == {"type": "said"}
    asked = layer.connection(0).connection_pool.sentinel_manager.sentinels  # which nobody else closes
    await layer.flush()
    await layer.close_pools()
    for one in asked:
        await one.aclose()
    await _exists(url, "", "encrypted")


def test_runs_are_played_on_a_cluster_with_tls(cluster, tmp_path):
    check_runs_usable(cluster.trusting)
    runs = [f"encrypted-{number}" for number in range(2)]
    with (
        Stack(data_dir=tmp_path, redis_url="", runs_url=cluster.trusting) as stack,
        connect(stack.redis_url, cluster.trusting) as client,
    ):
        for run in runs:
            control.create_run(client, run, impatient(5, 40.0))
        for run in runs:
            assert until(lambda run=run: control.run_status(client, run).ended_us is not None, END_S_MAX)
            check_every_order_once(history_of(client.run(run), run), orders_of(5, 20))
            asyncio.run(_exists(stack.redis_url, cluster.trusting, run))
            control.delete_run(client, run)
    assert sum(counts(cluster)) > 20
    assert [door.plain for door in cluster.doors] == [0, 0, 0]


async def _exists(url: str, runs_url: str, run: str) -> None:
    client = connect_to_run(url, runs_url, run)
    assert await client.exists(f"cv:{{{run}}}:obs") == 1
    await client.aclose()
    await asyncio.sleep(0.1)  # TLS ends with a word from each side


def test_who_shows_a_certificate_that_is_not_trusted_is_told_nothing(sentinel, cluster, tmp_path):
    strange = certificate(tmp_path, "strange").path
    for trusted in ("", f"&ssl_ca_certs={strange}"):
        with connect(sentinel.url + trusted) as client, pytest.raises(redis.ConnectionError):
            client.ping()
        with pytest.raises(LabError, match="No Redis server can be used"):
            check_usable(sentinel.url + trusted)
        with pytest.raises(LabError, match="certificate verify failed"):
            check_runs_usable(cluster.url + trusted.replace("&", "?"))
    assert sum(door.refused for door in (*sentinel.doors, *cluster.doors)) > 0
    with connect(f"{sentinel.url}&ssl_cert_reqs=none") as client:  # asked for, and then it is the operator's word
        assert client.ping()
