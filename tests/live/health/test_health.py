"""Probes and metrics: what they say of a server that is away, of runs, leases and streams."""

from __future__ import annotations

import pytest
import redis
from prometheus_client.parser import text_string_to_metric_families
from redis.backoff import NoBackoff
from redis.retry import Retry

from consistency_viz.experiments import stack
from consistency_viz.experiments import tokens as presenters
from consistency_viz.experiments.campaign import tokens
from consistency_viz.live.health.backlog import backlog_of
from consistency_viz.live.health.metrics import Kept
from workers.cluster.catalogue import load
from workers.cluster.plan import build
from workers.runtime import control
from workers.runtime.keys import RunKeys

pytestmark = pytest.mark.django_db


def samples(text: bytes) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(text.decode())
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_a_process_without_a_server_is_well_and_ready(client, settings):
    settings.REDIS_URL = ""
    assert client.get("/healthz").content == b"ok\n"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "database": "ok", "server": "none configured"})


def test_a_server_that_is_away_makes_it_unready_and_is_told_by_the_metrics(client, settings, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(stack, "client", lambda: redis.Redis(port=1, retry=Retry(NoBackoff(), 0)))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["ready"], answer.json()["database"]) == (503, False, "ok")
    assert client.get("/healthz").status_code == 200
    assert samples(Kept().text())["cv_server_up",] == 0


@pytest.fixture
def run(redis_client, settings, server, monkeypatch) -> str:
    """A run that the server knows and nobody plays."""
    settings.REDIS_URL = server.url
    monkeypatch.setattr(stack, "client", lambda: redis_client)
    control.create_run(redis_client, "r1", load("order-flow").model_dump(mode="json"))
    return "r1"


def test_the_lag_of_a_node_is_what_was_sent_to_it_and_is_not_committed(redis_client, run):
    keys, plan = RunKeys(run), build(load("order-flow"))
    for number in range(1, 6):
        redis_client.xadd(keys.topic("commands", 0), {"m": "x"}, id=f"{number}-0")
    redis_client.hset(keys.shard("order", 0), "e:commands", 2)
    redis_client.xadd(keys.observations, {"o": "x"}, id="1-0")
    found = backlog_of(redis_client, run, plan)
    assert (found.nodes["order"], found.nodes["view-1"], found.observations) == (3, 0, 1)


def test_metrics_have_leases_streams_and_experiments(redis_client, run):
    keys = RunKeys(run)
    redis_client.xadd(keys.topic("commands", 0), {"m": "x"}, id="1-0")
    expires_us = control.server_time_us(redis_client) + 3_000_000
    redis_client.hset(keys.leases, "order.1", f"1 {expires_us}")
    found = samples(Kept().text())
    assert found["cv_server_up",] == 1
    assert found["cv_stream_lag_entries", "order", run] == 1
    assert found["cv_lease_age_seconds", "order.1", run] >= 0.9
    assert found["cv_instances_alive", run] == 1
    assert found["cv_experiment_chunks_left",] == 0


def test_the_page_for_prometheus_needs_no_session(client, settings):
    settings.REDIS_URL = ""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_from_elsewhere_only_a_token_that_may_read_sees_more_than_whether_it_is_well(client, settings):
    settings.REDIS_URL = ""
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get("/readyz", **elsewhere).json() == {"ready": True}
    assert client.get("/metrics", **elsewhere).status_code == 403
    seen = {}
    for scope in ("run", "read"):
        bearer = {"authorization": f"Bearer {tokens.issue('prometheus', [scope])[1]}"}
        seen[scope] = client.get("/metrics", headers=bearer, **elsewhere).status_code
    assert seen == {"run": 403, "read": 200}
    client.get(f"/enter/{presenters.issue()}/", **elsewhere)
    assert client.get("/metrics", **elsewhere).status_code == 200
