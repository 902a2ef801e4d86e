"""Single writer: anyone appends commands, only the order service appends order events; all others follow those.

::

    client, validation, tax, email --commands--> order --orders--> validation, tax, email, every view
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.client import CLIENT_TOPICS, COMMANDS, REPLIES, query_topic
from workers.services.declared_writers import Declaring
from workers.services.order_writer import Commander, OrderWriter
from workers.services.orders import FACTS
from workers.services.view import OrdersView
from workers.services.whole_orders import mailing, taxation, validation

ORDERS = "orders"
WRITERS = {ORDERS: dict.fromkeys(FACTS, ("order",))}


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    views = tuple(f"view-{number + 1}" for number in range(options.views))
    queries = tuple(query_topic(view) for view in views)
    return (
        NodeSpec("client", options.client(views), CLIENT_TOPICS, (COMMANDS, *queries), role="client"),
        NodeSpec("order", Declaring(OrderWriter(ORDERS), WRITERS), (COMMANDS,), (ORDERS, REPLIES), replica=True),
        NodeSpec("validation", Commander(validation), (ORDERS,), (COMMANDS,)),
        NodeSpec("tax", Commander(taxation), (ORDERS,), (COMMANDS,)),
        NodeSpec("email", Commander(mailing), (ORDERS,), (COMMANDS,)),
        *(
            NodeSpec(view, OrdersView(), (ORDERS, query), (REPLIES,), role="view", replica=True)
            for view, query in zip(views, queries, strict=True)
        ),
    )


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
)
