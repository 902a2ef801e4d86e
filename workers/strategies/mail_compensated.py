"""Mail compensated: the confirmation goes out when the order is placed, and an apology when it is then rejected.

::

    client --commands--> order --placed--> email --mails--> client, which follows the link
                               --placed--> validation --validated--> tax --taxed-->
                                                      --validated--> email, which takes back what it said too early
    order and every view replica follow placed, validated, taxed and mailed
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.broadcast_wiring import broadcast_nodes
from workers.services.client import MAILS
from workers.services.early_mail import EarlyMailer


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    mailer = EarlyMailer("mailed", apologises=True)
    return broadcast_nodes(options, NodeSpec("email", mailer, ("placed", "validated"), ("mailed", MAILS)))


DESIGN = Design(
    name="mail-compensated",
    title="Mail early, apologise later",
    summary="Orders are confirmed as soon as they are placed; whose order is then rejected gets a second mail that "
    "says so.",
    promises="The quickest mail there is, and no false claim that is not taken back: every rejected order has its "
    "apology.",
    costs="For as long as validation takes, some customers believe what is not so; they get two mails, and support "
    "gets their calls. Every effect needs an effect that makes up for it, and some have none.",
    use_when="Rejections are rare, speed matters, and the false claim can be made good.",
    source="Compensation, as in sagas (Garcia-Molina and Salem 1987).",
    nodes=_nodes,
    convergent=True,
    survives_loss=False,
)
