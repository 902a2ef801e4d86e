"""Merged by hand: as collisions, but every consumer puts the order together field by field.

::

    client --commands--> order --placed--> validation --validated-->    as in collisions: both may add to the placed
                                       --> tax        --taxed-->        order, and neither has then what the other added
    email, order and every view follow both, and merge what arrives with what they have
    email --mailed--> order, every view
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.whole_orders import merge_by_hand
from workers.services.whole_wiring import whole_order_nodes


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    return whole_order_nodes(options, merge_by_hand)


DESIGN = Design(
    name="collisions-merged-by-hand",
    title="Collisions merged by hand",
    summary="Services collide as before; every consumer merges each whole order into its own, field by field.",
    promises="No addition is lost, in whatever order and however often orders arrive, as long as the merge of every "
    "consumer is right.",
    costs="The same careful code in every consumer, changed in all of them for each new field; nothing but tests says "
    "whether it is right, and a mistake about money shows only where messages come twice or the other way round.",
    use_when="Few consumers, few fields, and somebody who owns the merge.",
    source="The article's second cure for collisions: merging by hand in every consumer.",
    nodes=_nodes,
    convergent=True,
    survives_loss=False,
)
