"""The other reference of the pipeline bench: the same flow with one Celery task for each delivery of each event.

The textbook way to play services with Celery: publishing an event enqueues a task for each subscriber. The worker runs
on the threads pool like ours, on the same server, with the same records kept.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from typing import Any

import orjson
import psutil
import redis
from celery import Celery

from consistency_viz.benches.measure import server_cpu_s
from consistency_viz.benches.orders_to_place import orders
from workers.services.checks import rejection, tax

SUBSCRIBERS = {
    "commands": ("order",),
    "placed": ("validation", "view"),
    "validated": ("order", "tax", "view"),
    "taxed": ("order", "email", "view"),
    "mailed": ("order", "view"),
}

app = Celery("task-per-event", broker=os.environ.get("REDIS_URL"))
app.conf.update(
    task_ignore_result=True,
    task_default_queue="bench-tasks",
    worker_send_task_events=False,
    worker_enable_remote_control=False,
    worker_prefetch_multiplier=64,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"global_keyprefix": "bench-celery:"},
)
_local = threading.local()


def _client() -> Any:
    if not hasattr(_local, "client"):
        _local.client = redis.Redis.from_url(os.environ["REDIS_URL"])
    return _local.client


def publish(topic: str, order: dict[str, Any]) -> None:
    """One task for each subscriber of ``topic``."""
    for service in SUBSCRIBERS[topic]:
        react.delay(service, topic, order)


@app.task(name="bench.react")  # type: ignore[untyped-decorator]
def react(service: str, topic: str, order: dict[str, Any]) -> None:
    """What one service does with one event: the same rules, records and de-duplication as the other variants."""
    client, key = _client(), order["key"]
    if service in ("order", "view"):
        client.hset(f"tasks:state:{service}", f"{key}:{topic}", orjson.dumps(order))
        if topic == "commands":
            publish("placed", order)
        elif service == "view" and topic == "mailed":
            client.incr("tasks:finished")
        return
    if not client.hsetnx(f"tasks:state:{service}", key, b"1"):
        return
    if service == "validation":
        publish("validated", {**order, "reason": rejection(order)})
    elif service == "tax":
        publish("taxed", {"key": key, "email": order["email"], **tax(order["net_cents"], order["country"])})
    else:
        publish("mailed", {"key": key, "to": order["email"]})


def main(url: str, count: int) -> dict[str, float]:
    """Play ``count`` orders through a worker process; CPU of worker, server and this process for each."""
    client = redis.Redis.from_url(url)
    port = int(client.connection_pool.connection_kwargs["port"])
    app.conf.broker_url = url
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "consistency_viz.benches.pipeline_tasks",
        "worker",
        "-P",
        "threads",
    ]
    command += ["-c", "8", "--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "error"]
    worker = subprocess.Popen(command, env={**os.environ, "REDIS_URL": url}, stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        react.delay("view", "mailed", {"key": "warm-up"})
        _wait(client, 1)
        process = psutil.Process(worker.pid)
        before_s = sum(process.cpu_times()[:2]) + server_cpu_s(port) + time.process_time()
        for key, order in orders(count):
            publish("commands", {"key": key, **order})
        _wait(client, count + 1)
        used_s = sum(process.cpu_times()[:2]) + server_cpu_s(port) + time.process_time() - before_s
    finally:
        worker.terminate()
        try:
            worker.wait(10)
        except subprocess.TimeoutExpired:
            worker.kill()
    for pattern in ("tasks:*", "bench-celery:*"):
        if keys := client.keys(pattern):
            client.delete(*keys)
    return {"orders": count, "cpu_us_per_order": used_s / count * 1e6}


def _wait(client: Any, finished: int, timeout_s: float = 120.0) -> None:
    end_s = time.monotonic() + timeout_s
    while time.monotonic() < end_s:
        if int(client.get("tasks:finished") or 0) >= finished:
            return
        time.sleep(0.05)
    raise TimeoutError(f"{client.get('tasks:finished')!r} of {finished} orders finished after {timeout_s:.0f} s")


if __name__ == "__main__":
    os.environ["REDIS_URL"] = sys.argv[1]
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]))))  # noqa: T201 - read by the bench
