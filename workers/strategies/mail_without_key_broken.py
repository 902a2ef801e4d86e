"""Mail without a key, broken: as asynchronous broadcast, but the e-mail service does not look whether it has mailed.

::

    client --commands--> order --placed--> validation --validated--> tax --taxed--> email --mailed-->
                          order and every view replica follow placed, validated, taxed and mailed
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.broadcast_wiring import broadcast_nodes
from workers.services.email import EmailServiceWithoutKey


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    email = NodeSpec("email", EmailServiceWithoutKey("mailed"), ("taxed",), ("mailed",))
    return broadcast_nodes(options, email)


DESIGN = Design(
    name="mail-without-key-broken",
    title="Mail without idempotency key",
    summary="The e-mail service sends a mail for each message that reaches it; the network now and then delivers one "
    "twice.",
    promises="One mail for each order as long as every message arrives once.",
    costs="At-least-once delivery sends some customers the same mail twice, and a payment would be taken twice.",
    use_when="Never on purpose. Its cure is one line: remember the business key of what was done.",
    source="At-least-once delivery; exactly-once effects need an idempotency key.",
    nodes=_nodes,
    convergent=True,
    survives_loss=False,
)
