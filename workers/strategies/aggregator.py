"""Aggregator: validation consists of three checks, and the aggregator counts distinct checks.

::

    client --commands--> order --placed--> check-lines, check-country, check-limit --checks--> validation (aggregator)
    validation --validated--> tax --taxed--> email --mailed-->
    order and every view replica follow placed, validated, taxed and mailed
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.aggregation import Check, CheckCountingAggregator
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
    aggregator = CheckCountingAggregator(CHECKS, "validated")
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
    name="aggregator",
    title="Aggregator that counts checks",
    summary="Three checks run at the same time; the aggregator notes which of them have passed.",
    promises="One verdict for each order: validated if each check passed, rejected if one failed, whatever comes how "
    "often and in which order.",
    costs="The aggregator remembers the checks of every order, has to know which there are, and waits for the slowest.",
    use_when="Independent checks of one thing can run at the same time.",
    source="Enterprise integration patterns: scatter-gather with an aggregator, made idempotent by type of check.",
    nodes=_nodes,
)
