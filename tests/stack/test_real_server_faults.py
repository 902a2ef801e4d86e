"""Restarted, emptied and frozen by the very function that the page and the command use, on the whole real stack."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
import yaml

from consistency_viz.benches.soak_web import Web, manage, prepare
from consistency_viz.lab.ports import free_port
from consistency_viz.lab.redis_check import answers
from consistency_viz.lab.server import server_binary
from consistency_viz.lab.stack import Stack
from consistency_viz.observation.history import HistoryReader
from tests.stack.account import Account
from tests.stack.support import all_alive, check_every_order_once, impatient, orders_of
from tests.stack.test_real_faults import Recorded
from tests.workers.live import LiveRun, history_of, until
from tests.workers.support import scenario
from workers.model.observation import Changed, Faulted, Observation
from workers.runtime import control, own_processes, real_faults
from workers.runtime.connection import connect
from workers.runtime.control import RunRefusedError
from workers.runtime.real_faults import real_fault

pytestmark = [pytest.mark.stack, pytest.mark.slow]
SMALL = scenario(workload={"orders": 30, "orders_per_s": 30, "invalid_share": 0.0, "reads_per_order": 0})
GONE = "its keys are gone from the Redis-compatible server: flushed, or restarted without persistence"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(data_dir=tmp_path_factory.mktemp("stack"), redis_url="", workers=2, concurrency=16) as started:
        yield started


def faulted(history: list[Observation]) -> list[tuple[str, str, Any]]:
    return [(o.body.fault, o.body.state, o.body.detail) for o in history if isinstance(o.body, Faulted)]


def both(how: str) -> list[tuple[str, str, Any]]:
    return [("real-1", "began", {"how": how}), ("real-1", "ended", None)]


def test_a_server_that_is_restarted_comes_back_with_all_that_it_had_answered(stack, tmp_path, monkeypatch):
    with Recorded(stack, "restarted", tmp_path, impatient(60, 20.0)) as live, connect(stack.redis_url) as operator:
        with Account(stack.redis_url, live.run, 20.0) as account:
            time.sleep(0.7)
            before = stack.server.pid
            monkeypatch.setattr(own_processes, "SETTLED_S", 3_600.0)
            with pytest.raises(RunRefusedError, match=r"the server was started \d+ s ago"):
                real_fault(operator, live.run, "restart-server")
            assert stack.server.pid == before
            monkeypatch.setattr(own_processes, "SETTLED_S", 0.0)
            assert real_fault(operator, live.run, "restart-server") == "real-1"
            assert stack.server.pid != before
            time.sleep(0.7)
        history = live.end()
        assert (live.endings[0].state, live.endings[0].reason) == ("finished", "every message was processed")
        account.check(history, orders_of(60, 20))
    assert faulted(history) == both("restart-server")


def test_a_frozen_worker_goes_on_after_its_leases_were_others_and_commits_nothing_under_the_old_epoch(
    stack, tmp_path, monkeypatch
):
    monkeypatch.setattr(real_faults, "FREEZE_S", 6)
    with Recorded(stack, "frozen", tmp_path, impatient(300, 30.0)) as live, connect(stack.redis_url) as operator:
        frozen: set[int] = set()
        watching = threading.Thread(target=_watch, args=([one.pid for one in stack.workers], frozen, live), daemon=True)
        watching.start()
        assert real_fault(operator, live.run, "stop-worker") == "real-1"
        assert len(frozen) == 1
        assert {psutil.Process(one.pid).status() for one in stack.workers}.isdisjoint({psutil.STATUS_STOPPED})
        history = live.end(60)
        assert (live.endings[0].state, live.endings[0].reason) == ("finished", "every message was processed")
    assert faulted(history) == both("stop-worker")
    check_every_order_once(history, orders_of(300, 20))
    changes = [o.body for o in history if isinstance(o.body, Changed)]
    lost = {(body.instance, body.epoch) for body in changes if body.state == "lost"}
    assert lost, "the worker that was frozen held leases, and others took its place"
    newest: dict[str, int] = {}
    for body in changes:
        if body.state == "up":
            assert body.epoch > newest.get(body.instance, 0)
            newest[body.instance] = body.epoch
    assert all(newest[instance] > epoch for instance, epoch in lost)


def _watch(pids: list[int], frozen: set[int], live: Recorded) -> None:
    while not live.endings:
        frozen.update(pid for pid in pids if psutil.Process(pid).status() == psutil.STATUS_STOPPED)
        time.sleep(0.1)


def test_an_emptied_server_fails_its_runs_with_the_reason_and_plays_the_next_one(stack, tmp_path):
    with Recorded(stack, "emptied", tmp_path, impatient(2_000, 50.0)) as live, connect(stack.redis_url) as operator:
        time.sleep(0.5)
        assert real_fault(operator, live.run, "flush-server") == "real-1"
        assert until(lambda: live.endings, 5.0)
        assert (live.endings[0].state, live.endings[0].reason) == ("failed", GONE)
        assert live.endings[0].path is not None
        with HistoryReader(live.endings[0].path) as reader:
            history = list(reader)
        assert faulted(history) == both("flush-server")[:1]
        with Recorded(stack, "after-the-emptying", tmp_path, impatient(20, 50.0)) as after:
            check_every_order_once(after.end(), orders_of(20, 20))


def test_emptied_by_command_a_laboratory_says_so_of_the_run_and_plays_the_next(tmp_path):
    """From another terminal, with web process and database: as an operator does it."""
    token = prepare(tmp_path, impatient(2_000, 50.0, name="long"))
    (tmp_path / "scenarios" / "short.yaml").write_text(yaml.safe_dump(impatient(5, 50.0, name="short")))
    with Stack(data_dir=tmp_path, redis_url="", web_port=free_port()) as stack, connect(stack.redis_url) as client:
        web = Web(stack.web_url, token)
        run = web.start("long")
        assert until(lambda: all_alive(client, run), 20)
        with pytest.raises(RuntimeError, match=r"ended with 3: .*EVERY live run fails"):
            manage(tmp_path, "fault", run, "real", "flush-server")
        assert web.end_of(run, 0.0)[0] == "running"
        manage(tmp_path, "fault", run, "real", "flush-server", "--yes")
        assert web.end_of(run, 5.0) == ("failed", GONE)
        following = web.start("short")
        assert web.end_of(following, 60.0) == ("finished", "every message was processed")


def test_a_server_on_loopback_that_somebody_else_started_is_neither_restarted_nor_emptied(tmp_path):
    port = free_port()
    (tmp_path / "server.conf").write_text(f"bind 127.0.0.1\nport {port}\nsave ''\n")
    (tmp_path / "lock").write_text(str(os.getppid()))  # as if a laboratory had it: but the server is not its child
    command = [str(server_binary()), str(tmp_path / "server.conf")]
    url = f"redis://127.0.0.1:{port}/0"
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, start_new_session=True) as server:
        try:
            assert until(lambda: answers(url), 10)
            with LiveRun(url, SMALL) as live:
                for how in ("restart-server", "flush-server"):
                    with pytest.raises(RunRefusedError, match="this one somebody else started"):
                        real_fault(live.client, live.run, how)
                assert faulted(history_of(live.client, live.run)) == []
                control.stop_run(live.client, live.run)
            assert server.poll() is None
        finally:
            server.kill()


def test_a_worker_is_thawed_though_who_froze_it_was_killed():
    sleeper = "import time; time.sleep(60)"
    freezer = "import sys; from workers.runtime import real_faults as r; r.FREEZE_S = 2; r._freeze(int(sys.argv[1]))"
    with subprocess.Popen([sys.executable, "-c", sleeper]) as worker:
        try:
            process = psutil.Process(worker.pid)
            with subprocess.Popen([sys.executable, "-c", freezer, str(worker.pid)]) as asking:
                assert until(lambda: process.status() == psutil.STATUS_STOPPED, 10)
                os.kill(asking.pid, signal.SIGKILL)
            assert process.status() == psutil.STATUS_STOPPED
            assert until(lambda: process.status() != psutil.STATUS_STOPPED, 10)
        finally:
            worker.kill()


def test_the_server_is_waited_for_and_where_nobody_starts_it_again_that_is_said(monkeypatch):
    monkeypatch.setattr(real_faults, "BACK_S_MAX", 0.3)
    with (
        connect(f"redis://127.0.0.1:{free_port()}/0") as nobody,
        pytest.raises(RunRefusedError, match=r"has not come back within 0\.3 s"),
    ):
        real_faults._wait_for(nobody, 1)


def test_every_real_fault_has_a_button_a_question_and_only_what_loses_runs_destroys():
    assert {how for how, real in real_faults.HOW.items() if real.destroys} == {"flush-server"}
    assert all(real.button and real.what and real.sure.endswith("?") for real in real_faults.HOW.values())
