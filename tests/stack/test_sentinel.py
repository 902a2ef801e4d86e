"""A laboratory whose server Sentinels watch: the primary is killed in the middle of a run, and the run goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from consistency_viz.lab.redis_check import check_usable
from consistency_viz.lab.stack import Stack
from tests.stack.account import Account
from tests.stack.contract import Place, check_contract
from tests.stack.sentinel import Watched
from tests.stack.support import all_alive, impatient, orders_of
from tests.workers.live import history_of, until
from workers.runtime import control, instance
from workers.runtime.connection import connect

pytestmark = [pytest.mark.stack, pytest.mark.slow]
BACK_S_MAX = 20.0


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with Watched(tmp_path_factory.mktemp("sentinel")) as started:
        yield started


def test_a_run_behind_sentinels_keeps_the_contract(watched, monkeypatch):
    monkeypatch.setattr(instance, "BEAT_US", 150_000)
    check_usable(watched.url)
    check_contract(Place(watched.url), "behind-sentinels")


def test_a_primary_that_is_killed_in_the_middle_of_a_run_is_replaced_and_nothing_that_its_replica_had_is_lost(
    watched, tmp_path, record_property
):
    """The real worker, its queue and its users too. An order counts as acknowledged once the replica has it."""
    run = "failed-over"
    with Stack(data_dir=tmp_path, redis_url=watched.url, runs_url="") as stack, connect(watched.url) as client:
        control.create_run(client, run, impatient(100, 20.0))
        assert until(lambda: all_alive(client, run), BACK_S_MAX)
        with Account(watched.url, run, 20.0, replicas=1) as before:
            assert until(lambda: len(before.acknowledged) > 5, BACK_S_MAX)
            killed_s = watched.kill_primary()
            down_s = time.monotonic()
            assert until(lambda: watched.primary() == 1, BACK_S_MAX)
            before.close()
            record_property("promoted_s", round(time.monotonic() - killed_s, 1))
        with Account(watched.url, run, 20.0, name="after") as after:
            assert until(lambda: len(after.acknowledged) > 10 and all_alive(client, run), BACK_S_MAX)
            record_property("back_s", round(time.monotonic() - down_s, 1))
        assert until(lambda: control.run_status(client, run).ended_us is not None, 60)
        status = control.run_status(client, run)
        assert (status.state, status.reason) == ("finished", "every message was processed")
        history = history_of(client, run)
        outside = after.expected(history)
        before.check(history, [*orders_of(100, 20), *outside])
        # A worker takes work from the queue of the new primary as well.
        control.create_run(client, "next", impatient(5, 20.0))
        assert until(lambda: control.run_status(client, "next").ended_us is not None, BACK_S_MAX)
        assert stack.worker.alive
        for played in (run, "next"):
            control.delete_run(client, played)
