"""Aggregator, broken: validation consists of three checks, and the aggregator counts messages that say passed.

::

    client --commands--> order --placed--> check-lines, check-country, check-limit --checks--> validation (aggregator)
    validation --validated--> tax --taxed--> email --mailed-->
    order and every view replica follow placed, validated, taxed and mailed
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.aggregation import Check, MessageCountingAggregator
from workers.services.checks import CHECKS
from workers.services.client import CLIENT_TOPICS, COMMANDS, REPLIES, query_topic
from workers.services.email import EmailService
from workers.services.order import OrderService
from workers.services.tax import TaxService
from workers.services.view import OrdersView

EVENTS = ("placed", "validated", "taxed", "mailed")


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    views = tuple(f"view-{number + 1}" for number in range(options.views))
    queries = tuple(query_topic(view) for view in views)
    aggregator = MessageCountingAggregator(CHECKS, "validated")
    return (
        NodeSpec("client", options.client(views), CLIENT_TOPICS, (COMMANDS, *queries), role="client"),
        NodeSpec("order", OrderService("placed"), (COMMANDS, *EVENTS[1:]), ("placed", REPLIES), replica=True),
        *(NodeSpec(f"check-{name}", Check(name, "checks"), ("placed",), ("checks",)) for name in CHECKS),
        NodeSpec("validation", aggregator, ("checks",), ("validated",)),
        NodeSpec("tax", TaxService("taxed"), ("validated",), ("taxed",)),
        NodeSpec("email", EmailService("mailed"), ("taxed",), ("mailed",)),
        *(
            NodeSpec(view, OrdersView(), (*EVENTS, query), (REPLIES,), role="view", replica=True)
            for view, query in zip(views, queries, strict=True)
        ),
    )


DESIGN = Design(
    name="aggregator-broken",
    title="Aggregator that counts messages",
    summary="Three checks run at the same time; the aggregator takes three passed messages for three checks.",
    promises="The right verdict as long as every message comes exactly once.",
    costs="One check that is counted twice stands in for one that failed: the same order is published as rejected and "
    "as validated, taxed and mailed.",
    use_when="Never on purpose. Published examples of the pattern have this bug.",
    source="The aggregator of a scatter-gather, as it is often written.",
    nodes=_nodes,
)
