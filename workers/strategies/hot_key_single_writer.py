"""Hot key, single writer: the same work as commands to the one writer of each key.

The drawing is at the top of ``workers.services.hot_key.wiring``.
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.hot_key import wiring


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    return wiring.commanded_nodes(options)


DESIGN = Design(
    name="hot-key-single-writer",
    title="Hot key with one writer",
    summary="Clients send commands; the one writer of the key carries them out one after the other.",
    promises="Every command is carried out once, in one order, with one message there and one back. Nothing is ever "
    "tried in vain.",
    costs="The time that the writer needs for one command is a cap on all of them together. Partitions by key lift it "
    "for many keys, never for one; and while the writer is down nothing changes.",
    use_when="Many writers meet at a few keys.",
    source="The single-writer principle (M. Thompson, 2011); the article's command stream.",
    nodes=_nodes,
    convergent=True,
    survives_loss=False,
)
