"""CRDT order by deltas: as the CRDT order, but only what is new travels, until everybody has acknowledged it.

::

    client --commands--> order --placed--> validation --validated-->    each message is the one fact that is new
                                       --> tax        --taxed-->
    email, order and every view follow both, and join what arrives with what they have
    email --mailed--> order, every view
    whoever follows a delta --acknowledgements.<its maker>--> its maker, which sends whole states until all have
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.acknowledged_deltas import Acknowledging, DeltaMaker, acknowledgements_topic
from workers.services.client import CLIENT_TOPICS, COMMANDS, REPLIES, query_topic
from workers.services.orders import REJECTED, TAXED, VALIDATED
from workers.services.whole_flow import WholeOrderAdder, WholeOrderIntake, WholeOrderMailer, WholeOrdersView
from workers.services.whole_orders import taxation, validation

ORDER, VALIDATION, TAX, EMAIL = map(acknowledgements_topic, ("order", "validation", "tax", "email"))


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    views = tuple(f"view-{number + 1}" for number in range(options.views))
    queries = tuple(query_topic(view) for view in views)
    again_ms = options.rpc_timeout_ms
    check = WholeOrderAdder(validation, {VALIDATED: "validated", REJECTED: "validated"})
    tax = WholeOrderAdder(taxation, {TAXED: "taxed"})
    intake = DeltaMaker(WholeOrderIntake("placed"), ("validation", "tax", "email", *views), again_ms)
    added_for = ("order", "email", *views)
    mailer = DeltaMaker(WholeOrderMailer(topic="mailed"), ("order", *views), again_ms)
    followed = ("placed", "validated", "taxed", "mailed")
    return (
        NodeSpec("client", options.client(views), CLIENT_TOPICS, (COMMANDS, *queries), role="client"),
        NodeSpec(
            "order",
            Acknowledging(intake),
            (COMMANDS, *followed[1:], ORDER),
            ("placed", REPLIES, VALIDATION, TAX, EMAIL),
            replica=True,
        ),
        NodeSpec(
            "validation",
            Acknowledging(DeltaMaker(check, added_for, again_ms)),
            ("placed", VALIDATION),
            ("validated", ORDER),
        ),
        NodeSpec("tax", Acknowledging(DeltaMaker(tax, added_for, again_ms)), ("placed", TAX), ("taxed", ORDER)),
        NodeSpec("email", Acknowledging(mailer), (*followed[:3], EMAIL), ("mailed", ORDER, VALIDATION, TAX)),
        *(
            NodeSpec(
                view,
                Acknowledging(WholeOrdersView(options.rpc_timeout_ms)),
                (*followed, query),
                (REPLIES, ORDER, VALIDATION, TAX, EMAIL),
                role="view",
                replica=True,
            )
            for view, query in zip(views, queries, strict=True)
        ),
    )


DESIGN = Design(
    name="crdt-order-deltas",
    title="The order as a delta-state CRDT",
    summary="An order is the set of facts about it; a service sends the one fact that it adds, and every replica joins "
    "it. Each delta is acknowledged, and until it is, the whole state is sent again.",
    promises="Replicas that have seen the same facts show the same order at once. Little travels, and a message "
    "that the network loses is made up for.",
    costs="An acknowledgement from every follower for every delta, and a maker that remembers who lacks what for as "
    "long as somebody is away. A delta may come before what it builds on: tax is shown before the order.",
    use_when="As the state-based order, where states are large, or messages get lost.",
    source="Almeida, Shoker, Baquero, Delta state replicated data types, 2018; the article's third cure for "
    "collisions.",
    nodes=_nodes,
    convergent=True,
    survives_loss=True,
)
