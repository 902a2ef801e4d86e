"""Operation-based replication without causal order: exactly once, but in any order.

::

    client ==ask==> eu, us, ap --answers--> client
    eu <--Operations, OperationsTaken--> us <--> ap <--> eu
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.regions.operation_broadcast import OperationsAsTheyCome
from workers.services.regions.wiring import region_nodes


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    return region_nodes(options, OperationsAsTheyCome)


DESIGN = Design(
    name="operation-broadcast-broken",
    title="Operations as they come (broken)",
    summary="Each region broadcasts its updates, and applies those of others at once, in whatever order they come.",
    promises="Every operation is applied exactly once, and no more: types that need no order converge, the others "
    "may differ for ever.",
    costs="A reply is seen before its question. A removal that overtakes the addition that it saw removes nothing.",
    use_when="Never, but for types all of whose operations commute and whose readers do not mind seeing effects "
    "before causes.",
    source="What causal delivery is for: Lamport 1978; Shapiro et al. 2011, section 2.4.",
    nodes=_nodes,
    convergent=False,
    survives_loss=True,
)
