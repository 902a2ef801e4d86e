"""What tests of several folders share: a data directory of their own, and one real server per test process."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import settings as hypothesis_settings

from consistency_viz.lab.server import EmbeddedServer

# How long an example takes is the machine's business; and in CI the same examples come every time.
hypothesis_settings.register_profile("project", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis_settings.load_profile("project")


def pytest_collection_finish() -> None:
    """What was loaded stays: a garbage collection need not look at every module and every test each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nothing that a test writes lands in the repository, nor in the test's own ``tmp_path``."""
    folder = tmp_path_factory.mktemp("data")
    settings.DATA_DIR = folder
    settings.HISTORIES_DIR = folder / "histories"
    settings.STATIC_ROOT = folder / "static"
    settings.STATIC_ROOT.mkdir()
    return folder


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """One embedded server for all tests of this process that need one."""
    with EmbeddedServer(tmp_path_factory.mktemp("redis")) as started:
        yield started


@pytest.fixture
def redis_client(server: EmbeddedServer) -> Iterator[redis.Redis]:
    """A client of an empty server."""
    with redis.Redis.from_url(server.url) as client:
        client.flushall()
        yield client
