"""Real faults on a server and a worker of this machine: done, recorded, and over; refused where they are not ours."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest
import redis

from consistency_viz.checkers.fault_touch import FaultTouch
from tests.workers.live import LiveRun, history_of
from tests.workers.support import mails, placed, scenario
from workers.model.observation import Faulted
from workers.runtime import control, own_processes
from workers.runtime.connection import connect
from workers.runtime.control import RunRefusedError, server_time_us
from workers.runtime.keys import WORKERS
from workers.runtime.real_faults import HOLD_MS, real_fault

pytestmark = pytest.mark.stack
SMALL = scenario(workload={"orders": 30, "orders_per_s": 30, "invalid_share": 0.0, "reads_per_order": 0})


def faulted(history):
    return [(o.body.fault, o.body.state) for o in history if isinstance(o.body, Faulted)]


def test_cut_and_held_nothing_is_lost_and_both_are_recorded(server):
    with LiveRun(server.url, SMALL) as live, connect(server.url) as client:
        assert live.tick_until(lambda: len(history_of(live.client, live.run)) > 60)
        assert real_fault(client, live.run, "cut-connections") == "real-1"
        assert real_fault(client, live.run, "hold-server") == "real-2"
        live.client.connection_pool.disconnect()
        history = live.finish(30)
    assert faulted(history) == [(f"real-{n}", state) for n in (1, 2) for state in ("began", "ended")]
    assert mails(history) == placed(history)
    assert len(placed(history)) == 30
    touch = FaultTouch()
    for observation in history:
        touch.observe(observation)
    cut, held = touch.report()
    assert (cut.what, cut.messages) == ("real", {"waited": cut.total})
    assert held.ended_us - held.began_us >= (HOLD_MS - 10) * 1_000  # the server counts whole milliseconds


def test_the_process_that_is_killed_is_a_worker_that_has_run_a_while_and_no_other(server, monkeypatch):
    sleeper = "import time; time.sleep(60)"
    host = socket.gethostname()
    with (
        subprocess.Popen([sys.executable, "-c", sleeper, "workers.runtime.celery_app"]) as worker,
        subprocess.Popen([sys.executable, "-c", sleeper]) as stranger,
        LiveRun(server.url, SMALL) as live,
    ):
        try:
            until_us = server_time_us(live.client) + 60_000_000
            live.client.delete(WORKERS)
            live.client.hset(WORKERS, f"{host}-{stranger.pid}-aa", until_us)
            live.client.hset(WORKERS, f"elsewhere-{worker.pid}-bb", until_us)
            live.client.hset(WORKERS, f"{host}-{worker.pid}-cc", 1)
            with pytest.raises(RunRefusedError, match="no worker process of this machine lives"):
                real_fault(live.client, live.run, "kill-worker")
            live.client.hset(WORKERS, f"{host}-{worker.pid}-dd", until_us)
            with pytest.raises(RunRefusedError, match=r"gives up on what dies again and again; wait \d+ s"):
                real_fault(live.client, live.run, "kill-worker")
            monkeypatch.setattr(own_processes, "SETTLED_S", 0.0)
            assert real_fault(live.client, live.run, "kill-worker") == "real-1"
            assert worker.wait(10) == -signal.SIGKILL
            assert stranger.poll() is None
            assert faulted(history_of(live.client, live.run)) == [("real-1", "began"), ("real-1", "ended")]
        finally:
            live.client.delete(WORKERS)
            control.stop_run(live.client, live.run)
            for process in (worker, stranger):
                process.kill()


def test_what_is_not_ours_is_refused_before_anything_is_done(server):
    with LiveRun(server.url, SMALL) as live:
        with pytest.raises(RunRefusedError, match="choose one of kill-worker"):
            real_fault(live.client, live.run, "burn")
        pool = redis.ConnectionPool(**{**live.client.connection_pool.connection_kwargs, "host": socket.gethostname()})
        with redis.Redis(connection_pool=pool) as elsewhere, pytest.MonkeyPatch.context() as patch:
            patch.setattr("workers.runtime.real_faults.plan_of", lambda *_: control.plan_of(live.client, live.run))
            with pytest.raises(RunRefusedError, match="its server is another's"):
                real_fault(elsewhere, live.run, "hold-server")
        assert faulted(history_of(live.client, live.run)) == []
        control.stop_run(live.client, live.run)
    with pytest.raises(RunRefusedError, match="has ended"):
        real_fault(live.client, live.run, "hold-server")
