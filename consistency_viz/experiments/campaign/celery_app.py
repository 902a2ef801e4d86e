"""The Celery application that plays the simulated runs of experiments, in processes (ADR 12).

``python -m celery -A consistency_viz.experiments.campaign.celery_app worker -P prefork -c 2``

It is another application than the workers': those are the system under observation and know nothing of checkers.
"""

from __future__ import annotations

import os
import time
from typing import Any, Final

import django
from celery import Celery
from celery.signals import worker_init, worker_ready, worker_shutting_down
from django.db import connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consistency_viz.settings")
django.setup()

from consistency_viz.experiments.campaign import playing  # noqa: E402 - Django must be set up before models
from consistency_viz.experiments.campaign.reconciling import ASKED_FOR_S, Reconciler  # noqa: E402
from consistency_viz.experiments.hunting import pursuing  # noqa: E402
from workers.runtime.address import celery_broker  # noqa: E402

QUEUE: Final = "cv-experiments"
SLICE_S: Final = 2.0
"""A task gives its chunk back after so long: what was asked to stop has stopped by then."""

TASKS_A_PROCESS_MAX: Final = 500

_broker, _broker_options, _broker_tls = celery_broker(
    os.environ.get("CELERY_BROKER_URL") or os.environ.get("REDIS_URL") or ""
)
app = Celery("consistency-viz-experiments", broker=_broker or None)
app.conf.update(
    # What is to be done stands in the database (`reconciling`): nothing needs redelivery.
    task_acks_late=False,
    task_ignore_result=True,
    task_default_queue=QUEUE,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=TASKS_A_PROCESS_MAX,
    worker_send_task_events=False,
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    broker_connection_retry_on_startup=True,
    broker_use_ssl=_broker_tls or False,
    broker_transport_options={
        "socket_keepalive": True,
        "health_check_interval": 5,
        "global_keyprefix": "cv-celery:",
        **_broker_options,
    },
)

_reconcilers: list[Reconciler] = []
_processes = 1


@app.task(name="cv.play_chunk", bind=True)
def play_chunk(self: Any, chunk_id: int) -> int:
    """Play what is missing of a chunk for a while; returns how many runs were kept."""
    until_s = time.monotonic() + SLICE_S
    return playing.play(chunk_id, lambda: time.monotonic() > until_s, self.request.hostname or "")


@app.task(name="cv.pursue_hunt", bind=True)
def pursue_hunt(self: Any, hunt_id: int) -> None:
    """Go on with a hunt for a while."""
    until_s = time.monotonic() + SLICE_S
    pursuing.pursue(hunt_id, lambda: time.monotonic() > until_s, self.request.hostname or "")


def dispatch_hunt(hunt_id: int) -> None:
    """Have some process go on with a hunt."""
    pursue_hunt.apply_async((hunt_id,), expires=ASKED_FOR_S)


def dispatch(chunk_id: int) -> None:
    """Have some process play a chunk; the request is void once the chunk may be handed out again."""
    play_chunk.apply_async((chunk_id,), expires=ASKED_FOR_S)


@worker_init.connect
def _count_processes(sender: Any = None, **_: Any) -> None:
    global _processes  # noqa: PLW0603 - celery tells it here and nowhere else
    _processes = int(getattr(sender, "concurrency", None) or 1)


@worker_ready.connect
def _start_reconciler(sender: Any = None, **_: Any) -> None:
    worker = getattr(sender, "hostname", "")
    playing.free(worker)
    pursuing.free(playing.mark_of(worker))
    connections.close_all()  # processes that are forked later must not find this one's connection
    reconciler = Reconciler(dispatch, _processes, dispatch_hunt)
    _reconcilers.append(reconciler)
    reconciler.start()


@worker_shutting_down.connect
def _stop_reconciler(**_: Any) -> None:
    for reconciler in _reconcilers:
        reconciler.stop()
