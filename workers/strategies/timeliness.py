"""Timeliness: mail and views follow the same stream at their own rates, and the customer follows the link.

::

    client --commands--> order --placed--> tax --taxed--> validation --validated--> email, order, every view
    email --mails--> client --queries--> a view, which may not have what the mail speaks of
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.client import CLIENT_TOPICS, COMMANDS, MAILS, REPLIES, query_topic
from workers.services.orders import REJECTED, TAXED, VALIDATED
from workers.services.whole_flow import WholeOrderAdder, WholeOrderIntake, WholeOrderMailer, WholeOrdersView
from workers.services.whole_orders import taxation, validation


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    views = tuple(f"view-{number + 1}" for number in range(options.views))
    queries = tuple(query_topic(view) for view in views)
    tax = WholeOrderAdder(taxation, {TAXED: "taxed"})
    check = WholeOrderAdder(validation, {VALIDATED: "validated", REJECTED: "validated"})
    return (
        NodeSpec("client", options.client(views), (*CLIENT_TOPICS, MAILS), (COMMANDS, *queries), role="client"),
        NodeSpec("order", WholeOrderIntake("placed"), (COMMANDS, "validated"), ("placed", REPLIES), replica=True),
        NodeSpec("tax", tax, ("placed",), ("taxed",)),
        NodeSpec("validation", check, ("taxed",), ("validated",)),
        NodeSpec("email", WholeOrderMailer(to_customer=True), ("validated",), (MAILS,)),
        *(
            NodeSpec(
                view,
                WholeOrdersView(options.rpc_timeout_ms),
                ("placed", "validated", query),
                (REPLIES,),
                role="view",
                replica=True,
            )
            for view, query in zip(views, queries, strict=True)
        ),
    )


DESIGN = Design(
    name="timeliness",
    title="Mail and view at different rates",
    summary="The e-mail service and the orders views follow the same validated orders, each at its own rate.",
    promises="The mail goes out as early as it can, and every view shows the order in the end.",
    costs="Nothing holds the mail back until the view has caught up: its link may show no order, or an old one. The "
    "slower the view and the quicker the customer, the more often.",
    use_when="Whoever follows a link can be told that the page is still being made ready.",
    source="The article's timeliness problem: a lagging read model behind a prompt e-mail.",
    nodes=_nodes,
    convergent=True,
    survives_loss=False,
)
