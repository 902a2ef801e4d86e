"""``bench pipeline``: the five-stage flow on the live engine, by hand, and with one Celery task for each delivery.

The three play the same orders through the same subscriptions (11 deliveries an order) on one server, each in a process
of its own, one after the other, round after round. CPU is that of the process and of the server; see each variant's
module for what it does and does not do.
"""

from __future__ import annotations

from consistency_viz.benches.measure import Figure, child, figure

ORDERS = 5_000
ORDERS_AS_TASKS = 150
ORDERS_PACED = 600
PACE_PER_S = 100.0


def run(url: str, rounds: int = 5) -> tuple[list[Figure], dict[str, object]]:
    """CPU an order against both references, and the latency of a paced flow against the hand-written one."""
    floor_cpu: list[tuple[float, float]] = []
    tasks_cpu: list[tuple[float, float]] = []
    p99: list[tuple[float, float]] = []
    per_turn = 0.0
    for number in range(rounds):
        floor = child("consistency_viz.benches.pipeline_floor", url, str(ORDERS), "0")
        ours = child("consistency_viz.benches.pipeline_ours", url, str(ORDERS), "0")
        floor_cpu.append((ours["cpu_us_per_order"], floor["cpu_us_per_order"]))
        per_turn = ours["orders_per_turn"]
        if number < 3:
            tasks = child("consistency_viz.benches.pipeline_tasks", url, str(ORDERS_AS_TASKS))
            tasks_cpu.append((tasks["cpu_us_per_order"], ours["cpu_us_per_order"]))
            floor = child("consistency_viz.benches.pipeline_floor", url, str(ORDERS_PACED), str(PACE_PER_S))
            ours = child("consistency_viz.benches.pipeline_ours", url, str(ORDERS_PACED), str(PACE_PER_S))
            p99.append((ours["latency_ms_p99"], floor["latency_ms_p99"]))
    figures = [
        figure("live engine, recording on, against the flow by hand", "us CPU/order", floor_cpu, 1.5, at_most=True),
        figure(
            "one Celery task for each delivery, against the live engine", "us CPU/order", tasks_cpu, 50, at_most=False
        ),
        figure(f"paced at {PACE_PER_S:.0f} orders/s, against the flow by hand", "ms p99", p99, 3, at_most=True),
    ]
    return figures, {"orders": ORDERS, "orders for each turn of the live engine": round(per_turn, 1)}
