"""Mail too early, broken: as asynchronous broadcast, but the confirmation goes out when the order is placed.

::

    client --commands--> order --placed--> email --mails--> client, which follows the link
                               --placed--> validation --validated--> tax --taxed-->   validation may reject: too late
    order and every view replica follow placed, validated, taxed and mailed
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.broadcast_wiring import broadcast_nodes
from workers.services.client import MAILS
from workers.services.early_mail import EarlyMailer


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    email = NodeSpec("email", EarlyMailer("mailed"), ("placed",), ("mailed", MAILS))
    return broadcast_nodes(options, email)


DESIGN = Design(
    name="mail-too-early-broken",
    title="Mail before validation",
    summary="The e-mail service confirms each order as soon as it is placed; validation comes later, and may reject "
    "it.",
    promises="The quickest mail there is, and the right one as long as every order is valid.",
    costs="Whose order is rejected has a mail that says it is confirmed: a claim that is in no state, ever. A mail "
    "cannot be rolled back.",
    use_when="Never on purpose. It is what comes out where a side effect is triggered by the wrong event.",
    source="The article on integrity: an effect in the world before the decision that it depends on.",
    nodes=_nodes,
    convergent=True,
    survives_loss=False,
)
