"""Leader with a fence: a lease says who writes, and the storage refuses whoever shows an older token than it has seen.

The drawing is at the top of ``workers.services.leadership.leader_wiring``.
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.leadership.leader_wiring import leader_nodes


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    return leader_nodes(options, fenced=True)


DESIGN = Design(
    name="leader-fenced",
    title="Leader with a fencing token",
    summary="One of several writers holds a lease and writes for all; the storage refuses a token that is too old.",
    promises="Each register is one sequence of writes, made by one leader after the other: whoever reads at the "
    "storage sees the latest, also when a leader was paused past its lease and does not know. A replaced leader is "
    "refused, and steps down.",
    costs="While the lease of a lost leader runs, nobody writes. Each write is two round trips to the storage, and "
    "the storage has to know tokens.",
    use_when="One writer at a time is wanted, it must be replaced by itself, and the storage can compare a number.",
    source="Gray and Cheriton, Leases (1989); fencing tokens as M. Kleppmann describes them (2016).",
    nodes=_nodes,
    convergent=True,
    survives_loss=False,
)
