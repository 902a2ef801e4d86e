"""CRDT order: as collisions, but an order is a set of facts, and a replica joins whatever arrives.

::

    client --commands--> order --placed--> validation --validated-->    as in collisions: both may add to the placed
                                       --> tax        --taxed-->        order, and neither has then what the other added
    email, order and every view follow both, and join what arrives with what they have
    email --mailed--> order, every view
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.whole_orders import join
from workers.services.whole_wiring import whole_order_nodes


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    return whole_order_nodes(options, join)


DESIGN = Design(
    name="crdt-order",
    title="The order as a state-based CRDT",
    summary="An order is the set of facts about it; services send whole states and every replica takes the union.",
    promises="Replicas that have seen the same facts show the same order at once, whatever the order, grouping and "
    "number of arrivals. Nobody waits for anybody.",
    costs="Whole states travel, what is known only grows, and only what has a join can be said: a fact is added, never "
    "taken back.",
    use_when="Several services add to one entity at the same time and each addition stands on its own.",
    source="The article's third cure for collisions: state-based CRDTs, a join semilattice.",
    nodes=_nodes,
    convergent=True,
    survives_loss=False,
)
