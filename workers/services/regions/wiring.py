"""The nodes of a design with replicated regions: the clients, and one replica a region.

::

    client ==ask.eu, ask.us, ...==> eu, us, ... --answers--> client
    each region --region.<other>--> every other
"""

from __future__ import annotations

from workers.model.design import Options
from workers.model.node import NodeSpec
from workers.services.regions.actions import Shares
from workers.services.regions.checks import check
from workers.services.regions.client import ANSWERS, TOPICS, RegionClients, ask_topic
from workers.services.regions.kinds import Entity, entities_of
from workers.services.regions.replica import Replica
from workers.services.regions.replication import Pace, Replication, region_topic
from workers.services.regions.schedule import ClientPlan
from workers.services.regions.shelf import Shelf


def region_nodes(options: Options, protocol: type[Replication]) -> tuple[NodeSpec, ...]:
    """The client node and the replicas, which tell each other by ``protocol``. OptionsError: see ``checks``."""
    check(options, protocol)
    regions = options.regions
    entities = entities_of(options.entities, regions, by_operations=protocol.by_operations)
    asks = tuple(ask_topic(region) for region in regions)
    clients = RegionClients(client_plan(options), entities, regions)
    return (
        NodeSpec("client", clients, TOPICS, asks, role="client"),
        *(_replica(region, options, protocol, entities) for region in regions),
    )


def _replica(
    region: str, options: Options, protocol: type[Replication], entities: dict[str, Entity]
) -> NodeSpec:  # fmt: skip
    peers = tuple(other for other in options.regions if other != region)
    settings = options.replication
    pace = Pace(settings.gossip_ms * 1_000, settings.fanout, settings.eager)
    shelf = Shelf(region, entities, protocol.beginning)
    service = Replica(shelf, protocol(region, peers, pace, shelf))
    publishes = (ANSWERS, *(region_topic(peer) for peer in peers))
    return NodeSpec(region, service, (ask_topic(region), region_topic(region)), publishes, "replica", replica=True)


def client_plan(options: Options) -> ClientPlan:
    """The section ``clients`` as plain values."""
    c = options.clients
    return ClientPlan(
        operations_per_s=c.operations_per_s,
        operations=c.operations,
        session_count=c.sessions,
        timeout_ms=c.timeout_ms,
        roaming=c.affinity == "roaming",
        tokens=c.tokens,
        wait_ms=c.wait_ms,
        final_reads=c.final_reads,
        quiet_ms=c.quiet_ms,
        shares=Shares(c.reads, c.blind, c.removals, c.clears, c.restocks, c.replies),
        script=c.script,
        duration_ms=options.duration_ms,
    )
