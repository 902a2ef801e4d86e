"""The reference of the pipeline bench: the same flow written by hand in plain redis-py and orjson.

Five services on five threads, one consumer group each, batches of 250, one pipeline a batch; the same subscriptions,
the same records kept, the same de-duplication by order. It records nothing, and has neither leases nor atomic turns nor
a network model: it is the floor, not an alternative.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

import orjson
import redis

from consistency_viz.benches.measure import server_cpu_s
from consistency_viz.benches.orders_to_place import orders, paced
from workers.services.checks import rejection, tax

BATCH = 250
SUBSCRIPTIONS = {
    "order": ("commands", "validated", "taxed", "mailed"),
    "validation": ("placed",),
    "tax": ("validated",),
    "email": ("taxed",),
    "view": ("placed", "validated", "taxed", "mailed"),
}


class Floor:
    """The five services over one server; ``done`` is set when the view has seen the last mail."""

    def __init__(self, url: str, count: int) -> None:
        self.url = url
        self.count = count
        self.done = threading.Event()
        self.seen: dict[str, dict[str, Any]] = {name: {} for name in SUBSCRIPTIONS}
        self.finished_us: dict[str, int] = {}

    def serve(self, name: str) -> None:
        """One service until the flow is done: read a batch, answer it, acknowledge it."""
        client = redis.Redis.from_url(self.url)
        streams = SUBSCRIPTIONS[name]
        for stream in streams:
            client.xgroup_create(f"floor:{stream}", name, id="0", mkstream=True)
        positions: dict[Any, Any] = {f"floor:{stream}": ">" for stream in streams}
        while not self.done.is_set():
            reply = client.xreadgroup(name, name, positions, count=BATCH, block=100)
            pairs: Any = reply.items() if isinstance(reply, dict) else reply or ()
            pipe = client.pipeline(transaction=False)
            finished: list[str] = []
            for stream, entries in pairs:
                rows = entries[0] if entries and isinstance(entries[0], list) else entries
                for _, fields in rows:
                    self.handle(name, stream.decode(), orjson.loads(fields[b"d"]), pipe, finished)
                pipe.xack(stream, name, *[entry_id for entry_id, _ in rows])
            if pairs:
                pipe.execute()
                now_us = time.time_ns() // 1_000
                self.finished_us.update(dict.fromkeys(finished, now_us))
                if len(self.finished_us) >= self.count:
                    self.done.set()
        client.close()

    def handle(self, name: str, stream: str, order: dict[str, Any], pipe: Any, finished: list[str]) -> None:
        """What one service does with one message."""
        key = order["key"]
        known = self.seen[name]
        if name == "order" and stream == "floor:commands":
            if key not in known:
                known[key] = {"placed": order}
                pipe.hset("floor:state:order", key, orjson.dumps(known[key]))
                pipe.xadd("floor:placed", {"d": orjson.dumps(order)})
                pipe.xadd("floor:replies", {"d": orjson.dumps({"key": key, "outcome": "ok"})})
        elif name in ("order", "view"):
            record = known.setdefault(key, {})
            fact = stream.removeprefix("floor:")
            if fact not in record:
                record[fact] = order
                pipe.hset(f"floor:state:{name}", key, orjson.dumps(record))
            if name == "view" and fact == "mailed":
                finished.append(key)
        elif key not in known:
            known[key] = True
            pipe.hset(f"floor:state:{name}", key, b"1")
            self.act(name, order, pipe)

    @staticmethod
    def act(name: str, order: dict[str, Any], pipe: Any) -> None:
        """The business rule of validation, tax or e-mail, and the event that announces its result."""
        if name == "validation":
            reason = rejection(order)
            pipe.xadd("floor:validated", {"d": orjson.dumps({**order, "reason": reason})})
        elif name == "tax":
            found = tax(order["net_cents"], order["country"])
            pipe.xadd("floor:taxed", {"d": orjson.dumps({"key": order["key"], "email": order["email"], **found})})
        else:
            pipe.xadd("floor:mailed", {"d": orjson.dumps({"key": order["key"], "to": order["email"]})})


def main(url: str, count: int, per_s: float) -> dict[str, float]:
    """Play ``count`` orders: all at once if ``per_s`` is 0, else paced; CPU seconds and latencies of it."""
    client = redis.Redis.from_url(url)
    port = int(client.connection_pool.connection_kwargs["port"])
    floor = Floor(url, count)
    placed_us: dict[str, int] = {}

    def place(key: str, order: dict[str, Any]) -> None:
        placed_us[key] = time.time_ns() // 1_000
        client.xadd("floor:commands", {"d": orjson.dumps({"key": key, **order})})

    if not per_s:
        for key, order in orders(count):
            place(key, order)
    cpu_s, server_s = time.process_time(), server_cpu_s(port)
    threads = [threading.Thread(target=floor.serve, args=(name,)) for name in SUBSCRIPTIONS]
    for thread in threads:
        thread.start()
    if per_s:
        time.sleep(0.5)
        paced(count, per_s, place)
    floor.done.wait(120)
    used_s = time.process_time() - cpu_s + server_cpu_s(port) - server_s
    for thread in threads:
        thread.join()
    client.delete(*client.keys("floor:*"))
    latencies_us = sorted(at_us - placed_us[key] for key, at_us in floor.finished_us.items())
    return {
        "orders": len(floor.finished_us),
        "cpu_us_per_order": used_s / count * 1e6,
        "latency_ms_p50": latencies_us[len(latencies_us) // 2] / 1e3,
        "latency_ms_p99": latencies_us[int(len(latencies_us) * 0.99)] / 1e3,
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))))  # noqa: T201 - read by the bench
