"""Single writer per transition: each kind of order event has its own stream and one service that may write it.

::

    client --commands--> order --orders.placed--> validation --orders.validated--> email, order, every view
                                             --> tax --orders.taxed--> email, order, every view
    email --orders.mailed--> order, every view
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec, Service
from workers.services.client import CLIENT_TOPICS, COMMANDS, REPLIES, query_topic
from workers.services.declared_writers import Declaring
from workers.services.order import OrderService
from workers.services.orders import MAILED, PLACED, TAXED, VALIDATED
from workers.services.transitions import STREAM_OF, WRITERS, TransitionWriter, written_by
from workers.services.view import OrdersView
from workers.services.whole_orders import mailing, taxation, validation


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    views = tuple(f"view-{number + 1}" for number in range(options.views))
    queries = tuple(query_topic(view) for view in views)
    placed, validated, taxed, mailed = (STREAM_OF[fact] for fact in (PLACED, VALIDATED, TAXED, MAILED))

    def writer(node: str, service: Service, *subscribes: str) -> NodeSpec:
        return NodeSpec(node, Declaring(service, written_by(node)), subscribes, tuple(written_by(node)))

    order = writer("order", OrderService(placed), COMMANDS, validated, taxed, mailed)
    return (
        NodeSpec("client", options.client(views), CLIENT_TOPICS, (COMMANDS, *queries), role="client"),
        order._replace(publishes=(*order.publishes, REPLIES), replica=True),
        writer("validation", TransitionWriter(validation), placed),
        writer("tax", TransitionWriter(taxation), placed),
        writer("email", TransitionWriter(mailing), placed, validated, taxed),
        *(
            NodeSpec(view, OrdersView(options.rpc_timeout_ms), (*WRITERS, query), (REPLIES,), role="view", replica=True)
            for view, query in zip(views, queries, strict=True)
        ),
    )


DESIGN = Design(
    name="single-writer-per-transition",
    title="Single writer per transition",
    summary="Placed, validated, taxed, mailed: each transition of an order has its own stream and one service that may "
    "write it.",
    promises="No two services ever write the same thing about an order, and none waits for another's write; whoever "
    "has read the same events of all streams, in any order, shows the same order.",
    costs="There is no one sequence of an order's events: every reader joins the streams, and sees for a while a mix "
    "that no writer has seen. A rule over several transitions has no owner.",
    use_when="Each service knows something else about an entity, and no rule spans what two of them write.",
    source="The article's single writer per transition.",
    nodes=_nodes,
    convergent=True,
    survives_loss=False,
)
