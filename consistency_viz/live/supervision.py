"""Sees that every active run is recorded, whether anybody watches or not. Every web process does this.

Rules
1. Once a second: each run that the server has is recorded by somebody; if the lease is free, by a thread of ours.
2. What the server says of a run goes into its row; its end is written by the recorder alone, after the archive.
3. A run that the server no longer has, or a server that stays away, is a failure, and the row says which.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from typing import Any

import redis
from django.conf import settings
from django.db import close_old_connections, connections

from consistency_viz.experiments import archiving, stack
from consistency_viz.experiments.models import Run
from consistency_viz.observation.recorder import Recorder

log = logging.getLogger(__name__)

ROUND_S = 1.0
RECORDINGS_MAX = 16
MISSING_AFTER_S = 10.0
AWAY_AFTER_S = 60.0
AWAY = f"the Redis-compatible server has not answered for {AWAY_AFTER_S:.0f} s"
MISSING = "its keys are gone from the Redis-compatible server: flushed, or restarted without persistence"


class Supervisor:
    """The rounds of one web process, and the threads that record for it."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._recordings: dict[str, threading.Thread] = {}
        self._missing_since_s: dict[str, float] = {}
        self._away_since_s: float | None = None
        self._rounds: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin the rounds, if there is a server to look after."""
        if settings.REDIS_URL:
            self._rounds = asyncio.create_task(self._walk(), name="supervisor")

    async def stop(self) -> None:
        """End the rounds and the recordings; what was recorded is on disk, the leases are given back."""
        self._stop.set()
        if self._rounds is not None:
            self._rounds.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._rounds
        await asyncio.to_thread(self._join)

    async def _walk(self) -> None:
        while True:
            await asyncio.to_thread(self.round)
            await asyncio.sleep(ROUND_S)

    def round(self) -> None:
        """One look at everything. What goes wrong is logged; the next round tries again."""
        try:
            close_old_connections()
            self._look()
        except Exception:
            log.exception("the supervisor's round failed; the next one is in %.0f s", ROUND_S)
        finally:
            close_old_connections()

    def _look(self) -> None:
        rows = {run.id: run for run in Run.objects.filter(engine=Run.Engine.LIVE).exclude(state__in=Run.ENDED)}
        try:
            client = stack.client()
            active = stack.control().active_runs(client)
            statuses = _statuses(client, active)
        except redis.RedisError as error:
            self._away(rows, error)
            return
        self._away_since_s = None
        known = {run.id: run for run in Run.objects.filter(pk__in=statuses)}
        for run_id, run in known.items():
            status = statuses[run_id]
            if status is not None:
                archiving.mark_active(run, status.state, status.started_us)
            self._record(run)
        self._missing(rows.keys() - set(active))

    def _away(self, rows: dict[str, Run], error: redis.RedisError) -> None:
        now_s = time.monotonic()
        if self._away_since_s is None:
            self._away_since_s = now_s
            log.warning("the server does not answer (%s); its runs are given up in %.0f s", error, AWAY_AFTER_S)
        if now_s - self._away_since_s > AWAY_AFTER_S:
            for run_id in rows:
                archiving.mark_lost(run_id, AWAY)

    def _missing(self, run_ids: set[str]) -> None:
        """Rows of runs that the server does not have: just being made or just archived, or lost."""
        now_s = time.monotonic()
        self._missing_since_s = {run_id: self._missing_since_s.get(run_id, now_s) for run_id in run_ids}
        for run_id, since_s in self._missing_since_s.items():
            if now_s - since_s > MISSING_AFTER_S:
                log.error("run %s is lost: %s", run_id, MISSING)
                archiving.mark_lost(run_id, MISSING)

    def _record(self, run: Run) -> None:
        """Record the run on a thread of ours, unless one does already or the lease is held elsewhere."""
        self._recordings = {run_id: t for run_id, t in self._recordings.items() if t.is_alive()}
        if run.id in self._recordings or len(self._recordings) >= RECORDINGS_MAX or self._stop.is_set():
            return
        recorder = make_recorder(run, stack.client())
        if not recorder.lead():
            return
        thread = threading.Thread(target=self._run, args=(recorder,), name=f"recorder of {run.id}", daemon=True)
        self._recordings[run.id] = thread
        thread.start()

    def _run(self, recorder: Recorder) -> None:
        try:
            progress = recorder.run(self._stop.is_set)
            log.info("the recorder of run %s stopped: %s", recorder.run_id, progress.value)
        except Exception:
            log.exception("the recorder of run %s broke; another one goes on from the file", recorder.run_id)
        finally:
            connections.close_all()

    def _join(self) -> None:
        for thread in self._recordings.values():
            thread.join(timeout=5.0)


def _statuses(client: redis.Redis, run_ids: list[str]) -> dict[str, Any]:
    """The status of each run, without those whose own shard of a cluster is away: their recorders wait for it."""
    statuses: dict[str, Any] = {}
    for run_id in run_ids:
        try:
            statuses[run_id] = stack.control().run_status(client, run_id)
        except redis.RedisError as error:
            if stack.of_run(client, run_id) is client:
                raise
            log.warning("the shard of run %s does not answer (%s)", run_id, error)
    return statuses


def make_recorder(run: Run, client: redis.Redis) -> Recorder:
    """A recorder whose end is written into the run's row; ``manage.py run`` uses the same."""

    def header_of(status: Any) -> Any:
        return archiving.header_of(run, status.started_us)

    return Recorder(
        stack.of_run(client, run.id), run.id, run.history_path, stack.control(), header_of, archiving.mark_ended
    )
