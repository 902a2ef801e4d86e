"""The wiring of the single writer, which designs share that differ in one of the services.

::

    client, validation, tax, email --commands--> order --orders--> validation, tax, email, every view
"""

from __future__ import annotations

from workers.model.design import Options
from workers.model.node import NodeSpec, Service
from workers.services.client import CLIENT_TOPICS, COMMANDS, REPLIES, query_topic
from workers.services.declared_writers import Declaring
from workers.services.order_writer import Commander, OrderWriter
from workers.services.orders import FACTS
from workers.services.view import OrdersView
from workers.services.whole_orders import mailing, validation

ORDERS = "orders"
WRITERS = {ORDERS: dict.fromkeys(FACTS, ("order",))}


def single_writer_nodes(options: Options, tax: Service) -> tuple[NodeSpec, ...]:
    """The nodes of the flow with this tax service."""
    views = tuple(f"view-{number + 1}" for number in range(options.views))
    queries = tuple(query_topic(view) for view in views)
    return (
        NodeSpec("client", options.client(views), CLIENT_TOPICS, (COMMANDS, *queries), role="client"),
        NodeSpec("order", Declaring(OrderWriter(ORDERS), WRITERS), (COMMANDS,), (ORDERS, REPLIES), replica=True),
        NodeSpec("validation", Commander(validation), (ORDERS,), (COMMANDS,)),
        NodeSpec("tax", tax, (ORDERS,), (COMMANDS,)),
        NodeSpec("email", Commander(mailing), (ORDERS,), (COMMANDS,)),
        *(
            NodeSpec(view, OrdersView(options.rpc_timeout_ms), (ORDERS, query), (REPLIES,), role="view", replica=True)
            for view, query in zip(views, queries, strict=True)
        ),
    )
