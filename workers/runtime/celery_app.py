"""The Celery application of the workers (ADR 1: how a node lives in Celery).

``python -m celery -A workers.runtime.celery_app worker -P threads``
"""

from __future__ import annotations

import os
import threading
from typing import Any, Final

from celery import Celery
from celery.signals import worker_ready, worker_shutting_down

from workers.runtime.address import celery_broker
from workers.runtime.connection import connect, of_run, redis_url, runs_url
from workers.runtime.control import plan_of
from workers.runtime.instance import Instance
from workers.runtime.reconciler import Reconciler

QUEUE: Final = "cv-instances"
TASK_EXPIRES_S: Final = 5
HALF_OPEN_S: Final = 5
"""A worker waits for work in reads of a second. One that is not answered for this much longer is a connection that the
server dropped while the network was away: nobody tells the worker, and by default it takes 26 s to find out."""

_broker, _broker_options, _broker_tls = celery_broker(
    os.environ.get("CELERY_BROKER_URL") or os.environ.get("REDIS_URL") or ""
)
app = Celery("consistency-viz", broker=_broker or None)
app.conf.update(
    # An instance is a task that lasts as long as its run: acknowledged early, so that nothing is ever redelivered.
    task_acks_late=False,
    task_ignore_result=True,
    task_default_queue=QUEUE,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    # A worker whose threads are all busy, each for as long as a run lasts, leaves instances to the others.
    worker_disable_prefetch=True,
    worker_send_task_events=False,
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    broker_connection_retry_on_startup=True,
    broker_use_ssl=_broker_tls or False,
    broker_transport_options={
        "socket_keepalive": True,
        "health_check_interval": HALF_OPEN_S,
        "global_keyprefix": "cv-celery:",
        **_broker_options,
    },
)

_stopping = threading.Event()
_reconcilers: list[Reconciler] = []


@app.task(name="cv.run_instance")
def run_instance(run: str, instance: str) -> str:
    """Be one instance of one node until there is a reason to leave; returns the reason."""
    client = connect(redis_url(), runs_url())
    try:
        plan = plan_of(client, run)
        if plan is None:
            return "the run has no keys"
        return Instance(of_run(client, run), run, plan, instance, _stopping.is_set).run()
    finally:
        client.close()


def dispatch(run: str, instance: str) -> None:
    """Have some worker run an instance; the request is void after ``TASK_EXPIRES_S``."""
    run_instance.apply_async((run, instance), expires=TASK_EXPIRES_S)


@worker_ready.connect
def _start_reconciler(**_: Any) -> None:
    reconciler = Reconciler(connect(redis_url(), runs_url()), dispatch)
    _reconcilers.append(reconciler)
    reconciler.start()


@worker_shutting_down.connect
def _stop_instances(**_: Any) -> None:
    _stopping.set()
    for reconciler in _reconcilers:
        reconciler.stop()
