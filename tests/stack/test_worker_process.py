"""Real faults on real processes: the Celery worker is killed, paused, and asked to leave."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from consistency_viz.lab.stack import Stack
from tests.stack.account import Account
from tests.stack.support import all_alive, check_epochs_never_fall, check_every_order_once, epochs, orders_of, steady
from tests.workers.live import history_of, turns_of, until
from tests.workers.support import of_kind, scenario
from workers.model.observation import Changed
from workers.runtime import control
from workers.runtime.connection import connect
from workers.runtime.keys import RunKeys

pytestmark = [pytest.mark.stack, pytest.mark.slow]
KILLS = 2
ORDERS = 600
RECOVERY_S_MAX = 30.0
LEAVE_S_MAX = 5.0
PAUSE_S = 10.0  # a lease lasts four
IDLE = {"orders": None, "orders_per_s": 0}


def stack(folder: Path, workers: int = 1) -> Stack:
    return Stack(data_dir=folder, redis_url="", workers=workers, concurrency=32)


def finish(client, run, timeout_s):
    assert until(lambda: control.run_status(client, run).ended_us is not None, timeout_s), control.run_status(
        client, run
    )
    status = control.run_status(client, run)
    assert (status.state, status.reason) == ("finished", "every message was processed")


def delete(client, run):
    control.delete_run(client, run)
    prefix = RunKeys(run).prefix
    assert [key for key in client.scan_iter(f"{prefix}*") if b":dispatch:" not in key] == []


def test_a_worker_that_is_killed_again_and_again_loses_and_doubles_nothing(tmp_path, record_property):
    with stack(tmp_path) as started, connect(started.redis_url) as client:
        control.create_run(client, "kills", steady(ORDERS, 75.0))
        assert until(lambda: all_alive(client, "kills"), RECOVERY_S_MAX)
        recoveries_s = []
        with Account(started.redis_url, "kills", 30.0) as account:
            for _ in range(KILLS):
                time.sleep(0.7)
                before = epochs(client, "kills")
                started.worker.kill()
                killed_s = time.monotonic()

                def back(before=before):
                    now = epochs(client, "kills")
                    return all_alive(client, "kills") and all(now[i] > before[i] for i in before)

                assert until(back, RECOVERY_S_MAX)
                recoveries_s.append(round(time.monotonic() - killed_s, 1))
        record_property("recoveries_s", recoveries_s)
        finish(client, "kills", 60)
        check_epochs_never_fall(client, "kills")
        history = history_of(client, "kills")
        lost = [b.instance for b in of_kind(history, Changed) if b.state == "lost"]
        assert len(lost) == KILLS * len(epochs(client, "kills"))
        assert account.doubtful == []
        account.check(history, orders_of(ORDERS, 20))
        delete(client, "kills")


def test_a_worker_that_was_paused_past_its_leases_commits_nothing_when_it_goes_on(tmp_path):
    with stack(tmp_path, workers=2) as started, connect(started.redis_url) as client:
        control.create_run(client, "pause", steady(600, 60.0))
        assert until(lambda: all_alive(client, "pause"), RECOVERY_S_MAX)
        time.sleep(0.5)
        before = epochs(client, "pause")
        started.workers[0].pause()
        paused_s = time.monotonic()
        try:
            assert until(lambda: all_alive(client, "pause") and epochs(client, "pause") != before, 10.0)
            time.sleep(max(0.0, PAUSE_S - (time.monotonic() - paused_s)))
        finally:
            started.workers[0].resume()
        resumed_us = control.server_time_us(client)
        taken_over = {i for i, epoch in epochs(client, "pause").items() if epoch > before[i]}
        assert taken_over
        finish(client, "pause", 40)
        check_epochs_never_fall(client, "pause")
        history = history_of(client, "pause")
        fenced = [o for o in history if isinstance(o.body, Changed) and o.body.state == "fenced"]
        assert {o.body.instance for o in fenced} <= taken_over
        assert fenced
        assert all(o.at_us >= resumed_us - 1_000_000 and o.body.epoch == before[o.body.instance] for o in fenced)
        late = [turn for at_us, turn in turns_of(client, "pause") if at_us > resumed_us and turn.instance in taken_over]
        committed = [turn for turn in late if not any(isinstance(b, Changed) for b in turn.bodies)]
        assert committed
        assert all(turn.epoch > before[turn.instance] for turn in committed)
        check_every_order_once(history, orders_of(600, 20))
        delete(client, "pause")


def test_a_worker_that_is_asked_to_leave_gives_its_leases_back_and_does_so_at_once(tmp_path):
    with stack(tmp_path) as started, connect(started.redis_url) as client:
        control.create_run(client, "left", scenario(duration_s=None, workload=IDLE))
        assert until(lambda: all_alive(client, "left"), RECOVERY_S_MAX)
        asked_s = time.monotonic()
        started.worker.stop()
        assert time.monotonic() - asked_s < LEAVE_S_MAX
        assert started.worker.exit_status == 0
        status = control.run_status(client, "left")
        assert (status.state, status.workers) == ("running", 0)
        assert client.exists(RunKeys("left").leases, RunKeys("left").owners) == 0
        changes = [(b.instance, b.state, b.reason) for b in of_kind(history_of(client, "left"), Changed)]
        assert sorted(c[0] for c in changes if c[1:] == ("down", "the worker is shutting down")) == sorted(
            epochs(client, "left")
        )
        assert [c for c in changes if c[1] in ("lost", "fenced")] == []
        delete(client, "left")
