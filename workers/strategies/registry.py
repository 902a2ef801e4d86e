"""Every design by name: adding one is adding its module, its tests and its line here."""

from __future__ import annotations

from workers.model.design import Design
from workers.strategies import (
    aggregator,
    aggregator_broken,
    broadcast,
    collisions,
    collisions_merged_by_hand,
    collisions_merged_by_hand_broken,
    crdt_order,
    hot_key_optimistic,
    hot_key_single_writer,
    leader_fenced,
    leader_unfenced_broken,
    optimistic_concurrency,
    quorum,
    serial_chain,
    single_writer,
    single_writer_per_transition,
    synchronous,
    timeliness,
    timeliness_blocking_read,
    timeliness_view_updated,
)

DESIGNS: dict[str, Design] = {
    design.name: design
    for design in (
        synchronous.DESIGN,
        broadcast.DESIGN,
        serial_chain.DESIGN,
        timeliness.DESIGN,
        timeliness_blocking_read.DESIGN,
        timeliness_view_updated.DESIGN,
        collisions.DESIGN,
        collisions_merged_by_hand.DESIGN,
        collisions_merged_by_hand_broken.DESIGN,
        crdt_order.DESIGN,
        optimistic_concurrency.DESIGN,
        single_writer.DESIGN,
        single_writer_per_transition.DESIGN,
        hot_key_optimistic.DESIGN,
        hot_key_single_writer.DESIGN,
        leader_unfenced_broken.DESIGN,
        leader_fenced.DESIGN,
        aggregator_broken.DESIGN,
        aggregator.DESIGN,
        quorum.DESIGN,
    )
}
