"""Serial chain: each service passes the order, with its own addition, to the next one.

::

    client --commands--> order --placed--> tax --taxed--> validation --validated--> email --finished--> every view
                                                               a rejected order --finished--> every view
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.client import CLIENT_TOPICS, COMMANDS, REPLIES, query_topic
from workers.services.orders import REJECTED, TAXED, VALIDATED
from workers.services.whole_flow import WholeOrderAdder, WholeOrderIntake, WholeOrderMailer, WholeOrdersView
from workers.services.whole_orders import taxation, validation


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    views = tuple(f"view-{number + 1}" for number in range(options.views))
    queries = tuple(query_topic(view) for view in views)
    tax = WholeOrderAdder(taxation, {TAXED: "taxed"})
    check = WholeOrderAdder(validation, {VALIDATED: "validated", REJECTED: "finished"})
    return (
        NodeSpec("client", options.client(views), CLIENT_TOPICS, (COMMANDS, *queries), role="client"),
        NodeSpec("order", WholeOrderIntake("placed", shows=False), (COMMANDS,), ("placed", REPLIES)),
        NodeSpec("tax", tax, ("placed",), ("taxed",)),
        NodeSpec("validation", check, ("taxed",), ("validated", "finished")),
        NodeSpec("email", WholeOrderMailer(topic="finished"), ("validated",), ("finished",)),
        *(
            NodeSpec(
                view,
                WholeOrdersView(options.rpc_timeout_ms),
                ("finished", query),
                (REPLIES,),
                role="view",
                replica=True,
            )
            for view, query in zip(views, queries, strict=True)
        ),
    )


DESIGN = Design(
    name="serial-chain",
    title="Serial chain",
    summary="Order, tax, validation and mail in one line: each passes the order with its addition to the next.",
    promises="No two services ever work on one order at the same time, so nothing collides. A view shows an order "
    "finished, or not at all.",
    costs="The latencies of all hops add up until anybody sees the order, and the line is as available as its weakest "
    "link: one service that stands still stops every order behind it.",
    use_when="Each step needs the result of the one before, and nobody has to see an order half done.",
    source="The article's first cure for collisions: a serial chain.",
    nodes=_nodes,
    convergent=True,
    survives_loss=False,
)
