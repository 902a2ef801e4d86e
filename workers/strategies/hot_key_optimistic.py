"""Hot key, optimistic: many clients load, compute and store one key, and a store counts only for the version loaded.

The drawing is at the top of ``workers.services.hot_key.wiring``.
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.hot_key import wiring


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    return wiring.optimistic_nodes(options)


DESIGN = Design(
    name="hot-key-optimistic",
    title="Hot key by compare-and-write",
    summary="Many clients read, compute and write one key; the storage takes a write only for the version read.",
    promises="No increment is lost and none counts twice: accepted versions have no gaps and one writer each. Somebody "
    "always gets through.",
    costs="Of all who have read one version one is accepted: the work grows with the square of the crowd, the slowest "
    "wait longest, and some give up.",
    use_when="Many keys, few writers at each.",
    source="H. T. Kung and J. T. Robinson, On Optimistic Methods for Concurrency Control (1981).",
    nodes=_nodes,
    convergent=True,
    survives_loss=False,
)
