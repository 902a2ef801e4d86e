"""The wiring of the asynchronous broadcast, which designs share that differ in their e-mail service only.

::

    client --commands--> order --placed--> validation --validated--> tax --taxed-->
    email follows what it is given; order and every view replica follow placed, validated, taxed and mailed
"""

from __future__ import annotations

from workers.model.design import Options
from workers.model.node import NodeSpec
from workers.services.client import CLIENT_TOPICS, COMMANDS, MAILS, REPLIES, query_topic
from workers.services.order import OrderService
from workers.services.tax import TaxService
from workers.services.validation import ValidationService
from workers.services.view import OrdersView

EVENTS = ("placed", "validated", "taxed", "mailed")


def broadcast_nodes(options: Options, email: NodeSpec) -> tuple[NodeSpec, ...]:
    """The nodes of the flow with this e-mail service; where it writes to customers the client reads its mails."""
    views = tuple(f"view-{number + 1}" for number in range(options.views))
    queries = tuple(query_topic(view) for view in views)
    read = (*CLIENT_TOPICS, MAILS) if MAILS in email.publishes else CLIENT_TOPICS
    return (
        NodeSpec("client", options.client(views), read, (COMMANDS, *queries), role="client"),
        NodeSpec("order", OrderService("placed"), (COMMANDS, *EVENTS[1:]), ("placed", REPLIES), replica=True),
        NodeSpec("validation", ValidationService("validated"), ("placed",), ("validated",)),
        NodeSpec("tax", TaxService("taxed"), ("validated",), ("taxed",)),
        email,
        *(
            NodeSpec(view, OrdersView(options.rpc_timeout_ms), (*EVENTS, query), (REPLIES,), role="view", replica=True)
            for view, query in zip(views, queries, strict=True)
        ),
    )
