"""Who places orders from outside and keeps accounts of its own of what it was told: the engine's word is not asked.

An order is acknowledged when the server's answer to it was read (with ``replicas``: and so many replicas have it too);
doubtful when the connection broke before that, so it may have been placed or not; refused when the answer was no.
Acknowledged orders must be complete everywhere exactly once, doubtful ones at most once, and all of a doubtful one or
nothing.
"""

from __future__ import annotations

import threading
import time
from typing import Self

import redis

from tests.stack.support import REPLICAS, check_every_order_once
from tests.workers.support import ORDER, of_kind
from workers.model.observation import Applied, Observation
from workers.runtime import control
from workers.runtime.connection import connect, of_run
from workers.services.client import BY_HAND

AWAY_S = 0.05
REPLICATED_MS = 300


class Account:
    """Places so many orders a second in ``run`` until it is closed. Each order is a session of its own.

    One client, one connection at a time: ``WAIT`` is about what its own connection wrote.
    """

    def __init__(
        self, url: str, run: str, orders_per_s: float, name: str = "out", *, runs_url: str = "", replicas: int = 0
    ) -> None:
        self.acknowledged: list[str] = []
        self.doubtful: list[str] = []
        self.refused: list[str] = []
        self._urls = (url, runs_url)
        self._replicas = replicas
        self._run = run
        self._period_s = 1 / orders_per_s
        self._name = name
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._place, name="account", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Place no more orders. Idempotent."""
        self._closing.set()
        self._thread.join(20)
        assert not self._thread.is_alive()

    def _place(self) -> None:
        client = connect(*self._urls)
        number = 0
        while not self._closing.wait(self._period_s):
            number += 1
            session = f"{self._name}{number}"
            try:
                message = control.inject(client, self._run, BY_HAND, "PlaceByHand", session, ORDER)
                if self._replicas and of_run(client, self._run).wait(self._replicas, REPLICATED_MS) < self._replicas:
                    raise redis.TimeoutError("no replica says that it has it")
            except (redis.ConnectionError, redis.TimeoutError):
                self.doubtful.append(session)
                time.sleep(AWAY_S)
            except control.RunRefusedError:
                self.refused.append(session)
            else:
                self.acknowledged.append(f"{session}-{message.removeprefix('web-')}")
        client.close()

    def expected(self, history: list[Observation]) -> list[str]:
        """Every order that has to be complete: the acknowledged ones, and of the doubtful ones those that exist."""
        doubtful = set(self.doubtful)
        existing = {b.key for b in of_kind(history, Applied) if b.key.rpartition("-")[0] in doubtful}
        assert len({order.rpartition("-")[0] for order in existing}) == len(existing)
        return sorted([*self.acknowledged, *existing])

    def check(self, history: list[Observation], others: tuple[str, ...] | list[str] = ()) -> None:
        """Nothing acknowledged is lost, and nothing happened twice; ``others`` were placed by the run itself."""
        assert self.acknowledged
        check_every_order_once(history, sorted([*self.expected(history), *others]))

    def is_complete(self, history: list[Observation], others: tuple[str, ...] | list[str] = ()) -> bool:
        """Whether every replica has applied all of every order; cheap enough to ask again and again."""
        keys = {*self.expected(history), *others}
        return sum(b.key in keys for b in of_kind(history, Applied)) >= 4 * len(REPLICAS) * len(keys)
