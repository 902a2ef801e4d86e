"""Asynchronous broadcast: every service follows the events that concern it, at its own pace.

::

    client --commands--> order --placed--> validation --validated--> tax --taxed--> email --mailed-->
                          order and every view replica follow placed, validated, taxed and mailed
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.client import CLIENT_TOPICS, COMMANDS, REPLIES, query_topic
from workers.services.email import EmailService
from workers.services.order import OrderService
from workers.services.tax import TaxService
from workers.services.validation import ValidationService
from workers.services.view import OrdersView

EVENTS = ("placed", "validated", "taxed", "mailed")


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    views = tuple(f"view-{number + 1}" for number in range(options.views))
    queries = tuple(query_topic(view) for view in views)
    return (
        NodeSpec("client", options.client(views), CLIENT_TOPICS, (COMMANDS, *queries), role="client"),
        NodeSpec("order", OrderService("placed"), (COMMANDS, *EVENTS[1:]), ("placed", REPLIES), replica=True),
        NodeSpec("validation", ValidationService("validated"), ("placed",), ("validated",)),
        NodeSpec("tax", TaxService("taxed"), ("validated",), ("taxed",)),
        NodeSpec("email", EmailService("mailed"), ("taxed",), ("mailed",)),
        *(
            NodeSpec(view, OrdersView(), (*EVENTS, query), (REPLIES,), role="view", replica=True)
            for view, query in zip(views, queries, strict=True)
        ),
    )


DESIGN = Design(
    name="asynchronous-broadcast",
    title="Asynchronous broadcast",
    summary="Services subscribe to events and work at their own pace; views follow. Eventual consistency.",
    promises="Checkout never waits for validation, tax or mail. Every replica that has seen the same facts shows the "
    "same order, whatever the order in which they arrived.",
    costs="Until the last fact has arrived everywhere, replicas disagree: a window of divergence per order and fact. A "
    "client that reads right after its write may find nothing.",
    use_when="Accepting work must not depend on every service being up, and readers can live with lag.",
    source="The article's asynchronous version; CQRS read models fed by domain events.",
    nodes=_nodes,
)
