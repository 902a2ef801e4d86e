"""From the environment to clients: what cannot be used is refused by its variable; a run's client knows its hub."""

from __future__ import annotations

import pytest
import redis

from tests.stack.proxy import Proxy
from workers.runtime import connection
from workers.runtime.connection import connect, of_hub, of_run, redis_url, runs_url
from workers.runtime.following import ClusterGuide


def test_the_variables_are_read_and_what_cannot_be_used_is_refused_by_name(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "sentinel://h/0?master=m")
    monkeypatch.setenv("REDIS_RUNS_URL", "redis+cluster://h:1")
    assert (redis_url(), runs_url()) == ("sentinel://h/0?master=m", "redis+cluster://h:1")
    monkeypatch.setenv("REDIS_URL", "http://:secret@h")
    monkeypatch.setenv("REDIS_RUNS_URL", "redis://:secret@h")
    for variable, read in (("REDIS_URL", redis_url), ("REDIS_RUNS_URL", runs_url)):
        with pytest.raises(
            RuntimeError, match=f"^{variable} cannot be used: it begins with '.*'; use redis"
        ) as refused:
            read()
        assert "secret" not in str(refused.value)
    monkeypatch.setenv("REDIS_URL", "")
    monkeypatch.setenv("REDIS_RUNS_URL", "")
    assert runs_url() == ""
    with pytest.raises(RuntimeError, match="REDIS_URL is not set"):
        redis_url()


def test_without_a_cluster_a_run_is_where_everything_is(server):
    with connect(server.url) as client:
        assert of_run(client, "r") is client
        assert of_hub(client) is client
        servers = []
        client.on_each_server(servers.append)
        assert servers == [client]
    plain = redis.Redis()
    assert (of_run(plain, "r"), of_hub(plain)) == (plain, plain)


def test_with_a_cluster_each_run_has_one_client_that_knows_its_hub_and_few_are_kept(server, monkeypatch):
    monkeypatch.setattr(connection, "RUN_CLIENTS_MAX", 3)
    with connect(server.url, "redis+cluster://127.0.0.1:1") as client:
        first = of_run(client, "r1")
        assert first is not client
        assert of_run(client, "r1") is first
        assert of_run(first, "r1") is first
        assert of_hub(first) is client
        for number in range(2, 5):
            of_run(client, f"r{number}")
        again = of_run(client, "r1")
        assert again is not first
        client.forget("r1")
        assert of_run(client, "r1") is not again
        with pytest.raises(redis.ConnectionError, match="no node of the cluster tells who has which slots"):
            first.ping()
        assert client.ping()


def test_a_cluster_that_does_not_answer_is_a_lost_connection_and_not_another_error(server):
    guide = ClusterGuide(connection.cluster(f"redis+cluster://127.0.0.1:{server.port}"))
    with pytest.raises(redis.ConnectionError, match="no node of the cluster tells"):
        guide.primaries()


def test_a_client_does_not_repeat_what_was_not_answered(server):
    with Proxy(server.url) as proxy, connect(proxy.url) as client:
        client.ping()
        proxy.cut()
        with pytest.raises(redis.ConnectionError):
            client.incr("cv:once")
        proxy.heal()
        assert client.get("cv:once") is None
