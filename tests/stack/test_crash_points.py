"""An instance dies at every step of its turn, as by kill -9: whatever it had not committed is done by its successor.

``test_network`` ends connections at these moments and ``test_killed_services`` whole processes at any; here the process
is gone at one exact step, its lease is not given back, and nobody but the account outside knows what was acknowledged.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter
from typing import Any

import pytest

from tests.stack.account import Account
from tests.stack.support import all_alive, check_epochs_never_fall, impatient, orders_of
from tests.workers.live import LiveRun
from tests.workers.support import of_kind
from workers.model.observation import Changed
from workers.runtime import instance, reconciler
from workers.runtime.connection import connect
from workers.runtime.scripts import Scripts

pytestmark = pytest.mark.stack
MOMENTS = ("lease taken", "read sent", "read answered", "commit unsent", "commit answered", "beat answered")
DEATHS = 36
EACH_MIN = 3


class Reaper:
    """Makes clients whose instance dies at a moment of theirs: the n-th time that it comes, n from 1 to 4 in turn."""

    def __init__(self, url: str) -> None:
        self.deaths: Counter[str] = Counter()
        self._made = itertools.count()
        with connect(url) as client:
            scripts = Scripts(client)
            self._names = {scripts.acquire.sha: "lease", scripts.commit.sha: "commit", scripts.beat.sha: "beat"}

    def client(self, url: str) -> Any:
        number = next(self._made)
        return self._doomed(connect(url), MOMENTS[number % len(MOMENTS)], 1 + number % 4)

    def _doomed(self, client: Any, moment: str, times: int) -> Any:
        execute, seen, dead = client.execute_command, 0, False

        def die_if(name: str, reply: Any = True) -> None:
            nonlocal seen, dead
            if name != moment or not reply or self.deaths.total() >= DEATHS:
                return
            seen += 1
            # A lease is taken once in a life; nobody would ever work if the first turn were always the last.
            if seen >= (1 if name == "lease taken" else times):
                dead = True
                self.deaths[moment] += 1
                raise SystemExit

        def execute_command(*arguments: Any, **options: Any) -> Any:
            if dead:
                raise SystemExit  # Not even its lease is given back.
            what = "read" if arguments[0] == "XREAD" else self._names.get(str(arguments[1])) if arguments[1:] else None
            die_if(f"{what} unsent")
            if what == "read":
                die_if("read sent")
            reply = execute(*arguments, **options)
            die_if("lease taken" if what == "lease" else f"{what} answered", reply)
            return reply

        client.execute_command = execute_command
        return client


class MortalRun(LiveRun):
    """A run whose instances may die; nobody has to hear of it."""

    def _be(self, run: str, instance: str) -> None:
        with contextlib.suppress(SystemExit):
            super()._be(run, instance)


def test_an_instance_that_dies_at_any_step_loses_nothing_acknowledged_and_doubles_no_effect(server, monkeypatch):
    monkeypatch.setattr(instance, "LEASE_US", 500_000)
    monkeypatch.setattr(instance, "BEAT_US", 100_000)
    monkeypatch.setattr(reconciler, "DISPATCH_MS", 100)
    reaper = Reaper(server.url)
    with MortalRun(server.url, impatient(60, 20.0, stay_open_s=300.0), reaper.client) as live:
        with Account(server.url, live.run, 20.0) as account:
            assert live.tick_until(lambda: reaper.deaths.total() >= DEATHS, 60)
            assert live.tick_until(lambda: all_alive(live.client, live.run), 20)
        assert live.tick_until(lambda: account.is_complete(live.history(), orders_of(60, 20)), 30)
        history = live.history()
        account.check(history, orders_of(60, 20))
        check_epochs_never_fall(live.client, live.run)
        lost = [body.instance for body in of_kind(history, Changed) if body.state == "lost"]
        assert len(lost) == DEATHS
    assert set(reaper.deaths) == set(MOMENTS)
    assert min(reaper.deaths.values()) >= EACH_MIN
