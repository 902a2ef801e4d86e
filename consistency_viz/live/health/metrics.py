"""What Prometheus reads at ``/metrics``: runs, leases, streams, experiments; looked up when it is asked for.

Every name begins with ``cv_``; label values are ids of runs and names of nodes, both ours, and at most ``RUNS_MAX``
runs are told of. An answer is kept for ``KEPT_S``: many readers cost what one does.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any, Final

import redis
from django.conf import settings
from django.db.models import Count
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from consistency_viz.experiments import stack
from consistency_viz.experiments.models import Chunk, Experiment, Result, Run
from consistency_viz.live.health.backlog import backlog_of

RUNS_MAX: Final = 16
KEPT_S: Final = 1.0


class Gauges(Collector):
    """Everything that is looked up when asked."""

    def collect(self) -> Iterator[Metric]:
        """The families, one after the other; what needs the server is left out while it is away."""
        yield from _rows()
        up = GaugeMetricFamily("cv_server_up", "Whether the Redis-compatible server answers")
        try:
            found = list(_server()) if settings.REDIS_URL else []
            up.add_metric([], 1.0 if settings.REDIS_URL else 0.0)
        except redis.RedisError:
            found = []
            up.add_metric([], 0.0)
        yield up
        yield from found


def _rows() -> Iterator[Metric]:
    runs = GaugeMetricFamily("cv_runs", "Runs by state", labels=["state"])
    for row in Run.objects.values("state").annotate(n=Count("pk")).order_by("state"):
        runs.add_metric([row["state"]], row["n"])
    yield runs
    experiments = GaugeMetricFamily("cv_experiments", "Experiments by state", labels=["state"])
    for row in Experiment.objects.values("state").annotate(n=Count("pk")).order_by("state"):
        experiments.add_metric([row["state"]], row["n"])
    yield experiments
    yield GaugeMetricFamily("cv_experiment_results", "Runs of experiments that have a result", Result.objects.count())
    left = Chunk.objects.filter(done=False, experiment__state=Experiment.State.RUNNING).count()
    yield GaugeMetricFamily("cv_experiment_chunks_left", "Chunks of running experiments that are not done", left)


def _server() -> Iterator[Metric]:
    client, control = stack.client(), stack.control()
    active = control.active_runs(client)[:RUNS_MAX]
    lag = GaugeMetricFamily("cv_stream_lag_entries", "Entries sent and not committed yet", labels=["run", "node"])
    waiting = GaugeMetricFamily("cv_observations_waiting", "Observations that are not archived yet", labels=["run"])
    age = GaugeMetricFamily("cv_lease_age_seconds", "Time since an instance renewed", labels=["run", "instance"])
    alive = GaugeMetricFamily("cv_instances_alive", "Instances with a lease that holds", labels=["run"])
    for run_id in active:
        status = control.run_status(client, run_id)
        plan = control.plan_of(client, run_id)
        if status is None or plan is None:
            continue
        backlog = backlog_of(client, run_id, plan)
        for node, entries in backlog.nodes.items():
            lag.add_metric([run_id, node], entries)
        waiting.add_metric([run_id], backlog.observations)
        alive.add_metric([run_id], sum(instance.alive for instance in status.instances))
        for instance in status.instances:
            if instance.age_ms >= 0:
                age.add_metric([run_id, instance.id], instance.age_ms / 1_000)
    workers = GaugeMetricFamily(
        "cv_workers_alive", "Worker processes that gave a sign of life", control.workers_alive(client)
    )
    yield from (workers, lag, waiting, age, alive)


class Kept:
    """The text for Prometheus, made at most once in ``KEPT_S``."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(Gauges())
        ProcessCollector(registry=self._registry)
        self._lock = threading.Lock()
        self._at_s = float("-inf")
        self._text = b""

    def text(self) -> bytes:
        """In the text format of Prometheus."""
        with self._lock:
            if time.monotonic() - self._at_s > KEPT_S:
                self._text = generate_latest(self._registry)
                self._at_s = time.monotonic()
            return self._text


def readiness() -> dict[str, Any]:
    """What this process needs to serve, each ``ok`` or what is wrong with it."""
    found: dict[str, Any] = {}
    try:
        Run.objects.exists()
        found["database"] = "ok"
    except Exception as error:  # noqa: BLE001 - whatever it is, the process is not ready
        found["database"] = type(error).__name__
    try:
        if settings.REDIS_URL:
            stack.client().ping()
        found["server"] = "ok" if settings.REDIS_URL else "none configured"
    except redis.RedisError as error:
        found["server"] = type(error).__name__
    return found
