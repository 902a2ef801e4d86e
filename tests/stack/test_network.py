"""The network between instances and the server breaks at every moment around a commit, and for seconds."""

from __future__ import annotations

import threading
import time

import pytest

from tests.stack.account import Account
from tests.stack.proxy import Proxy
from tests.stack.support import all_alive, check_epochs_never_fall, impatient, orders_of
from tests.workers.live import LiveRun, until
from workers.runtime import instance
from workers.runtime.connection import connect
from workers.runtime.scripts import Scripts

pytestmark = pytest.mark.stack
EVERY = {"unsent": 3, "half": 3, "sent": 3, "unanswered": 3, "read": 10}
CUT_S = 2.0


@pytest.fixture(autouse=True)
def _quick_to_leave(monkeypatch):
    monkeypatch.setattr(instance, "BEAT_US", 150_000)


@pytest.fixture
def proxy(server):
    with Proxy(server.url) as made:
        yield made


def play(server, proxy, count, during):
    """A run whose instances reach the server by the proxy, while orders come from outside as well."""
    with LiveRun(server.url, impatient(count, 40.0), lambda _: connect(proxy.url)) as live:
        assert live.tick_until(lambda: all_alive(live.client, live.run))
        with Account(server.url, live.run, 40.0) as account:
            during(live)
        history = live.finish(30)
        assert (live.status.state, live.status.reason) == ("finished", "every message was processed")
        account.check(history, orders_of(count, 20))
        check_epochs_never_fall(live.client, live.run)


@pytest.mark.parametrize("moment", EVERY)
def test_a_connection_that_ends_on_the_wire_around_a_commit_loses_and_doubles_nothing(
    server, proxy, moment, monkeypatch
):
    monkeypatch.setattr(instance, "RECONNECT_S", 0.01)
    with connect(server.url) as client:
        sha = Scripts(client).commit.sha

    def during(live):
        proxy.strike(moment, sha, EVERY[moment])
        assert live.tick_until(lambda: proxy.strikes > 25)
        proxy.spare()

    play(server, proxy, 30, during)


@pytest.mark.parametrize("how", ["cut", "hold"])
def test_a_network_that_is_away_for_seconds_costs_time_and_nothing_else(server, proxy, how):
    def during(live):
        getattr(proxy, how)()
        away = live.tick_until(lambda: False, CUT_S)
        proxy.heal()
        assert not away
        healed_s = time.monotonic()
        before = {i.id: i.epoch for i in live.status.instances}
        assert live.tick_until(lambda: all_alive(live.client, live.run))
        assert time.monotonic() - healed_s < 5.0
        assert {i.id: i.epoch for i in live.status.instances} == before  # shorter than a lease

    play(server, proxy, 60, during)


def test_a_server_that_pauses_its_clients_past_their_time_out_loses_nothing(server, redis_client, monkeypatch):
    """What a client gave up waiting for is not executed later: its connection is gone by then."""
    monkeypatch.setattr("workers.runtime.connection.SOCKET_TIMEOUT_S", 1.0)
    with LiveRun(server.url, impatient(80, 40.0)) as live:
        assert live.tick_until(lambda: all_alive(live.client, live.run))
        with Account(server.url, live.run, 20.0) as account:
            time.sleep(0.5)
            redis_client.client_pause(2_000, all=True)
            time.sleep(2.2)
            assert until(redis_client.ping, 5)
            live.tick_until(lambda: False, 0.5)
        assert account.doubtful
        history = live.finish(30)
        assert live.status.state == "finished"
        account.check(history, orders_of(80, 20))


def test_the_proxy_leaves_no_thread_behind(server):
    before = threading.active_count()
    with Proxy(server.url) as proxy, connect(proxy.url) as client:
        assert client.ping()
        proxy.cut()
        assert proxy.accepted == 1
    assert until(lambda: threading.active_count() <= before, 5)
