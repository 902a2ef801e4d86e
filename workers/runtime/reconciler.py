"""The reconciler: makes what runs agree with what is wanted. One in every worker, one of them acts at a time.

Twice a second: note that this worker lives; apply the scenario's changes that are due; declare lost what let its lease
run out; dispatch what is wanted and has no lease; trim streams behind the slowest reader; end runs that have nothing
left to do or no time left.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any, Final

import redis

from workers.cluster.plan import Plan
from workers.model.codec import pack
from workers.runtime import acl
from workers.runtime.connection import Hub, of_run
from workers.runtime.control import Status, active_runs, end_run, plan_of, run_status, server_time_us
from workers.runtime.fault_feed import FaultFeed, read_all, tell
from workers.runtime.keys import RECONCILER, WORKERS, RunKeys
from workers.runtime.scripts import Scripts, head_keys

log = logging.getLogger(__name__)

INTERVAL_S: Final = 0.5
LOCK_MS: Final = 3_000
WORKER_US: Final = 3_000_000
DISPATCH_MS: Final = 2_000
TRIM_EVERY: Final = 4
UNMANNED_AFTER_S: Final = 60.0
COUNTED_BEHIND_MARK_MAX: Final = 100
Dispatch = Callable[[str, str], Any]


class Reconciler(threading.Thread):
    """The thread of one worker process; ``dispatch(run, instance)`` starts an instance somewhere."""

    def __init__(self, client: redis.Redis, dispatch: Dispatch) -> None:
        super().__init__(name="reconciler", daemon=True)
        self._client = client
        self._scripts: dict[str, Scripts] = {}
        self._dispatch = dispatch
        self._stopping = threading.Event()
        self._name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._rounds = 0
        self._plans: dict[str, Plan] = {}
        self._changes_done: dict[str, int] = {}
        self._feeds: dict[str, FaultFeed] = {}
        self._unmanned_since_s: dict[str, float] = {}

    def stop(self) -> None:
        """Ask the thread to end and forget this worker."""
        self._stopping.set()

    def run(self) -> None:
        """Round after round until stopped; a server that is away is waited for."""
        while not self._stopping.wait(INTERVAL_S):
            try:
                self.round()
            except redis.RedisError as error:
                log.warning("reconciler: %s; trying again", error)
        try:
            self.sign_off()
        except redis.RedisError:
            log.debug("reconciler: could not sign off")

    def sign_off(self) -> None:
        """Let another reconciler act at once, and be counted among the living no more."""
        if self._client.get(RECONCILER) == self._name.encode():
            self._client.delete(RECONCILER)
        self._client.hdel(WORKERS, self._name)

    def round(self) -> None:
        """One round, if this is the reconciler that acts."""
        now_us = server_time_us(self._client)
        self._client.hset(WORKERS, self._name, now_us + WORKER_US)
        if not self._acts():
            return
        self._rounds += 1
        for name, expires in self._client.hgetall(WORKERS).items():
            if int(expires) < now_us - 60_000_000:
                self._client.hdel(WORKERS, name)
        runs = active_runs(self._client)
        self._plans = {run: plan for run, plan in self._plans.items() if run in runs}
        self._changes_done = {run: done for run, done in self._changes_done.items() if run in runs}
        self._feeds = {run: feed for run, feed in self._feeds.items() if run in runs}
        self._scripts = {run: scripts for run, scripts in self._scripts.items() if run in runs}
        self._unmanned_since_s = {run: since_s for run, since_s in self._unmanned_since_s.items() if run in runs}
        if self._rounds % TRIM_EVERY == 1:
            self._remove_orphans(runs)
        for run in runs:
            try:
                self._tend(run)
            except (redis.ConnectionError, redis.TimeoutError) as error:
                if of_run(self._client, run) is self._client:
                    raise
                log.warning("reconciler: the shard of run %s: %s; trying again", run, error)
            except Exception:
                log.exception("reconciler: run %s; trying again", run)

    def _remove_orphans(self, runs: list[str]) -> None:
        if isinstance(self._client, Hub):
            self._client.on_each_server(lambda server: acl.remove_orphans(server, runs))
        else:
            acl.remove_orphans(self._client, runs)

    def _acts(self) -> bool:
        if self._client.set(RECONCILER, self._name, nx=True, px=LOCK_MS):
            return True
        if self._client.get(RECONCILER) != self._name.encode():
            return False
        self._client.pexpire(RECONCILER, LOCK_MS)
        return True

    def _tend(self, run: str) -> None:
        status = run_status(self._client, run)
        if status is None or status.ended_us is not None:
            return
        try:
            plan = self._plans.get(run) or plan_of(self._client, run)
        except ValueError as error:
            end_run(self._client, run, "failed", f"this version cannot run its scenario: {error}")
            return
        if plan is None:
            return
        self._plans[run] = plan
        keys, shard = RunKeys(run), of_run(self._client, run)
        scripts = self._scripts.setdefault(run, Scripts(shard))
        if self._apply_changes(plan, keys, status.now_us - status.started_us):
            status = run_status(self._client, run) or status
        self._tell_of_faults(run, plan, keys, status)
        acl.protect(shard, plan, keys)
        scripts.sweep(head_keys(keys), [plan.partitions])
        for instance in status.instances:
            wanted = not instance.alive
            if wanted and shard.set(keys.dispatch(instance.id), "1", nx=True, px=DISPATCH_MS):
                self._dispatch(run, instance.id)
        unmanned = self._unmanned(run, status)
        if unmanned:
            end_run(self._client, run, "failed", unmanned)
            return
        is_over = _is_over(plan, status.now_us - status.started_us)
        lost = trim(shard, plan, keys) if is_over or self._rounds % TRIM_EVERY == 0 else ""
        if lost:
            end_run(self._client, run, "failed", lost)
            return
        self._end_if_over(run, plan, keys, status.now_us - status.started_us)

    def _unmanned(self, run: str, status: Status) -> str:
        """Why the run cannot go on, if no instance of a node has come up for a while; "" as long as it may."""
        nodes = {instance.node for instance in status.instances}
        missing = sorted(nodes - {instance.node for instance in status.instances if instance.alive})
        if not missing:
            self._unmanned_since_s.pop(run, None)
            return ""
        now_s = time.monotonic()
        if now_s - self._unmanned_since_s.setdefault(run, now_s) <= UNMANNED_AFTER_S:
            return ""
        return (
            f"no instance of {', '.join(missing)} has come up for {UNMANNED_AFTER_S:.0f} s: the workers have no thread "
            f"left for it, or cannot start it (see their logs); {status.workers} of them live"
        )

    def _tell_of_faults(self, run: str, plan: Plan, keys: RunKeys, status: Status) -> None:
        """Let faults begin and end that are due; usually the instances have done it on the microsecond."""
        feed = self._feeds.setdefault(run, FaultFeed(plan, status.started_us))
        read_all(of_run(self._client, run), keys, feed)
        for fault_id, settings, begins in feed.due(status.now_us):
            tell(self._scripts[run], keys, plan, fault_id, settings, begins=begins)

    def _apply_changes(self, plan: Plan, keys: RunKeys, age_us: int) -> bool:
        """Scale as the scenario says for this age of the run; true if there was something to do."""
        changes = sorted(plan.scenario.changes, key=lambda change: change.at_s)
        due = [c for c in changes if c.at_s * 1e6 <= age_us]
        done = self._changes_done.get(keys.run, 0)
        for number, change in enumerate(due[done:], done + 1):
            self._scripts[keys.run].scale(head_keys(keys), [change.node, change.instances, plan.partitions, number])
        self._changes_done[keys.run] = len(due)
        return len(due) > done

    def _end_if_over(self, run: str, plan: Plan, keys: RunKeys, age_us: int) -> None:
        scenario = plan.scenario
        if scenario.duration_s is None:
            return
        if _is_over(plan, age_us):
            end_run(self._client, run, "finished", f"the drain time of {scenario.drain_s:g} s is over")
            return
        if age_us < scenario.stay_open_s * 1e6:
            return  # Guests may still come.
        names: list[str] = []
        topics: list[str] = []
        for node in plan.nodes.values():
            for topic in node.subscribes:
                for partition in range(plan.partitions):
                    names += (keys.topic(topic, partition), keys.shard(node.id, partition))
                    topics.append(topic)
        reason = "every message was processed"
        if self._scripts[run].finish_if_quiet([*head_keys(keys), *names], ["finished", reason, *topics]):
            log.info("run %s finished", run)


def _is_over(plan: Plan, age_us: int) -> bool:
    """Whether neither duration nor drain time is left."""
    scenario = plan.scenario
    return scenario.duration_s is not None and age_us > (scenario.duration_s + scenario.drain_s) * 1e6


def trim(client: redis.Redis, plan: Plan, keys: RunKeys) -> str:
    """Cut every topic's streams behind their slowest subscriber; nothing pending is ever cut.

    Returns what was lost because somebody else cut more than that, as a reason to end the run; "" if nothing was.
    An observation stream is not trimmed here: that is for the recorder, behind what it has on disk.
    """
    names: list[str] = []
    places: list[tuple[str, int]] = []
    for topic, readers in plan.subscribers.items():
        for partition in range(plan.partitions):
            names += (keys.topic(topic, partition), *(keys.shard(node, partition) for node in readers))
            places.append((topic, len(readers)))
    lost = Scripts(client).trim([*head_keys(keys), *names], [pack(places), COUNTED_BEHIND_MARK_MAX])
    if not lost:
        return ""
    stream, node = lost[0].decode(), lost[1].decode().removeprefix(f"{keys.prefix}shard:").rpartition(":")[0]
    if lost[2] < 0:
        return f"{stream} was deleted by somebody during the run: what was not read of it is lost"
    messages = "1 message was" if lost[2] == 1 else f"{lost[2]} messages were"
    return f"{messages} removed from {stream} by somebody before {node} had processed them"
