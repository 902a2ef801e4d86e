"""The wiring that the designs with an aggregator share: they differ in what the aggregator counts, and only there.

::

    client --commands--> order --placed--> check-lines, check-country, check-limit --checks--> validation (aggregator)
    validation --validated--> tax --taxed--> email --mailed-->
    order and every view replica follow placed, validated, taxed and mailed
"""

from __future__ import annotations

from workers.model.design import Options
from workers.model.node import NodeSpec, Service
from workers.services.aggregation import Check
from workers.services.checks import CHECKS
from workers.services.client import CLIENT_TOPICS, COMMANDS, REPLIES, query_topic
from workers.services.email import EmailService
from workers.services.order import OrderService
from workers.services.tax import TaxService
from workers.services.view import OrdersView

EVENTS = ("placed", "validated", "taxed", "mailed")


def aggregator_nodes(options: Options, aggregator: Service) -> tuple[NodeSpec, ...]:
    """The nodes of the flow whose validation is ``aggregator``, which reads ``checks`` and publishes ``validated``."""
    views = tuple(f"view-{number + 1}" for number in range(options.views))
    queries = tuple(query_topic(view) for view in views)
    return (
        NodeSpec("client", options.client(views), CLIENT_TOPICS, (COMMANDS, *queries), role="client"),
        NodeSpec("order", OrderService("placed"), (COMMANDS, *EVENTS[1:]), ("placed", REPLIES), replica=True),
        *(NodeSpec(f"check-{name}", Check(name, "checks"), ("placed",), ("checks",)) for name in CHECKS),
        NodeSpec("validation", aggregator, ("checks",), ("validated",)),
        NodeSpec("tax", TaxService("taxed"), ("validated",), ("taxed",)),
        NodeSpec("email", EmailService("mailed"), ("taxed",), ("mailed",)),
        *(
            NodeSpec(view, OrdersView(options.rpc_timeout_ms), (*EVENTS, query), (REPLIES,), role="view", replica=True)
            for view, query in zip(views, queries, strict=True)
        ),
    )
