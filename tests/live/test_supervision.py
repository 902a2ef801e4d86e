"""Every active run is recorded by somebody, with no viewer, through crashes, to an end that its row tells."""

import asyncio

import pytest

from consistency_viz.experiments.models import Run
from consistency_viz.live import supervision
from consistency_viz.live.supervision import Supervisor
from consistency_viz.observation.archive import last_position
from workers.runtime import control

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def supervisors():
    made = []

    def make():
        made.append(Supervisor())
        return made[-1]

    yield make
    for supervisor in made:
        supervisor._stop.set()
        supervisor._join()


def row(live_run) -> Run:
    return Run.objects.get(pk=live_run.id)


async def test_a_run_is_archived_with_nobody_watching(live_run, supervisors, in_thread, until):
    supervisor = supervisors()
    supervisor.start()
    for number in range(5):
        live_run.put_applied(number)
    await asyncio.sleep(0.3)
    assert (await in_thread(row, live_run)).state == "running"
    live_run.end()
    async with asyncio.timeout(5):
        while not (await in_thread(row, live_run)).ended:  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.05)
    ended = await in_thread(row, live_run)
    assert (ended.state, ended.reason, ended.history) == (
        "finished",
        "all orders are done",
        f"histories/{live_run.id}.jsonl",
    )
    assert ended.started_at < ended.ended_at
    assert last_position(ended.history_path).count == 5
    await until(lambda: control.run_status(live_run.client, live_run.id) is None)
    await supervisor.stop()


def recorded(live_run) -> int:
    """How many observations are in the archive; its file is made by the recorder's first step."""
    path = live_run.row.history_path
    return last_position(path).count if path.exists() else 0


def wait_for(condition):
    import time

    deadline_s = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def test_of_two_web_processes_one_records_and_the_other_takes_over(live_run, supervisors):
    first, second = supervisors(), supervisors()
    first.round()
    second.round()
    assert [len(first._recordings), len(second._recordings)] == [1, 0]
    live_run.put_applied(0)
    wait_for(lambda: recorded(live_run) == 1)
    first._stop.set()
    first._join()
    second.round()
    assert len(second._recordings) == 1
    live_run.put_applied(1)
    wait_for(lambda: recorded(live_run) == 2)


def test_a_run_that_the_server_lost_is_failed_with_the_reason(live_run, supervisors, monkeypatch):
    monkeypatch.setattr(supervision, "MISSING_AFTER_S", 0.0)
    live_run.client.flushall()
    supervisor = supervisors()
    supervisor.round()
    supervisor.round()
    assert (row(live_run).state, row(live_run).reason) == ("failed", supervision.MISSING)


def test_a_run_that_was_just_made_is_not_lost(live_run, supervisors):
    live_run.client.flushall()
    supervisor = supervisors()
    supervisor.round()
    supervisor.round()
    assert row(live_run).state == "pending"


def test_a_server_that_stays_away_fails_its_runs_and_one_that_returns_revives_them(
    live_run, server, supervisors, monkeypatch
):
    supervisor = supervisors()
    live_run.put_applied(0)
    server.kill()
    supervisor.round()
    assert row(live_run).state == "pending"
    monkeypatch.setattr(supervision, "AWAY_AFTER_S", -1.0)
    supervisor.round()
    assert (row(live_run).state, row(live_run).reason) == ("failed", supervision.AWAY)
    server.start()
    supervisor.round()
    assert (row(live_run).state, row(live_run).reason) == ("running", "")


def test_a_round_that_goes_wrong_is_logged_and_the_next_one_works(live_run, supervisors, monkeypatch, caplog):
    supervisor = supervisors()
    with monkeypatch.context() as patch:
        patch.setattr(supervision.archiving, "mark_active", lambda *_: 1 / 0)
        supervisor.round()
    assert "the supervisor's round failed" in caplog.text
    supervisor.round()
    assert len(supervisor._recordings) == 1
