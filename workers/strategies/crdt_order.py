"""CRDT order: as collisions, but an order is a set of facts, and a replica joins whatever arrives.

::

    client --commands--> order --placed--> validation --validated-->    as in collisions: both may add to the placed
                                       --> tax        --taxed-->        order, and neither has then what the other added
    email, order and every view follow both, and join what arrives with what they have
    email --mailed--> order, every view
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.client import CLIENT_TOPICS, COMMANDS, REPLIES, query_topic
from workers.services.orders import REJECTED, TAXED, VALIDATED
from workers.services.whole_flow import WholeOrderAdder, WholeOrderIntake, WholeOrderMailer, WholeOrdersView
from workers.services.whole_orders import join, taxation, validation

ADDED = ("validated", "taxed")


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    views = tuple(f"view-{number + 1}" for number in range(options.views))
    queries = tuple(query_topic(view) for view in views)
    merge = join
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
    name="crdt-order",
    title="The order as a state-based CRDT",
    summary="An order is the set of facts about it; services send whole states and every replica takes the union.",
    promises="Replicas that have seen the same facts show the same order at once, whatever the order, grouping and "
    "number of arrivals. Nobody waits for anybody.",
    costs="Whole states travel, what is known only grows, and only what has a join can be said: a fact is added, never "
    "taken back.",
    use_when="Several services add to one entity at the same time and each addition stands on its own.",
    source="The article's third cure for collisions: state-based CRDTs, a join semilattice.",
    nodes=_nodes,
)
