from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from consistency_viz.lab import server as server_module
from consistency_viz.lab.errors import LabError
from consistency_viz.lab.server import EmbeddedServer, server_binary
from tests.lab.helpers import gone, until

ORPHAN_MAKER = """\
import sys, time
from pathlib import Path
from consistency_viz.lab.server import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
time.sleep(60)
"""


def client_of(server: EmbeddedServer) -> redis.Redis:
    return redis.Redis.from_url(server.url, decode_responses=True)


def test_a_server_answers_while_it_is_up_and_leaves_no_process(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path) as server, client_of(server) as client:
        pid = server.pid
        assert client.ping()
        assert client.config_get("bind") == {"bind": "127.0.0.1"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert gone(pid)
    assert not server.alive


def test_everything_that_was_answered_survives_kill_9_of_the_server(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path) as server:
        port, url = server.port, server.url
        with client_of(server) as client:
            for number in range(1_000):
                client.xadd("stream", {"number": number})
        server.kill()
        assert not server.alive
        server.start()
        assert (server.port, server.url) == (port, url)
        with client_of(server) as client:
            assert [int(entry["number"]) for _, entry in client.xrange("stream")] == list(range(1_000))


def test_data_outlives_an_orderly_restart_and_a_new_server_on_the_same_folder(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path, fsync="always") as server:
        with client_of(server) as client:
            assert client.config_get("appendfsync") == {"appendfsync": "always"}
            client.set("kept", "yes")
        server.restart()
        with client_of(server) as client:
            assert client.get("kept") == "yes"
    with EmbeddedServer(tmp_path) as server, client_of(server) as client:
        assert client.get("kept") == "yes"


def test_a_second_server_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path) as first:
        with pytest.raises(LabError, match=r"is in use by another laboratory \(process \d+\)\. .*CV_DATA_DIR"):
            EmbeddedServer(tmp_path).start()
        assert first.alive


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_server_that_comes_back_inherits_the_lock_whatever_its_number_is_now(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path) as server:
        server.stop()
        with ExitStack() as others:
            for _ in range(20):  # take the numbers that were free, so the one that the lock had too
                others.enter_context(Path(os.devnull).open())
            server.start()
        held = {one.readlink().name for one in Path(f"/proc/{server.pid}/fd").iterdir()}
        assert server.alive
        assert "lock" in held


def test_whoever_does_not_know_the_password_is_refused(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path) as server:
        without_retry = Retry(NoBackoff(), 0)
        stranger = redis.Redis(port=server.port, retry=without_retry)
        with stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
        assert stat.S_IMODE((tmp_path / "server.conf").stat().st_mode) == 0o600
        command_line = Path(f"/proc/{server.pid}/cmdline")
        if command_line.exists():
            assert server.url.split(":")[2].split("@")[0] not in command_line.read_text()


def test_a_server_dies_with_a_parent_that_was_killed_and_its_folder_is_free_again(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ORPHAN_MAKER, tmp_path], stdout=subprocess.PIPE, text=True) as maker:
        assert maker.stdout is not None
        pid = int(maker.stdout.readline())
        assert not gone(pid)
        maker.kill()
    assert until(lambda: gone(pid), timeout_s=3)
    with EmbeddedServer(tmp_path) as server:
        assert server.alive


def test_a_port_that_somebody_else_takes_first_is_given_up_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ports = [other.getsockname()[1], server_module.free_port()]
        monkeypatch.setattr(server_module, "free_port", lambda: ports.pop(0))
        with EmbeddedServer(tmp_path) as server:
            assert server.alive
            assert ports == []


def test_a_server_that_cannot_load_its_data_says_why(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path) as server, client_of(server) as client:
        client.set("some", "thing")
    for file in (tmp_path / "appendonlydir").glob("*.incr.aof"):
        file.write_text("this is no append-only file\n")
    with pytest.raises(LabError, match=r"while it was starting; .* remove .* and start again") as caught:
        EmbeddedServer(tmp_path).start()
    assert "Bad file format" in caught.value.log_tail


def test_without_a_binary_in_the_wheel_one_on_path_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path = tmp_path / "valkey-server"
    on_path.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    assert server_binary() == on_path


def test_without_any_binary_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(LabError, match=r"no Redis-compatible server for this machine .*riscv64.* REDIS_URL"):
        server_binary()
