from __future__ import annotations

import os
import socket
import urllib.request
from pathlib import Path

import psutil
import pytest
import redis
from django.conf import settings

from consistency_viz.lab.errors import LabError
from consistency_viz.lab.ports import free_port
from consistency_viz.lab.server import EmbeddedServer
from consistency_viz.lab.stack import Stack
from tests.lab.helpers import gone, until

TINY_APP = "tests.lab.tiny_celery_app"


@pytest.fixture(autouse=True)
def _no_redis_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)


@pytest.mark.stack
def test_a_stack_brings_a_server_and_a_worker_that_comes_back_and_leaves_nothing(tmp_path: Path) -> None:
    others = {process.pid for process in psutil.Process().children(recursive=True)}
    with Stack(data_dir=tmp_path, concurrency=2, worker_app=TINY_APP) as stack:
        assert stack.server is not None
        assert stack.worker.ready
        with redis.Redis.from_url(stack.redis_url) as client:
            assert client.ping()
        first_pid = stack.worker.pid
        stack.worker.kill()
        assert until(lambda: stack.worker.pid != first_pid and stack.worker.ready, timeout_s=20)
        pids = [stack.server.pid, stack.worker.pid, first_pid]
    assert all(gone(pid) for pid in pids)
    assert {process.pid for process in psutil.Process().children(recursive=True)} <= others
    assert {path.name for path in (tmp_path / "log").iterdir()} == {"server.log", "worker-1.log"}


@pytest.mark.stack
def test_a_worker_that_dies_while_starting_is_reported_and_the_server_goes_too(tmp_path: Path) -> None:
    stack = Stack(data_dir=tmp_path, worker_app="tests.lab.no_such_app")
    with pytest.raises(LabError, match=r"^worker-1 ended with status \d+ while it was starting; see .*worker-1\.log"):
        stack.start()
    assert stack.server is not None
    assert not stack.server.alive


def test_a_server_of_somebody_else_is_used_and_left_alone(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path / "theirs") as theirs:
        with Stack(data_dir=tmp_path, redis_url=theirs.url, workers=0) as stack:
            assert (stack.server, stack.redis_url) == (None, theirs.url)
        assert theirs.alive


def test_a_server_that_redis_url_names_and_nobody_runs_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("REDIS_URL", f"redis://:s3cret@127.0.0.1:{port}/0")
    with pytest.raises(LabError, match=rf"No Redis server can be used at redis://127\.0\.0\.1:{port}/0 ") as caught:
        Stack(data_dir=tmp_path).start()
    assert "s3cret" not in str(caught.value)


def test_a_web_port_that_is_taken_is_an_error_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        stack = Stack(data_dir=tmp_path, web_port=port)
        with pytest.raises(LabError, match=rf"^Port {port} on 127\.0\.0\.1 is taken .*--port"):
            stack.start()
    assert stack.server is None
    assert list(tmp_path.iterdir()) == []


def test_an_exported_stack_is_what_this_process_uses_until_it_stops(tmp_path: Path) -> None:
    before = (os.environ.get("REDIS_URL"), settings.REDIS_URL, settings.CHANNEL_LAYERS["default"]["BACKEND"])
    with Stack(data_dir=tmp_path, workers=0) as stack:
        stack.export()
        assert os.environ["REDIS_URL"] == settings.REDIS_URL == stack.redis_url
        assert settings.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"][0]["address"] == stack.redis_url
    after = (os.environ.get("REDIS_URL"), settings.REDIS_URL, settings.CHANNEL_LAYERS["default"]["BACKEND"])
    assert after == before


@pytest.mark.stack
def test_a_web_server_answers_as_soon_as_the_stack_has_started(tmp_path: Path) -> None:
    port = free_port()
    with Stack(data_dir=tmp_path, workers=0, web_app="tests.lab.tiny_web_app:application", web_port=port) as stack:
        assert stack.web is not None
        with urllib.request.urlopen(stack.web_url, timeout=5) as answer:
            assert answer.read().decode() == f"process {stack.web.pid}"
    assert gone(stack.web.pid)
