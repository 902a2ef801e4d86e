"""Single writer with an intruder: tax asks for its fact as it should, and also appends the event itself.

::

    client, validation, tax, email --commands--> order --orders--> validation, tax, email, every view
    tax --orders--> refused by the server: tax has not declared that it writes there, so its user may not
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.order_writer import Intruder
from workers.services.single_writer_wiring import ORDERS, single_writer_nodes
from workers.services.whole_orders import taxation


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    return single_writer_nodes(options, tax=Intruder(taxation, ORDERS))


DESIGN = Design(
    name="single-writer-intruder",
    title="Single writer, and one who does not keep to it",
    summary="Tax appends order events itself, past the writer; the server refuses each of them, and every order stays "
    "right.",
    promises="What the single writer promises, whoever does not keep to it: only the order service's user may append "
    "to the order events, so the events of an order stay in one sequence without gaps.",
    costs="A user for each service, and its rights kept in step with what it declares to publish.",
    use_when="Never on purpose. It shows what permissions are for: a rule that holds although somebody breaks it.",
    source="DESIGN: single writer, enforced by permissions; Redis ACL.",
    nodes=_nodes,
    convergent=True,
    survives_loss=False,
)
