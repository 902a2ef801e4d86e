"""Collisions: validation and tax react to one order at the same time, and each sends the whole order on.

::

    client --commands--> order --placed--> validation --validated-->    whoever is first adds to the placed order, the
                                       --> tax        --taxed-->        other perhaps too: then neither has the other's
    email, order and every view follow both; the last whole order that arrives is the order
    email --mailed--> order, every view
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.client import CLIENT_TOPICS, COMMANDS, REPLIES, query_topic
from workers.services.orders import REJECTED, TAXED, VALIDATED
from workers.services.whole_flow import WholeOrderAdder, WholeOrderIntake, WholeOrderMailer, WholeOrdersView
from workers.services.whole_orders import take_last, taxation, validation

ADDED = ("validated", "taxed")


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    views = tuple(f"view-{number + 1}" for number in range(options.views))
    queries = tuple(query_topic(view) for view in views)
    merge = take_last
    intake, mailer = WholeOrderIntake("placed", merge), WholeOrderMailer(merge, "mailed")
    check = WholeOrderAdder(validation, {VALIDATED: "validated", REJECTED: "validated"})
    tax = WholeOrderAdder(taxation, {TAXED: "taxed"})
    return (
        NodeSpec("client", options.client(views), CLIENT_TOPICS, (COMMANDS, *queries), role="client"),
        NodeSpec("order", intake, (COMMANDS, *ADDED, "mailed"), ("placed", REPLIES), replica=True),
        NodeSpec("validation", check, ("placed", "taxed"), ("validated",)),
        NodeSpec("tax", tax, ("placed", "validated"), ("taxed",)),
        NodeSpec("email", mailer, ADDED, ("mailed",)),
        *(
            NodeSpec(
                view,
                WholeOrdersView(merge),
                ("placed", *ADDED, "mailed", query),
                (REPLIES,),
                role="view",
                replica=True,
            )
            for view, query in zip(views, queries, strict=True)
        ),
    )


DESIGN = Design(
    name="collisions",
    title="Collisions: the last whole order wins",
    summary="Validation and tax add to one order at the same time and send it on whole; the last to arrive wins.",
    promises="Nothing but speed. Where the two happen to work one after the other, the order is complete.",
    costs="Where they meet, one addition overwrites the other: the tax or the validity is missing for ever, at some "
    "replicas the one and at others the other, and the mail is never sent.",
    use_when="Never on purpose. It is what comes out where events carry whole entities and two services react to one.",
    source="The article's collision problem; a lost update.",
    nodes=_nodes,
)
