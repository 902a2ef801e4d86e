"""Operation-based replication of regions: reliable causal broadcast of updates.

::

    client ==ask==> eu, us, ap --answers--> client
    eu <--Operations, OperationsTaken--> us <--> ap <--> eu
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.regions.operation_broadcast import OperationBroadcast
from workers.services.regions.wiring import region_nodes


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    return region_nodes(options, OperationBroadcast)


DESIGN = Design(
    name="operation-broadcast",
    title="Replicated regions by operations",
    summary="Each region broadcasts its updates as operations; each is applied exactly once everywhere, in causal "
    "order where needed.",
    promises="Regions that have applied the same operations show the same. No duplicate counts twice, no reply is "
    "seen before its question, and what is lost is sent again.",
    costs="Every operation is kept until all peers have it. Where order is needed, one operation that is late "
    "holds back those that came after it.",
    use_when="Changes are small, states are large, and updates commute once they are in causal order.",
    source="Shapiro et al. 2011, operation-based objects; Birman, Schiper, Stephenson 1991, causal broadcast.",
    nodes=_nodes,
    convergent=True,
    survives_loss=True,
)
