"""Faults of the server and of its connections on the whole real stack, with a recorder and an account kept outside."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Self

import msgspec
import psutil
import pytest
import redis

from consistency_viz.experiments.simulations import header_of
from consistency_viz.lab.stack import Stack
from consistency_viz.observation.history import HistoryReader
from consistency_viz.observation.recorder import Ending, Recorder
from tests.stack.account import Account
from tests.stack.support import all_alive, impatient, orders_of
from tests.workers.live import history_of, until
from tests.workers.support import mails, plan_of
from workers.model.observation import Observation
from workers.runtime import control
from workers.runtime.connection import connect

pytestmark = [pytest.mark.stack, pytest.mark.slow]
KILLS = 20
CONSUMING_S_MAX = 5.0
BACK_S_MAX = 10.0
FAILED_S_MAX = 5.0


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    with Stack(data_dir=folder, redis_url="", fsync="always", concurrency=32) as started:
        yield started


class Recorded:
    """A run with a recorder, as the web process has one. A context manager that leaves nothing behind."""

    def __init__(self, stack: Stack, run: str, folder: Path, fields: dict[str, Any]) -> None:
        self.run = run
        self.client = connect(stack.redis_url)
        self.endings: list[Ending] = []
        self._path = folder / f"{run}.jsonl"
        self._stop = threading.Event()
        self._plan = plan_of(fields)
        self._thread = threading.Thread(target=self._record, args=(stack.redis_url,), name="recorder", daemon=True)
        control.create_run(self.client, run, fields)

    def __enter__(self) -> Self:
        self._thread.start()
        assert until(lambda: all_alive(self.client, self.run), BACK_S_MAX)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive()
        control.delete_run(self.client, self.run)
        self.client.close()

    def _record(self, url: str) -> None:
        def header(status: Any) -> Any:
            return msgspec.structs.replace(
                header_of(self._plan, "live"), run=self.run, started_us=int(status.started_us)
            )

        client = connect(url)
        Recorder(client, self.run, self._path, control, header, self.endings.append).run(self._stop.is_set)
        client.close()

    def end(self, timeout_s: float = 40.0) -> list[Observation]:
        """Wait for the archived end; the history as it is on the disk."""
        assert until(lambda: self.endings, timeout_s), control.run_status(self.client, self.run)
        assert self.endings[0].path is not None
        with HistoryReader(self.endings[0].path) as reader:
            return list(reader)


def consumes(live: Recorded, account: Account, placed: int) -> bool:
    """Whether an order that was acknowledged after so many others has gone all its way."""
    try:
        mailed = set(mails(history_of(live.client, live.run)))
    except redis.RedisError:
        return False
    return not mailed.isdisjoint(account.acknowledged[placed:])


def test_a_server_that_is_killed_and_restarted_in_the_middle_of_a_run_loses_nothing_acknowledged(
    stack, tmp_path, record_property
):
    assert stack.server is not None
    users = {}
    recoveries_s = []
    with Recorded(stack, "restarts", tmp_path, impatient(60, 20.0)) as live:
        with Account(stack.redis_url, live.run, 40.0) as account:
            for how in ("kill", "stop"):
                time.sleep(0.7)
                users[how] = set(live.client.acl_users())
                getattr(stack.server, how)()
                down_s = time.monotonic()
                time.sleep(0.5)
                stack.server.start()
                placed = len(account.acknowledged)
                assert until(partial(consumes, live, account, placed), BACK_S_MAX)
                recoveries_s.append(round(time.monotonic() - down_s, 1))
            assert until(lambda: set(live.client.acl_users()) == users["kill"], BACK_S_MAX)
        assert account.doubtful
        history = live.end()
        assert (live.endings[0].state, live.endings[0].reason) == ("finished", "every message was processed")
        account.check(history, orders_of(60, 20))
    record_property("recoveries_s", recoveries_s)
    record_property("acknowledged", len(account.acknowledged))


def test_after_twenty_kills_of_all_connections_a_run_and_the_next_one_are_consumed_again_at_once(
    stack, tmp_path, record_property
):
    with Recorded(stack, "cut", tmp_path, impatient(60, 20.0)) as live:
        with Account(stack.redis_url, live.run, 20.0) as account, connect(stack.redis_url) as killer:
            for _ in range(KILLS):
                killer.client_kill_filter(_type="normal", skipme=True)
                time.sleep(0.15)
            killed_s = time.monotonic()
            placed = len(account.acknowledged)
            assert until(partial(consumes, live, account, placed), CONSUMING_S_MAX)
            consuming_s = time.monotonic() - killed_s
            with Recorded(stack, "after-the-cuts", tmp_path, impatient(5, 20.0)) as after:
                assert time.monotonic() - killed_s < BACK_S_MAX
                after.end()
        account.check(live.end(), orders_of(60, 20))
    record_property("consuming_s", round(consuming_s, 1))


def test_a_run_whose_keys_are_flushed_is_failed_with_the_reason_and_the_next_one_is_played(
    stack, tmp_path, record_property
):
    with Recorded(stack, "flushed", tmp_path, impatient(2_000, 50.0)) as live:
        time.sleep(0.5)
        live.client.flushall()
        flushed_s = time.monotonic()
        assert until(lambda: live.endings, FAILED_S_MAX)
        record_property("failed_after_s", round(time.monotonic() - flushed_s, 1))
        reason = "its keys are gone from the Redis-compatible server: flushed, or restarted without persistence"
        assert (live.endings[0].state, live.endings[0].reason) == ("failed", reason)
        assert live.endings[0].observations > 0
        process = psutil.Process(stack.worker.pid)
        used_s = sum(process.cpu_times()[:2])
        time.sleep(1.0)
        assert sum(process.cpu_times()[:2]) - used_s < 0.4
        assert list(live.client.scan_iter("cv:{*")) == []
        with Recorded(stack, "after-the-flush", tmp_path, impatient(20, 50.0)) as after:
            with Account(stack.redis_url, after.run, 20.0) as account:
                time.sleep(0.3)
            account.check(after.end(), orders_of(20, 20))
