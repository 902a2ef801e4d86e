"""A run lives in one slot: on any node of a real cluster it plays like on a server alone.

What does not work on a cluster is what runs share (`cv:runs`, `cv:workers`, `cv:reconciler`, the queue of Celery): it
lies in other slots, so a cluster's URL is refused (``docs/several-machines.md``). Here it is moved beside the run.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from consistency_viz.lab.errors import LabError
from consistency_viz.lab.redis_check import check_usable
from tests.stack.cluster import Cluster
from tests.stack.support import check_every_order_once, impatient, orders_of
from tests.workers.live import LiveRun
from tests.workers.support import plan_of
from workers.runtime import control, instance, reconciler
from workers.runtime.keys import RunKeys
from workers.runtime.scripts import head_keys

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster")) as started:
        yield started


def name_on(cluster: Cluster, node: int, prefix: str) -> str:
    """A name whose hash tag is on the node."""
    return next(name for n in itertools.count(1) if cluster.node_of(RunKeys(name := f"{prefix}{n}").meta) == node)


@pytest.mark.parametrize("node", [0, 1, 2])
def test_a_run_plays_to_its_end_on_whichever_node_has_its_slot(cluster, node, monkeypatch):
    """With users, faults, scaling and trimming: every script and every transaction keeps to one slot."""
    monkeypatch.setattr(instance, "BEAT_US", 150_000)
    registry = f"{{{name_on(cluster, node, 'registry')}}}"
    for module, name in (
        *((control, "RUNS"), (control, "WORKERS")),
        *((reconciler, "RECONCILER"), (reconciler, "WORKERS")),
    ):
        monkeypatch.setattr(module, name, f"cv:{name}{registry}")
    fields = impatient(
        40,
        40.0,
        changes=[{"at_s": 0.3, "node": "tax", "instances": 3}, {"at_s": 0.8, "node": "tax", "instances": 1}],
        faults=[
            {"kind": "pause", "node": "view-1", "at_s": 0.3, "for_s": 0.5},
            {"kind": "crash", "node": "view-2", "at_s": 0.2, "for_s": 0.5, "disk": "kept"},
        ],
    )
    with LiveRun(cluster.url(node), fields, run=name_on(cluster, node, "run-")) as live:
        users = [user for user in live.client.acl_users() if user.startswith(RunKeys(live.run).prefix)]
        assert len(users) == len(plan_of(fields).nodes)
        history = live.finish(30)
        assert (live.status.state, live.status.reason) == ("finished", "every message was processed")
        check_every_order_once(history, orders_of(40, 20))


def test_every_key_of_a_run_is_in_one_slot(cluster):
    keys = RunKeys("any run")
    names = [*head_keys(keys), keys.faults, keys.users, keys.dispatch("tax.1"), keys.topic("orders", 3)]
    names.append(keys.shard("view-1", 2))
    assert len({cluster.slot(name) for name in names}) == 1


def test_the_url_of_a_cluster_is_refused_with_what_would_do(cluster):
    with pytest.raises(LabError) as refused:
        check_usable(cluster.url())
    assert "is a node of a Redis Cluster" in str(refused.value)
    assert "one primary" in str(refused.value)
