"""Leader without a fence, broken: a lease says who writes, and the storage believes everybody who thinks it is him.

The drawing is at the top of ``workers.services.leadership.leader_wiring``.
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.leadership.leader_wiring import leader_nodes


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    return leader_nodes(options, fenced=False)


DESIGN = Design(
    name="leader-unfenced-broken",
    title="Leader without a fence",
    summary="One of several writers holds a lease and writes for all; the storage takes what comes.",
    promises="One writer at a time, as long as no leader is ever paused between its look at the lease and its write.",
    costs="A leader that was paused past its lease wakes up in the middle of a write, and overwrites what its "
    "successor has written and acknowledged: two leaders, lost updates.",
    use_when="Never for what must not be lost. A lease alone saves work, it does not protect data.",
    source="The lock service with a lease as it is often used; FIELD scenario 21, the zombie writer.",
    nodes=_nodes,
    convergent=True,
    survives_loss=False,
)
