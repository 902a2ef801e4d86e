"""A live run for tests: a real server, and instances on threads of this process instead of in a Celery worker."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any, Self

import redis

from workers.model.codec import unpack_turn
from workers.model.history import expand
from workers.model.observation import Observation, Turn
from workers.runtime import control
from workers.runtime.connection import connect, of_run
from workers.runtime.instance import Instance
from workers.runtime.keys import RunKeys
from workers.runtime.reconciler import Reconciler

_numbers = itertools.count(1)


def until(condition: Callable[[], object], timeout_s: float) -> bool:
    """Wait until ``condition`` holds; False if it does not in time."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.01)
    return True


def turns_of(client: redis.Redis, run: str) -> list[tuple[int, Turn]]:
    """Every turn of a run as the server recorded it, with its time in microseconds."""
    entries = of_run(client, run).xrange(RunKeys(run).observations)
    return [(int(entry.partition(b"-")[0]), unpack_turn(fields[b"b"])) for entry, fields in entries]


def history_of(client: redis.Redis, run: str) -> list[Observation]:
    return list(expand(turns_of(client, run)))


class LiveRun:
    """One run; its reconciler works at every ``tick``. A context manager that leaves no thread and no key behind."""

    def __init__(
        self,
        url: str,
        scenario: dict[str, Any],
        make_client: Callable[[str], redis.Redis] = connect,
        run: str = "",
        runs_url: str = "",
    ) -> None:
        self.run = run or f"test-{next(_numbers)}"
        self.url = url
        self.client = connect(url, runs_url)
        self.stopping = threading.Event()
        self.threads: list[threading.Thread] = []
        self.reasons: list[tuple[str, str]] = []
        self._make_client = (lambda _: connect(url, runs_url)) if runs_url else make_client
        self._reconciler = Reconciler(connect(url, runs_url), self._dispatch)
        control.create_run(self.client, self.run, scenario)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(10)
        assert not any(thread.is_alive() for thread in self.threads)
        self._reconciler.sign_off()
        control.delete_run(self.client, self.run)
        prefix = f"cv:{{{self.run}}}:"
        left = [
            k
            for k in of_run(self.client, self.run).scan_iter(f"{prefix}*")
            if not k.startswith(f"{prefix}dispatch:".encode())
        ]
        assert left == []
        assert self.run not in control.active_runs(self.client)

    def _dispatch(self, run: str, instance: str) -> None:
        if run != self.run:
            return  # What another test left on the server is not played here.
        thread = threading.Thread(target=self._be, args=(run, instance), name=instance, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _be(self, run: str, instance: str) -> None:
        client = self._make_client(self.url)
        try:
            plan = control.plan_of(client, run)
            if plan is not None:
                self.reasons.append(
                    (instance, Instance(of_run(client, run), run, plan, instance, self.stopping.is_set).run())
                )
        except (redis.ConnectionError, redis.TimeoutError) as error:
            # Before it had begun; as a Celery task it would fail, and be dispatched again.
            self.reasons.append((instance, f"no connection: {error}"))
        finally:
            client.close()

    @property
    def status(self) -> control.Status:
        found = control.run_status(self.client, self.run)
        assert found is not None
        return found

    def tick(self) -> None:
        """One round of the reconciler."""
        self._reconciler.round()

    def tick_until(self, condition: Callable[[], object], timeout_s: float = 20.0) -> bool:
        """Round after round until ``condition`` holds."""

        def ticked() -> object:
            self.tick()
            return condition()

        return until(ticked, timeout_s)

    def history(self) -> list[Observation]:
        """What has happened so far."""
        return history_of(self.client, self.run)

    def finish(self, timeout_s: float = 20.0) -> list[Observation]:
        """Run to the end; the history."""
        assert self.tick_until(lambda: self.status.ended_us is not None, timeout_s), self.status
        return history_of(self.client, self.run)
