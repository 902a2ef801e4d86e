"""CRDT order by operations: what travels is what to do to an order; all of it commutes, and is done once.

::

    client --commands--> order --placed--> validation --validated-->    each message is one operation on the order's
                                       --> tax        --taxed-->        fields: put this, add that
    email, order and every view follow both, and apply each operation once, by its id
    email --mailed--> order, every view
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.client import CLIENT_TOPICS, COMMANDS, REPLIES, query_topic
from workers.services.operation_flow import OperationIntake, OperationsMailer, OperationsView, Operator
from workers.services.order_operations import levy, validate
from workers.services.orders import REJECTED, TAXED, VALIDATED


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    views = tuple(f"view-{number + 1}" for number in range(options.views))
    queries = tuple(query_topic(view) for view in views)
    check = Operator(validate, {VALIDATED: "validated", REJECTED: "validated"})
    tax = Operator(levy, {TAXED: "taxed"})
    added = ("validated", "taxed")
    intake, mailer = OperationIntake("placed"), OperationsMailer("mailed")
    return (
        NodeSpec("client", options.client(views), CLIENT_TOPICS, (COMMANDS, *queries), role="client"),
        NodeSpec("order", intake, (COMMANDS, *added, "mailed"), ("placed", REPLIES), replica=True),
        NodeSpec("validation", check, ("placed",), ("validated",)),
        NodeSpec("tax", tax, ("placed",), ("taxed",)),
        NodeSpec("email", mailer, ("placed", *added), ("mailed",)),
        *(
            NodeSpec(
                view,
                OperationsView(options.rpc_timeout_ms),
                ("placed", *added, "mailed", query),
                (REPLIES,),
                role="view",
                replica=True,
            )
            for view, query in zip(views, queries, strict=True)
        ),
    )


DESIGN = Design(
    name="crdt-order-operations",
    title="The order as an operation-based CRDT",
    summary="Services send operations on the order's fields, such as adding the tax to the total; they commute, and "
    "every replica applies each of them once.",
    promises="Replicas that have applied the same operations show the same order at once, in whatever order and "
    "however often they came. Money is added up where it is shown.",
    costs="Every operation must come at least once: what is lost is missing for ever. A replica remembers the id of "
    "every operation, for to add twice is to charge twice. An effect may come before its cause: tax before the order.",
    use_when="What services do is small beside what they do it to, commutes, and the broker loses nothing.",
    source="Shapiro, Preguica, Baquero, Zawirski, Conflict-free replicated data types, 2011, section 2.3; the "
    "article's third cure for collisions.",
    nodes=_nodes,
    convergent=True,
    survives_loss=False,
)
