"""Collisions: validation and tax react to one order at the same time, and each sends the whole order on.

::

    client --commands--> order --placed--> validation --validated-->    whoever is first adds to the placed order, the
                                       --> tax        --taxed-->        other perhaps too: then neither has the other's
    email, order and every view follow both; the last whole order that arrives is the order
    email --mailed--> order, every view
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.whole_orders import take_last
from workers.services.whole_wiring import whole_order_nodes


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    return whole_order_nodes(options, take_last)


DESIGN = Design(
    name="collisions",
    title="Collisions: the last whole order wins",
    summary="Validation and tax add to one order at the same time and send it on whole; the last to arrive wins.",
    promises="Nothing but speed. Where the two happen to work one after the other, the order is complete.",
    costs="Where they meet, one addition overwrites the other: the tax or the validity is missing for ever, at some "
    "replicas the one and at others the other, and the mail is never sent.",
    use_when="Never on purpose. It is what comes out where events carry whole entities and two services react to one.",
    source="The article's collision problem; a lost update.",
    nodes=_nodes,
    convergent=False,
    survives_loss=False,
)
