"""Aggregator: validation consists of three checks, and the aggregator counts distinct checks.

The drawing is at the top of ``workers.services.aggregator_wiring``.
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.aggregation import CheckCountingAggregator
from workers.services.aggregator_wiring import aggregator_nodes
from workers.services.checks import CHECKS


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    return aggregator_nodes(options, CheckCountingAggregator(CHECKS, "validated"))


DESIGN = Design(
    name="aggregator",
    title="Aggregator that counts checks",
    summary="Three checks run at the same time; the aggregator notes which of them have passed.",
    promises="One verdict for each order: validated if each check passed, rejected if one failed, whatever comes how "
    "often and in which order.",
    costs="The aggregator remembers the checks of every order, has to know which there are, and waits for the slowest.",
    use_when="Independent checks of one thing can run at the same time.",
    source="Enterprise integration patterns: scatter-gather with an aggregator, made idempotent by type of check.",
    nodes=_nodes,
    convergent=True,
    survives_loss=False,
)
