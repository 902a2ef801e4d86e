"""Delta-based replication of regions: intervals of deltas, acknowledged, so that no gap can arise.

::

    client ==ask==> eu, us, ap --answers--> client
    eu <--Delta, DeltaTaken--> us <--> ap <--> eu
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.regions.delta_gossip import DeltaGossip
from workers.services.regions.wiring import region_nodes


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    return region_nodes(options, DeltaGossip)


DESIGN = Design(
    name="delta-gossip",
    title="Replicated regions by deltas",
    summary="Each region sends the others the join of what they have not acknowledged: little, and never with a gap.",
    promises="What state gossip promises, and causal order of updates of a key besides; a peer that has "
    "acknowledged everything costs nothing.",
    costs="Deltas are kept until every peer has acknowledged them, at most 256 for a key, after which the whole "
    "state goes out. A lost acknowledgement sends a delta twice.",
    use_when="States have grown large and changes are small.",
    source="Almeida, Shoker, Baquero 2018, algorithm 2: delta intervals with acknowledgements.",
    nodes=_nodes,
    convergent=True,
    survives_loss=True,
)
