"""The same contracts through the real Celery worker process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from consistency_viz.lab.stack import Stack
from tests.workers.live import history_of, until
from tests.workers.support import (
    ORDER,
    complete_updates,
    final_values,
    mails,
    of_kind,
    placed,
    scenario,
    updates_by_replica,
)
from workers.model.observation import Changed, Completed
from workers.runtime import control
from workers.runtime.connection import connect
from workers.services.client import BY_HAND

pytestmark = pytest.mark.stack
REPLICAS = ("order", "view-1", "view-2")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(data_dir=tmp_path_factory.mktemp("stack"), redis_url="", concurrency=32) as started:
        yield started
        with connect(started.redis_url) as client:
            assert [key for key in client.scan_iter("cv:{*") if b"}:dispatch:" not in key] == []


@pytest.fixture
def client(stack):
    with connect(stack.redis_url) as made:
        yield made


def ended(client, run):
    return until(lambda: control.run_status(client, run).ended_us is not None, 30)


def test_a_worker_process_plays_a_run_to_its_end(client):
    control.create_run(client, "celery-1", scenario(workload={"orders": 60, "invalid_share": 0.0}))
    assert ended(client, "celery-1")
    status = control.run_status(client, "celery-1")
    assert (status.state, status.reason, status.workers) == ("finished", "every message was processed", 1)
    history = history_of(client, "celery-1")
    orders = placed(history)
    assert len(orders) == 60
    assert updates_by_replica(history, REPLICAS) == dict.fromkeys(REPLICAS, complete_updates(orders))
    shown = final_values(history, REPLICAS)
    assert shown["order"] == shown["view-1"] == shown["view-2"]
    assert mails(history) == orders
    control.delete_run(client, "celery-1")


def test_a_worker_process_plays_two_runs_of_two_designs_side_by_side(client):
    for design in ("synchronous", "asynchronous-broadcast"):
        control.create_run(client, design, scenario(design=design, workload={"invalid_share": 0.0}))
    for design in ("synchronous", "asynchronous-broadcast"):
        assert ended(client, design)
        history = history_of(client, design)
        assert len(placed(history)) == len(mails(history)) == 20
        assert {b.outcome for b in of_kind(history, Completed)} == {"ok"}
        control.delete_run(client, design)
    assert control.active_runs(client) == []


def test_a_running_worker_takes_orders_by_hand_and_scales(client):
    control.create_run(client, "celery-2", scenario(duration_s=None, workload={"orders": None, "orders_per_s": 0}))
    control.scale(client, "celery-2", "tax", 3)
    assert until(
        lambda: sum(i.alive for i in control.run_status(client, "celery-2").instances if i.node == "tax") == 3, 10
    )
    owned = {i.id: i.partitions for i in control.run_status(client, "celery-2").instances if i.node == "tax"}
    assert owned == {"tax.1": [0, 3], "tax.2": [1], "tax.3": [2]}
    message_id = control.inject(client, "celery-2", BY_HAND, "PlaceByHand", "ada", ORDER)
    assert until(lambda: mails(history_of(client, "celery-2")) == [f"ada-{message_id.removeprefix('web-')}"], 10)
    control.scale(client, "celery-2", "tax", 0)
    assert until(lambda: not any(i.node == "tax" for i in control.run_status(client, "celery-2").instances), 10)
    downs = [b.instance for b in of_kind(history_of(client, "celery-2"), Changed) if b.state == "down"]
    assert sorted(downs) == ["tax.1", "tax.2", "tax.3"]
    control.stop_run(client, "celery-2")
    control.delete_run(client, "celery-2")
