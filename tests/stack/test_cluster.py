"""Runs on a real Redis Cluster of three nodes: each on the one that has its slot, all of them spread over the nodes."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator

import pytest
import redis

from consistency_viz.lab.errors import LabError
from consistency_viz.lab.redis_check import check_runs_usable, check_usable
from consistency_viz.lab.stack import Stack
from tests.stack.account import Account
from tests.stack.cluster import Cluster
from tests.stack.contract import Place, check_contract
from tests.stack.support import all_alive, check_every_order_once, impatient, orders_of
from tests.workers.live import LiveRun, history_of, until
from workers.runtime import control, instance
from workers.runtime.connection import connect
from workers.runtime.keys import RunKeys
from workers.runtime.scripts import head_keys

pytestmark = pytest.mark.stack
RUNS = 6


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster")) as started:
        yield started


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(instance, "BEAT_US", 150_000)


def name_on(cluster: Cluster, node: int, prefix: str) -> str:
    """A run whose slot is on the node."""
    return next(name for n in itertools.count(1) if cluster.node_of(RunKeys(name := f"{prefix}{n}").meta) == node)


def answers(live: LiveRun) -> bool:
    """Whether the run can be asked where it is now."""
    try:
        return live.status.state == "running"
    except redis.ConnectionError:
        return False


@pytest.mark.parametrize("node", [0, 1, 2])
def test_a_run_on_a_cluster_keeps_the_contract_on_whichever_node_has_its_slot(server, cluster, node):
    run = name_on(cluster, node, "run-")
    check_contract(Place(server.url, cluster.runs_url), run)
    assert [cluster.keys_of(run, n) for n in range(3) if n != node] == [0, 0]


def test_a_run_whose_slot_moves_to_another_node_in_the_middle_goes_on_there_and_loses_nothing(server, cluster):
    run = name_on(cluster, 0, "moved-")
    with LiveRun(server.url, impatient(60, 40.0), run=run, runs_url=cluster.runs_url) as live:
        assert live.tick_until(lambda: all_alive(live.client, run))
        with Account(server.url, run, 30.0, runs_url=cluster.runs_url) as account:
            live.tick_until(lambda: False, 0.4)
            before = cluster.keys_of(run, 0)
            cluster.move_slot(RunKeys(run).meta, 0, 1)
            assert live.tick_until(lambda: cluster.keys_of(run, 1) > 0 and answers(live))
            live.tick_until(lambda: False, 0.6)
        history = live.finish(30)
        assert (live.status.state, live.status.reason) == ("finished", "every message was processed")
        account.check(history, orders_of(60, 20))
        assert before > 10
        assert cluster.keys_of(run, 0) == 0


@pytest.mark.slow
def test_several_runs_of_one_laboratory_spread_over_the_nodes(cluster, tmp_path, record_property):
    """With a real worker and a real queue; the hub, a plain server, has no key of any run."""
    runs = [f"spread-{n}" for n in range(RUNS)]
    with (
        Stack(data_dir=tmp_path, redis_url="", runs_url=cluster.runs_url) as stack,
        connect(stack.redis_url, stack.runs_url) as client,
    ):
        for run in runs:
            control.create_run(client, run, impatient(20, 20.0, views=2))
        assert control.active_runs(client) == runs
        assert until(lambda: all(control.run_status(client, run).ended_us is not None for run in runs), 40)
        for run in runs:
            check_every_order_once(history_of(client, run), orders_of(20, 20))
        nodes = {run: [node for node in range(3) if cluster.keys_of(run, node)] for run in runs}
        assert nodes == {run: [cluster.node_of(RunKeys(run).meta)] for run in runs}
        assert set(client.keys("cv:{*")) == set()
        for run in runs:
            control.delete_run(client, run)
        assert [cluster.keys_of("", node) for node in range(3)] == [0, 0, 0]
    spread = Counter(node for [node] in nodes.values())
    record_property("runs_by_node", [spread[node] for node in range(3)])
    assert len(spread) == 3


def test_every_key_of_a_run_is_in_one_slot(cluster):
    keys = RunKeys("any run")
    names = [*head_keys(keys), keys.faults, keys.users, keys.dispatch("tax.1"), keys.topic("orders", 3)]
    names.append(keys.shard("view-1", 2))
    assert len({cluster.slot(name) for name in names}) == 1


def test_a_cluster_in_the_wrong_variable_is_refused_and_the_right_one_is_named(cluster):
    check_runs_usable(cluster.runs_url)
    with pytest.raises(LabError, match=r"is a node of a Redis Cluster.*Name the cluster in REDIS_RUNS_URL"):
        check_usable(cluster.url())


def test_a_server_that_is_no_cluster_is_refused_for_runs(server):
    port = server.url.rpartition(":")[2].partition("/")[0]
    with pytest.raises(LabError, match=r"No Redis Cluster can be used at redis\+cluster://127\.0\.0\.1"):
        check_runs_usable(f"redis+cluster://127.0.0.1:{port}")
