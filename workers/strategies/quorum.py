"""Leaderless quorum: any region takes any operation; W replicas commit a write, R replicas answer a read.

::

    client --operations.<region>--> coord-<region> --writes, reads--> every region's replica
                                    coord-<region> <--acks.<region>, responses.<region>-- replica
                                    coord-<region> --repairs.<region>, hints.<region>--> a replica that fell behind
    client <--results-- coord-<region>
"""

from __future__ import annotations

from workers.model.design import Design, Options, OptionsError
from workers.model.node import NodeSpec
from workers.services.quorum.coordinator import Coordinator
from workers.services.quorum.probe import ProbeClient
from workers.services.quorum.replica import Replica
from workers.services.quorum.settings import (
    READS,
    RESULTS,
    WRITES,
    Probe,
    Quorum,
    Traffic,
    acks_topic,
    coordinator_of,
    hints_topic,
    operations_topic,
    repairs_topic,
    responses_topic,
)
from workers.services.quorum.traffic import TrafficClient


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    quorum, regions = _quorum(options), options.regions
    operations = tuple(operations_topic(region) for region in regions)
    asks = [WRITES, READS, RESULTS]
    if quorum.read_repair:
        asks.extend(repairs_topic(region) for region in regions)
    if quorum.hinted_handoff:
        asks.extend(hints_topic(region) for region in regions)
    answers = tuple(topic(region) for region in regions for topic in (acks_topic, responses_topic))
    return (
        NodeSpec("client", _client(options), (RESULTS,), operations, role="client"),
        *(
            NodeSpec(
                coordinator_of(region),
                Coordinator(quorum, region),
                (operations_topic(region), acks_topic(region), responses_topic(region)),
                tuple(asks),
                role="coordinator",
            )
            for region in regions
        ),
        *(
            NodeSpec(
                region,
                Replica(quorum.type),
                (
                    *(WRITES, READS),
                    *((repairs_topic(region),) if quorum.read_repair else ()),
                    *((hints_topic(region),) if quorum.hinted_handoff else ()),
                ),
                answers,
                role="view",
                replica=True,
            )
            for region in regions
        ),
    )


def _quorum(options: Options) -> Quorum:
    given, count = options.quorum, len(options.regions)
    majority = count // 2 + 1
    for name, size in (("read", given.read), ("write", given.write)):
        if size is not None and size > count:
            raise OptionsError(f"quorum.{name}", size, f"there are {count} regions, so use at most {count}")
    return Quorum(
        regions=options.regions,
        read=given.read or majority,
        write=given.write or majority,
        type=given.type,
        clock=given.clock,
        skew_us_max=given.skew_ms_max * 1_000,
        read_repair=given.read_repair,
        hinted_handoff=given.hinted_handoff,
        timeout_us=given.timeout_ms * 1_000,
        hint_after_us=given.hint_after_ms * 1_000,
        hints_max=given.hints_max,
    )


def _client(options: Options) -> ProbeClient | TrafficClient:
    given, clients = options.quorum, options.clients
    timeout_us = clients.timeout_ms * 1_000
    duration_us = None if options.duration_ms is None else options.duration_ms * 1_000
    if given.probe is not None:
        after_us = tuple(round(ms * 1_000) for ms in given.probe.read_after_ms)
        probe = Probe(given.probe.writes, given.probe.writes_per_s, after_us, timeout_us, duration_us)
        return ProbeClient(probe, options.regions)
    traffic = Traffic(
        operations_per_s=clients.operations_per_s,
        operations=clients.operations,
        sessions=clients.sessions,
        keys=given.keys,
        read_share=given.read_share,
        timeout_us=timeout_us,
        duration_us=duration_us,
    )
    return TrafficClient(traffic, options.regions)


DESIGN = Design(
    name="quorum",
    title="Leaderless quorum",
    summary="Every region has a copy of every key and takes reads and writes; W acknowledgements commit, R responses "
    "answer.",
    promises="With R + W > N a read meets every write that was committed before it began, and no single region has to "
    "be up. With less, a read is sooner and usually fresh; how usually can be computed (docs/pbs.md).",
    costs="The slower the R-th and W-th replica, the slower the operation. Writes at the same time are settled by a "
    "clock, which loses all but one, or kept as siblings, which somebody has to merge. A quorum orders nothing.",
    use_when="Writes must go on while a region is away, and a stale read or a sibling can be lived with.",
    source="Dynamo (DeCandia et al. 2007); its staleness: PBS (Bailis et al. 2012).",
    nodes=_nodes,
    convergent=True,
    survives_loss=True,
)
