"""Deltas fired once: what is lost leaves a gap that only whole states may fill, or turn into a deletion.

::

    client ==ask==> eu, us, ap --answers--> client
    eu --DeltaOnce--> us, ap; eu <--State, StateTaken--> us <--> ap <--> eu
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.regions.delta_once import DeltaOnce
from workers.services.regions.wiring import region_nodes


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    return region_nodes(options, DeltaOnce)


DESIGN = Design(
    name="delta-gossip-broken",
    title="Deltas fired once (broken)",
    summary="Each region fires the delta of an update once; nobody acknowledges, and whole states follow by the timer.",
    promises="Nothing beyond what the type's deltas can bear: with contexts that keep gaps the next whole state "
    "heals a loss, with contexts rounded up it deletes what was lost.",
    costs="One lost delta, and an element that was added and acknowledged vanishes, in the end from every "
    "region, with no error anywhere.",
    use_when="Never; it shows why deltas need intervals and acknowledgements, or contexts that keep gaps.",
    source="A shortcut in delta replication: Almeida, Shoker, Baquero 2018, section 7.2, on contexts with gaps.",
    nodes=_nodes,
    convergent=True,
    survives_loss=True,
)
