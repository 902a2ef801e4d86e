"""A commit whose answer was lost may have happened: whichever it was, every order is complete exactly once."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

import pytest
import redis

from tests.stack.support import all_alive, check_every_order_once, orders_of, steady
from tests.workers.live import LiveRun, history_of, until
from workers.runtime import instance
from workers.runtime.connection import connect
from workers.runtime.scripts import Scripts

pytestmark = pytest.mark.stack
NODES = ("client", "order", "validation", "tax", "email", "view-1")
BATCH = 12
SHORT = steady(2, 200.0, views=1, partitions=1)


@dataclass
class Faults:
    """Which commits of which instance lose their connection, and when: before they are sent, or before the answer."""

    instance: str
    before: frozenset[int] = frozenset()
    after: frozenset[int] = frozenset()
    commits: Counter[str] = field(default_factory=Counter)
    hits: int = 0

    def client(self, url: str) -> redis.Redis:
        """A client of the instance that is this thread."""
        name = threading.current_thread().name
        client = connect(url)
        commit_sha = Scripts(client).commit.sha
        execute = client.execute_command

        def execute_command(*arguments, **options):
            if arguments[:2] != ("EVALSHA", commit_sha):
                return execute(*arguments, **options)
            self.commits[name] += 1
            hit = self.instance in (name, "*")
            if hit and self.commits[name] in self.before:
                self.hits += 1
                raise redis.ConnectionError("cut before the commit was sent")
            reply = execute(*arguments, **options)
            if hit and self.commits[name] in self.after:
                self.hits += 1
                raise redis.ConnectionError("cut before the answer came")
            return reply

        client.execute_command = execute_command
        return client


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(instance, "RECONNECT_S", 0.01)
    monkeypatch.setattr(instance, "BEAT_US", 150_000)


def play(url, faults, count, per_s=100.0):
    with LiveRun(url, steady(count, per_s, views=2), faults.client) as live:
        history = live.finish()
        assert live.status.state == "finished"
        check_every_order_once(history, orders_of(count, 20))
        assert faults.hits > 20


def test_a_connection_lost_around_any_commit_of_any_instance_loses_and_doubles_nothing(server):
    """Every single commit of a short run, before and after: each fault in a run of its own."""
    with LiveRun(server.url, SHORT, (clean := Faults("")).client) as live:
        live.finish()
    cases = [
        (f"{node}.1", when, number)
        for node in NODES
        for number in range(1, clean.commits[f"{node}.1"] + 1)
        for when in ("before", "after")
    ]
    assert len(cases) > 50
    hits = 0
    for start in range(0, len(cases), BATCH):
        batch = [Faults(name, **{when: frozenset({number})}) for name, when, number in cases[start : start + BATCH]]
        play_side_by_side(server.url, batch)
        hits += sum(faults.hits for faults in batch)
    # How many commits an instance needs depends a little on the timing; nearly all of the faults have to be met.
    assert hits > 0.8 * len(cases)


def play_side_by_side(url, batch):
    """Each with its own instances; one reconciler is enough to see that a run has come to rest."""
    runs = [LiveRun(url, SHORT, faults.client) for faults in batch]
    try:
        for live in runs:
            for found in live.status.instances:
                live._dispatch(live.run, found.id)
        assert runs[0].tick_until(lambda: all(live.status.ended_us is not None for live in runs))
        for live in runs:
            check_every_order_once(history_of(live.client, live.run), orders_of(2, 20), ("order", "view-1"))
    finally:
        for live in runs:
            live.stopping.set()
        for live in runs:
            live.__exit__()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_connection_lost_around_every_other_commit_loses_and_doubles_nothing(server, when):
    play(server.url, Faults("*", **{when: frozenset(range(2, 10_000, 2))}), 40)


def test_cutting_all_connections_again_and_again_loses_and_doubles_nothing(server):
    with LiveRun(server.url, steady(150, 100.0)) as live:
        cuts = 0
        assert live.tick_until(lambda: all_alive(live.client, live.run))
        while live.status.ended_us is None and cuts < 12:
            live.tick_until(lambda: True)
            live.client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            live._reconciler._client.connection_pool.disconnect()
            cuts += 1
            until(lambda: False, 0.1)
        history = live.finish()
        assert cuts == 12
        check_every_order_once(history, orders_of(150, 20))


def test_a_commit_that_is_never_answered_is_not_repeated_by_the_client(server):
    """The client library must not retry: a repeated commit would send its messages twice."""
    with connect(server.url) as client:
        assert client.get_connection_kwargs()["retry"]._retries == 0
