"""Asynchronous broadcast: every service follows the events that concern it, at its own pace.

::

    client --commands--> order --placed--> validation --validated--> tax --taxed--> email --mailed-->
                          order and every view replica follow placed, validated, taxed and mailed
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.broadcast_wiring import broadcast_nodes
from workers.services.email import EmailService


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    return broadcast_nodes(options, NodeSpec("email", EmailService("mailed"), ("taxed",), ("mailed",)))


DESIGN = Design(
    name="asynchronous-broadcast",
    title="Asynchronous broadcast",
    summary="Services subscribe to events and work at their own pace; views follow. Eventual consistency.",
    promises="Checkout never waits for validation, tax or mail. Every replica that has seen the same facts shows the "
    "same order, whatever the order in which they arrived.",
    costs="Until the last fact has arrived everywhere, replicas disagree: a window of divergence per order and fact. A "
    "client that reads right after its write may find nothing.",
    use_when="Accepting work must not depend on every service being up, and readers can live with lag.",
    source="The article's asynchronous version; CQRS read models fed by domain events.",
    nodes=_nodes,
    convergent=True,
    survives_loss=False,
)
