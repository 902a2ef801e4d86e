"""Fail-over, broken: a primary that replicates asynchronously, a monitor that promotes another, and nobody who stops.

The drawing is at the top of ``workers.services.leadership.failover_wiring``.
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.leadership.failover_wiring import failover_nodes
from workers.services.leadership.region import Region


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    return failover_nodes(options, Region)


DESIGN = Design(
    name="failover-divergent-broken",
    title="Fail-over to divergent primaries",
    summary="A primary acknowledges at once and replicates later; cut off, it stays primary while another is promoted.",
    promises="Writes are fast, and somebody takes them in every region, whatever is cut.",
    costs="After a short cut there are two histories. What the old primary acknowledged and had not replicated is in "
    "no other region's future: lost, or kept there alone, so that the regions stay different.",
    use_when="Never without a way to merge what both sides have written.",
    source="GitHub's report on its incident of 21 October 2018, a cut of 43 seconds; FIELD scenario 22.",
    nodes=_nodes,
    convergent=False,
    survives_loss=False,
)
