"""Our side of the pipeline bench: the live engine's own instances on threads, as in a worker, with recording on."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

from consistency_viz.benches.measure import server_cpu_s
from consistency_viz.benches.orders_to_place import orders, paced
from workers.cluster.plan import Plan, instance_ids
from workers.model.codec import pack, unpack_turn
from workers.model.message import Message
from workers.model.observation import Applied
from workers.runtime.connection import connect
from workers.runtime.control import create_run, delete_run, end_run, plan_of
from workers.runtime.instance import Instance
from workers.runtime.keys import RunKeys

RUN = "bench"
SERVICES = ("order", "validation", "tax", "email", "view-1")
SCENARIO: dict[str, Any] = {
    "name": "bench",
    "title": "The five-stage flow",
    "design": "asynchronous-broadcast",
    "partitions": 1,
    "views": 1,
    "workload": {"orders_per_s": 0, "orders": 0},
    "network": {"default": {"latency": {"kind": "constant", "ms": 0}}},
}


def serve(url: str, plan: Plan, name: str, stop: threading.Event) -> None:
    """One instance until the bench is over."""
    client = connect(url)
    Instance(client, RUN, plan, instance_ids(name, 1)[0], stop.is_set).run()
    client.close()


def finished_us(client: Any, keys: RunKeys, count: int, timeout_s: float = 120.0) -> dict[str, int]:
    """By order: when the view applied its mail. Reads the observation stream on, so the wait costs little."""
    found: dict[str, int] = {}
    position: bytes | str = "0"
    end_s = time.monotonic() + timeout_s
    while len(found) < count and time.monotonic() < end_s:
        time.sleep(0.02)
        for entry_id, fields in client.xrange(keys.observations, min=f"({position!s}" if position != "0" else "-"):
            position = entry_id.decode()
            turn = unpack_turn(fields[b"b"])
            if turn.node == "view-1":
                at_us = int(entry_id.split(b"-")[0])
                for body in turn.bodies:
                    if isinstance(body, Applied) and body.update.endswith(":OrderMailed"):
                        found[body.key] = at_us
    return found


def view_has(client: Any, keys: RunKeys, count: int, timeout_s: float = 120.0) -> None:
    """Wait until every order has been mailed: the mails are ``count`` entries of their stream, read by the view."""
    end_s = time.monotonic() + timeout_s
    stream, shard = keys.topic("mailed", 0), keys.shard("view-1", 0)
    while time.monotonic() < end_s:
        if client.xlen(stream) >= count:
            last = client.xrevrange(stream, count=1)[0][0]
            if client.hget(shard, "c:mailed") == last:
                return
        time.sleep(0.02)
    raise TimeoutError(f"{client.xlen(stream)} of {count} orders were mailed after {timeout_s:.0f} s")


def main(url: str, count: int, per_s: float) -> dict[str, float]:
    """Play ``count`` orders: all at once if ``per_s`` is 0, else paced; CPU seconds and latencies of it."""
    client = connect(url)
    port = int(client.connection_pool.connection_kwargs["port"])
    keys = RunKeys(RUN)
    create_run(client, RUN, SCENARIO)
    plan = plan_of(client, RUN)
    if plan is None:
        raise RuntimeError("the bench's run has no keys")
    placed_us: dict[str, int] = {}

    def place(key: str, order: dict[str, Any]) -> None:
        command = Message(f"c-{key}", "commands", "PlaceOrder", "web", key, order, reply_topic="replies", reply_key=key)
        now_us = time.time_ns() // 1_000
        placed_us[key] = now_us
        client.xadd(keys.topic("commands", 0), {"m": pack(command)}, id=f"{now_us}-*")

    if not per_s:
        for key, order in orders(count):
            place(key, order)
    stop = threading.Event()
    cpu_s, server_s = time.process_time(), server_cpu_s(port)
    threads = [threading.Thread(target=serve, args=(url, plan, name, stop)) for name in SERVICES]
    for thread in threads:
        thread.start()
    if per_s:
        time.sleep(0.5)
        paced(count, per_s, place)
    view_has(client, keys, count)
    used_s = time.process_time() - cpu_s + server_cpu_s(port) - server_s
    found = finished_us(client, keys, count)
    end_run(client, RUN, "finished", "the bench is over")
    stop.set()
    for thread in threads:
        thread.join()
    turns = client.xlen(keys.observations)
    delete_run(client, RUN)
    latencies_us = sorted(at_us - placed_us[key] for key, at_us in found.items())
    return {
        "orders": len(found),
        "cpu_us_per_order": used_s / count * 1e6,
        "latency_ms_p50": latencies_us[len(latencies_us) // 2] / 1e3,
        "latency_ms_p99": latencies_us[int(len(latencies_us) * 0.99)] / 1e3,
        "orders_per_turn": count / max(1, turns),
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))))  # noqa: T201 - read by the bench
