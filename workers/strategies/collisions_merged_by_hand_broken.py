"""Merged by hand, with the bug: the tax is added to the total each time that the taxed order arrives.

::

    client --commands--> order --placed--> validation --validated-->    as in collisions: both may add to the placed
                                       --> tax        --taxed-->        order, and neither has then what the other added
    email, order and every view follow both, and merge what arrives with what they have, wrongly
    email --mailed--> order, every view
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.whole_orders import merge_by_hand_broken
from workers.services.whole_wiring import whole_order_nodes


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    return whole_order_nodes(options, merge_by_hand_broken)


DESIGN = Design(
    name="collisions-merged-by-hand-broken",
    title="Collisions merged by hand, with a bug",
    summary="The merge adds the tax to the total when the taxed order arrives, also where the tax is in it already.",
    promises="The right total as long as every taxed order arrives once, and before any other order that contains its "
    "tax: in every test on one machine.",
    costs="A duplicate, or the validated order overtaking the taxed one whose tax it contains, and the customer is "
    "charged the tax twice: at some replicas, and in the mail.",
    use_when="Never on purpose. It shows how a merge by hand goes wrong with money.",
    source="The article on merging by hand: error-prone.",
    nodes=_nodes,
    convergent=False,
    survives_loss=False,
)
