"""Blocking read: as timeliness, but a view holds a query until it has the version that the query names, or a time-out.

The time-out is the scenario's ``rpc_timeout_ms``.

::

    client --commands--> order --placed--> tax --taxed--> validation --validated--> email, order, every view
    email --mails--> client --queries--> a view, which waits until it has what the mail speaks of
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
    view_service = WholeOrdersView(options.rpc_timeout_ms, links_wait=True)
    check = WholeOrderAdder(validation, {VALIDATED: "validated", REJECTED: "validated"})
    return (
        NodeSpec("client", options.client(views), (*CLIENT_TOPICS, MAILS), (COMMANDS, *queries), role="client"),
        NodeSpec("order", WholeOrderIntake("placed"), (COMMANDS, "validated"), ("placed", REPLIES), replica=True),
        NodeSpec("tax", tax, ("placed",), ("taxed",)),
        NodeSpec("validation", check, ("taxed",), ("validated",)),
        NodeSpec("email", WholeOrderMailer(to_customer=True), ("validated",), (MAILS,)),
        *(
            NodeSpec(view, view_service, ("placed", "validated", query), (REPLIES,), role="view", replica=True)
            for view, query in zip(views, queries, strict=True)
        ),
    )


DESIGN = Design(
    name="timeliness-blocking-read",
    title="Mail and view: the query waits",
    summary="The link names a version; the view holds the query until it has applied that version, or a time-out.",
    promises="No link shows less than its mail claims: the read is as new as the mail, or it says that it is stale.",
    costs="Reads take as long as the view lags, the view keeps the queries that wait, and one that lags longer than "
    "the time-out fails them all.",
    use_when="Readers know what they must see at least, and waiting a moment is better than seeing nothing.",
    source="The article's first cure for lag: the query blocks until the view has caught up.",
    nodes=_nodes,
    convergent=True,
    survives_loss=False,
)
