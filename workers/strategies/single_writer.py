"""Single writer: anyone appends commands, only the order service appends order events; all others follow those.

::

    client, validation, tax, email --commands--> order --orders--> validation, tax, email, every view
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.order_writer import Commander
from workers.services.single_writer_wiring import single_writer_nodes
from workers.services.whole_orders import taxation


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    return single_writer_nodes(options, tax=Commander(taxation))


DESIGN = Design(
    name="single-writer",
    title="Single writer",
    summary="Commands from anyone, order events from the order service alone: nobody else changes an order.",
    promises="The events of an order are in one sequence without gaps, written by one service that has seen all "
    "before, so nothing collides and rules over the whole order can be kept. Views follow, on purpose behind.",
    costs="Every change takes the way through the one writer: its throughput is the limit, lifted by partitions by "
    "order, and while it is down nothing changes.",
    use_when="Rules hold over a whole entity, and the entities are many and small.",
    source="The article's command stream and entity stream; the single-writer principle.",
    nodes=_nodes,
    convergent=True,
    survives_loss=False,
)
