"""Fail-over with leases: the old primary stops before another is promoted, and a majority has what is acknowledged.

The drawing is at the top of ``workers.services.leadership.failover_wiring``.
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.leadership.careful_region import CarefulRegion
from workers.services.leadership.failover_wiring import failover_nodes


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    return failover_nodes(options, CarefulRegion)


DESIGN = Design(
    name="failover-fenced",
    title="Fail-over with a lease and a majority",
    summary="A primary takes writes while its lease runs and acknowledges what a majority has; then another may be.",
    promises="Never two primaries at a time, and no acknowledged write is lost: one history, which every region shows "
    "when the cut is over.",
    costs="A round trip to another region for each write, and nobody takes writes while a lease runs out and the next "
    "primary asks around. A local read may show a write that is not acknowledged yet and that a fail-over takes back.",
    use_when="Losing an acknowledged write is worse than some seconds without writes.",
    source="B. Oki and B. Liskov, Viewstamped Replication (1988); leases after Gray and Cheriton (1989).",
    nodes=_nodes,
    convergent=True,
    survives_loss=True,
)
