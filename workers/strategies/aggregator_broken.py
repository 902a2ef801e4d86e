"""Aggregator, broken: validation consists of three checks, and the aggregator counts messages that say passed.

The drawing is at the top of ``workers.services.aggregator_wiring``.
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.aggregation import MessageCountingAggregator
from workers.services.aggregator_wiring import aggregator_nodes
from workers.services.checks import CHECKS


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    return aggregator_nodes(options, MessageCountingAggregator(CHECKS, "validated"))


DESIGN = Design(
    name="aggregator-broken",
    title="Aggregator that counts messages",
    summary="Three checks run at the same time; the aggregator takes three passed messages for three checks.",
    promises="The right verdict as long as every message comes exactly once.",
    costs="One check that is counted twice stands in for one that failed: the same order is published as rejected and "
    "as validated, taxed and mailed.",
    use_when="Never on purpose. Published examples of the pattern have this bug.",
    source="The aggregator of a scatter-gather, as it is often written.",
    nodes=_nodes,
    convergent=True,
    survives_loss=False,
)
