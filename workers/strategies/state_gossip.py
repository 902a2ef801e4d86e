"""State-based replication of regions: whole states, joined, by push and pull.

::

    client ==ask==> eu, us, ap --answers--> client
    eu <--State, StateTaken--> us <--> ap <--> eu
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.regions.state_gossip import StateGossip
from workers.services.regions.wiring import region_nodes


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    return region_nodes(options, StateGossip)


DESIGN = Design(
    name="state-gossip",
    title="Replicated regions by state",
    summary="Each region accepts writes by itself and sends its whole state to the others, which join it with theirs.",
    promises="Every region answers as long as it is up. Regions that have heard of the same updates show the same at "
    "once, and what is lost, doubled or late is made up for by the next state.",
    costs="Whole states travel, however small the change. Until they have arrived, regions differ; what is "
    "concurrent is decided by the type and by nobody else.",
    use_when="States are small, networks are bad, and an answer now is worth more than the latest answer.",
    source="Shapiro et al. 2011, state-based objects; Demers et al. 1987, anti-entropy.",
    nodes=_nodes,
    convergent=True,
    survives_loss=True,
)
