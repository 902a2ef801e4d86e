"""``bench simulate``: events per CPU second of the simulator against a bare heapq loop that plays the same flow.

The reference is written by hand for this one flow: a heap, a dictionary for each service, ``random.expovariate`` for
the latency of each delivery, the same workload drawn as it goes, the same time-outs, business rules and facts folded
by order service and view replicas. It has no seeds by message, no observations, no partitions, instances or fault
model. A loop that does nothing at all with what it pops is measured beside it, for scale.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable
from hashlib import sha256
from heapq import heappop, heappush
from typing import Any

from consistency_viz.benches.measure import Figure, figure
from workers.cluster.plan import build
from workers.cluster.scenario import Scenario
from workers.model.history import expand, line
from workers.model.observation import Turn
from workers.services.catalogue_of_goods import SKUS, TAX_BASIS_POINTS
from workers.services.checks import rejection, tax
from workers.services.orders import FACTS, MAILED, PLACED, REJECTED, TAXED, VALIDATED, net_cents, value_of
from workers.simulation.world import World

MEAN_US = 5_000
GOODS = tuple(SKUS.items())
COUNTRIES = tuple(TAX_BASIS_POINTS)
SUBSCRIBERS = {
    "PlaceOrder": ("order",),
    PLACED: ("validation", "view-1", "view-2"),
    VALIDATED: ("order", "tax", "view-1", "view-2"),
    REJECTED: ("order", "view-1", "view-2"),
    TAXED: ("order", "email", "view-1", "view-2"),
    MAILED: ("order", "view-1", "view-2"),
    "OrderAccepted": ("client",),
    "ReadOrder": ("view-1",),
    "OrderRead": ("client",),
}


def scenario(count: int) -> Scenario:
    """The flow that both sides play: ``count`` orders, each read once, exponential latencies of 5 ms."""
    return Scenario.model_validate(
        {
            "name": "bench",
            "title": "bench",
            "design": "asynchronous-broadcast",
            "partitions": 1,
            "duration_s": 3_600,
            "workload": {"orders_per_s": 500, "orders": count, "invalid_share": 0},
            "network": {"default": {"latency": {"kind": "exponential", "mean_ms": MEAN_US / 1_000}}},
        }
    )


def ours(count: int, *, messages_noted: bool = True) -> float:
    """Events per CPU second of the simulator, each turn handed on as it commits, as ``simulate`` does."""
    observations = 0

    def hand_on(at_us: int, turn: Turn) -> None:
        nonlocal observations
        observations += len(turn.bodies)

    world = World(build(scenario(count)), hand_on, messages_noted=messages_noted)
    gc.collect()
    start_s = time.process_time()
    world.run()
    return world.events / (time.process_time() - start_s)


def by_hand(count: int) -> float:  # noqa: C901, PLR0915 - one loop with everything in it
    """Events per CPU second of the hand-written loop."""
    chance = random.Random(1)
    heap: list[tuple[float, int, str, str, str, dict[str, Any]]] = []
    state: dict[str, dict[str, Any]] = {
        n: {} for n in ("client", "order", "validation", "tax", "email", "view-1", "view-2")
    }
    serial = 0
    at_us = 0.0

    def send(kind: str, key: str, order: dict[str, Any]) -> None:
        nonlocal serial
        for service in SUBSCRIBERS[kind]:
            serial += 1
            heappush(heap, (at_us + chance.expovariate(1.0) * MEAN_US, serial, service, kind, key, order))

    def wait(kind: str, key: str) -> None:
        nonlocal serial
        serial += 1
        heappush(heap, (at_us + 5_000_000, serial, "client", kind, key, {}))

    def learn(service: str, kind: str, key: str, order: dict[str, Any]) -> None:
        record = state[service].get(key)
        if record is None or kind not in record:
            record = {**(record or {}), kind: order}
            state[service][key] = record
            value_of(record)

    rules: dict[str, Callable[[str, dict[str, Any]], None]] = {
        "validation": lambda key, order: send(REJECTED if rejection(order) else VALIDATED, key, order),
        "tax": lambda key, order: send(
            TAXED, key, {**tax(order["net_cents"], order["country"]), "email": order["email"]}
        ),
        "email": lambda key, order: send(MAILED, key, {"to": order["email"]}),
    }
    heappush(heap, (0.0, 0, "client", "Arrive", "o-1", {"number": 1}))
    gc.collect()
    gc.disable()
    start_s = time.process_time()
    events = 0
    while heap:
        at_us, _, service, kind, key, order = heappop(heap)
        events += 1
        if kind in FACTS and service in ("order", "view-1", "view-2"):
            learn(service, kind, key, order)
        elif service in rules:
            if key not in state[service]:
                state[service][key] = True
                rules[service](key, order)
        elif kind == "Arrive":
            if order["number"] < count:
                serial += 1
                following = {"number": order["number"] + 1}
                due_us = at_us + chance.expovariate(1.0) * 2_000
                heappush(heap, (due_us, serial, "client", "Arrive", f"o-{following['number']}", following))
            state["client"][key] = "placing"
            send("PlaceOrder", key, _order(chance, key))
            wait("PlaceTimedOut", key)
        elif kind in ("PlaceTimedOut", "ReadTimedOut"):
            if state["client"].get(key) == ("placing" if kind == "PlaceTimedOut" else "reading"):
                del state["client"][key]
            else:
                events -= 1  # the simulator does not count a time-out that was cancelled, so neither does this
        elif kind == "PlaceOrder":
            if key not in state["order"]:
                learn("order", PLACED, key, order)
                send(PLACED, key, order)
                send("OrderAccepted", key, order)
        elif kind == "OrderAccepted":
            state["client"][key] = "reading"
            send("ReadOrder", key, order)
            wait("ReadTimedOut", key)
        elif kind == "ReadOrder":
            send("OrderRead", key, state["view-1"].get(key) or {})
        else:
            state["client"].pop(key, None)
    used_s = time.process_time() - start_s
    gc.enable()
    return events / used_s


def _order(chance: random.Random, key: str) -> dict[str, Any]:
    lines = []
    for _ in range(chance.randint(1, 3)):
        sku, unit_cents = chance.choice(GOODS)
        lines.append({"sku": sku, "quantity": chance.randint(1, 3), "unit_cents": unit_cents})
    country = chance.choice(COUNTRIES)
    return {"lines": lines, "country": country, "email": f"{key}@example.org", "net_cents": net_cents(lines)}


def empty_loop(count: int) -> float:
    """Events per CPU second of a heap that pops, draws a latency and pushes, and does nothing else."""
    chance = random.Random(1)
    heap = [(chance.random(), number) for number in range(200)]
    heap.sort()
    start_s = time.process_time()
    for number in range(200, 200 + count):
        at, _ = heappop(heap)
        heappush(heap, (at + chance.expovariate(1.0), number))
    return count / (time.process_time() - start_s)


def digest(count: int) -> str:
    """SHA-256 of the history lines of a run."""
    turns: list[tuple[int, Turn]] = []
    World(build(scenario(count)), lambda at_us, turn: turns.append((at_us, turn))).run()
    total = sha256()
    for observation in expand(turns):
        total.update(line(observation))
    return total.hexdigest()


def run(rounds: int = 7, count: int = 3_000) -> tuple[list[Figure], dict[str, object]]:
    """Interleave ours and the reference ``rounds`` times; the notes say whether the same seed gave the same bytes."""
    everything: list[tuple[float, float]] = []
    no_messages: list[tuple[float, float]] = []
    for _ in range(rounds):
        reference = by_hand(count)
        everything.append((ours(count), reference))
        no_messages.append((ours(count, messages_noted=False), reference))
    unit = "events/CPU s"
    figures = [
        figure("simulator, everything recorded, against a bare heapq loop", unit, everything, 0.35, at_most=False),
        figure("simulator, messages not recorded, against the same", unit, no_messages, 0.35, at_most=False),
    ]
    return figures, {
        "same seed, same bytes": digest(count) == digest(count),
        "empty heapq loop, events/CPU s": round(empty_loop(200_000)),
    }
