"""The wiring that the designs with whole orders share: they differ in how a consumer takes an order in, and only there.

::

    client --commands--> order --placed--> validation --validated-->
                                       --> tax        --taxed-->
    email, order and every view follow both; email --mailed--> order, every view
"""

from __future__ import annotations

from workers.model.design import Options
from workers.model.node import NodeSpec
from workers.services.client import CLIENT_TOPICS, COMMANDS, REPLIES, query_topic
from workers.services.orders import REJECTED, TAXED, VALIDATED
from workers.services.whole_flow import WholeOrderAdder, WholeOrderIntake, WholeOrderMailer, WholeOrdersView
from workers.services.whole_orders import Merge, taxation, validation

ADDED = ("validated", "taxed")


def whole_order_nodes(options: Options, merge: Merge) -> tuple[NodeSpec, ...]:
    """The nodes of the flow in which validation and tax react at the same time and each sends the whole order on."""
    views = tuple(f"view-{number + 1}" for number in range(options.views))
    queries = tuple(query_topic(view) for view in views)
    intake, mailer = WholeOrderIntake("placed", merge), WholeOrderMailer(merge, "mailed")
    check = WholeOrderAdder(validation, {VALIDATED: "validated", REJECTED: "validated"})
    tax = WholeOrderAdder(taxation, {TAXED: "taxed"})
    followed = ("placed", *ADDED, "mailed")
    return (
        NodeSpec("client", options.client(views), CLIENT_TOPICS, (COMMANDS, *queries), role="client"),
        NodeSpec("order", intake, (COMMANDS, *ADDED, "mailed"), ("placed", REPLIES), replica=True),
        NodeSpec("validation", check, ("placed", "taxed"), ("validated",)),
        NodeSpec("tax", tax, ("placed", "validated"), ("taxed",)),
        NodeSpec("email", mailer, ADDED, ("mailed",)),
        *(
            NodeSpec(
                view,
                WholeOrdersView(options.rpc_timeout_ms, merge),
                (*followed, query),
                (REPLIES,),
                role="view",
                replica=True,
            )
            for view, query in zip(views, queries, strict=True)
        ),
    )
