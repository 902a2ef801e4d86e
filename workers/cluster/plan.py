"""From a scenario to what the drivers run: nodes, topics, partitions, instances and links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from workers.cluster.alterations import AlterationError, alterable, altered, looked_at, without_new_ways
from workers.cluster.faults import Fault, ids_of, named, scheduled
from workers.cluster.lines import Line
from workers.cluster.network import INSTANT, Link
from workers.cluster.network import link as network_link
from workers.cluster.scenario import Scenario
from workers.cluster.schema.faults import ALL, Clock, Crash, FaultSettings, LinkTrouble
from workers.cluster.schema.links import LinkSettings
from workers.model.design import Design, Options, OptionsError
from workers.model.node import NodeSpec
from workers.services.client import BY_HAND, ClientService
from workers.services.guests import GUESTS
from workers.strategies.registry import DESIGNS

RECORDS_MAX_PER_SHARD: Final = 5_000
"""Beyond this many records a shard forgets its oldest, so that an endless run stays bounded."""

OUTSIDE_TOPICS: Final = (BY_HAND, GUESTS)
"""Topics that only the outside world writes to."""


class PlanError(ValueError):
    """A scenario that its schema admits but its design cannot run; ``field`` and ``remedy`` say where and what then."""

    def __init__(self, field: str, value: object, remedy: str) -> None:
        super().__init__(f"{field}: {value!r}: {remedy}")
        self.field = field
        self.value = value
        self.remedy = remedy


@dataclass(frozen=True)
class Plan:
    """Everything that a driver needs, ready to look up. Times in microseconds."""

    scenario: Scenario
    design: Design
    nodes: Mapping[str, NodeSpec]
    subscribers: Mapping[str, tuple[str, ...]]
    publishes: Mapping[str, tuple[str, ...]]
    instances: Mapping[str, int]
    service_us: Mapping[str, int]
    faults: tuple[Fault, ...] = ()
    alterations: tuple[tuple[int, Plan], ...] = ()
    """From when on, in microseconds after the start, which plan counts: this one with other settings."""
    _links: dict[tuple[str, str, str], Link] = field(default_factory=dict)

    @property
    def seed(self) -> int:
        """The seed of all of the run's chance."""
        return self.scenario.seed

    @property
    def partitions(self) -> int:
        """Into how many partitions every topic is cut."""
        return self.scenario.partitions

    @property
    def replicas(self) -> tuple[str, ...]:
        """The nodes whose states are replicas of the same entities."""
        return tuple(node.id for node in self.nodes.values() if node.replica)

    def link(self, source: str, target: str, topic: str) -> Link:
        """How messages of ``topic`` travel; a source outside of the cluster is next to everything."""
        place = (source, target, topic)
        link = self._links.get(place)
        if link is None:
            link = self._links[place] = _link(self.scenario, *place) if source in self.nodes else INSTANT
        return link

    def line(self, source: str, target: str, topic: str, faults: Iterable[Fault]) -> Line | None:
        """The same link under ``faults``; ``None`` if they cannot touch it."""
        if source not in self.nodes:
            return None
        line = Line(link_settings(self.scenario, source, target, topic), source, target, topic, faults)
        return line if line.touched else None


def instance_ids(node: str, count: int) -> tuple[str, ...]:
    """The names of a node's instances, counted from 1."""
    return tuple(f"{node}.{number}" for number in range(1, count + 1))


def owners(partitions: int, instances: tuple[str, ...]) -> tuple[str, ...]:
    """Which of the live instances owns each partition: dealt out in turn, in the order of their names."""
    ordered = sorted(instances)
    return tuple(ordered[p % len(ordered)] for p in range(partitions)) if ordered else ()


def options_of(scenario: Scenario) -> Options:
    """What the scenario's design may ask for, to make its nodes."""
    workload = scenario.workload.workload(None if scenario.duration_s is None else round(scenario.duration_s * 1_000))
    return Options(
        scenario.views,
        scenario.rpc_timeout_ms,
        lambda views: ClientService(workload, views),
        scenario.regions,
        dict(scenario.entities.items()),
        scenario.replication,
        scenario.clients,
        leadership=scenario.leadership,
        hot_key=scenario.hot_key,
        quorum=scenario.quorum,
        duration_ms=None if scenario.duration_s is None else round(scenario.duration_s * 1_000),
    )


def build(scenario: Scenario) -> Plan:
    """The plan of a scenario; raises ``PlanError`` for what names a node or a topic that the design does not have."""
    design = DESIGNS[scenario.design]
    options = options_of(scenario)
    try:
        nodes = {node.id: node for node in design.nodes(options)}
    except OptionsError as error:
        raise PlanError(error.field, error.value, error.remedy) from error
    _check_names(scenario, nodes)
    subscribers: dict[str, tuple[str, ...]] = {}
    for node in nodes.values():
        for topic in node.subscribes:
            subscribers[topic] = (*subscribers.get(topic, ()), node.id)
    instances = {n: scenario.nodes[n].instances if n in scenario.nodes else nodes[n].instances for n in nodes}
    service_us = {n: round(s.service_ms * 1_000) for n, s in scenario.nodes.items() if s.service_ms}
    publishes = {node.id: node.publishes for node in nodes.values()}
    faults = scheduled(scenario.faults)
    plan = Plan(scenario, design, nodes, subscribers, publishes, instances, service_us, faults)
    ids = ids_of(scenario.faults)
    for index, (fault_id, entry) in enumerate(zip(ids, scenario.faults, strict=True)):
        check_fault(plan, f"faults.{index}", entry)
        if fault_id in ids[:index]:
            remedy = (
                "another fault is called this; give each a name of its own (without one it is f1, f2, ... in order)"
            )
            raise PlanError(f"faults.{index}.name", fault_id, remedy)
    return replace(plan, alterations=_alterations(plan)) if scenario.alterations else plan


def alterable_settings(plan: Plan) -> list[str]:
    """The dotted paths of the settings that can change in the middle of a run of this plan."""
    scenario = plan.scenario
    return alterable(scenario, plan.nodes, looked_at(scenario, options_of(scenario), plan.design.nodes))


def _alterations(plan: Plan) -> tuple[tuple[int, Plan], ...]:
    found = []
    try:
        for number, at_us, scenario in altered(plan.scenario, alterable_settings(plan)):
            after = _altered_plan(plan, scenario, f"alterations.{number}.set")
            found.append((at_us, after))
    except AlterationError as error:
        raise PlanError(error.field, error.value, error.remedy) from error
    return tuple(found)


def _altered_plan(plan: Plan, scenario: Scenario, field: str) -> Plan:
    """The plan of the settings that count from then on; who there is and who hears whom stays."""
    try:
        after = build(scenario)
    except PlanError as error:
        raise AlterationError(f"{field}.{error.field}", error.value, error.remedy) from error
    nodes = without_new_ways(plan.nodes, after.nodes)
    if nodes is None:
        remedy = "with these settings nodes would hear or tell more than they are wired for; set them from the start"
        raise AlterationError(field, "", remedy)
    return replace(after, nodes=nodes, subscribers=plan.subscribers, publishes=plan.publishes)


def check_fault(plan: Plan, field: str, entry: FaultSettings) -> None:
    """Raise ``PlanError`` if ``entry`` (at ``field``) names what the plan does not have, or cannot happen there."""
    known = f"design {plan.scenario.design} has the nodes {', '.join(plan.nodes)}"
    for below, name in named(entry):
        if name not in plan.nodes:
            raise PlanError(f"{field}.{below}", name, known if below == "node" else f"{known}; * stands for all others")
    if isinstance(entry, LinkTrouble) and entry.topic != ALL and entry.topic not in plan.subscribers:
        remedy = f"design {plan.scenario.design} has the topics {', '.join(plan.subscribers)}; * stands for all"
        raise PlanError(f"{field}.topic", entry.topic, remedy)
    if isinstance(entry, Crash) and entry.disk == "lost" and plan.nodes[entry.node].role == "client":
        remedy = f"{entry.node} plays the clients, and would do all their work again; use disk: kept"
        raise PlanError(f"{field}.disk", entry.disk, remedy)
    if isinstance(entry, Clock) and plan.nodes[entry.node].role == "client":
        remedy = f"{entry.node} plays the clients, and their operations are timed by its clock; name another node"
        raise PlanError(f"{field}.node", entry.node, remedy)


def _check_names(scenario: Scenario, nodes: Mapping[str, NodeSpec]) -> None:
    known = f"design {scenario.design} has the nodes {', '.join(nodes)}"
    for name, settings in scenario.nodes.items():
        if name not in nodes:
            raise PlanError(f"nodes.{name}", name, known)
        _check_count(f"nodes.{name}.instances", settings.instances, scenario.partitions)
    for index, change in enumerate(scenario.changes):
        if change.node not in nodes:
            raise PlanError(f"changes.{index}.node", change.node, known)
        _check_count(f"changes.{index}.instances", change.instances, scenario.partitions)
    for index, override in enumerate(scenario.network.links):
        for end in ("source", "target"):
            name = getattr(override, end)
            if name != "*" and name not in nodes:
                raise PlanError(f"network.links.{index}.{end}", name, f"{known}; * stands for all")


def _check_count(field: str, instances: int, partitions: int) -> None:
    if instances > partitions:
        remedy = f"an instance owns at least one of the {partitions} partitions; use fewer, or raise partitions"
        raise PlanError(field, instances, remedy)


def _link(scenario: Scenario, source: str, target: str, topic: str) -> Link:
    settings = link_settings(scenario, source, target, topic)
    return network_link(settings.latency, settings.loss, settings.duplicate, target, ordered=settings.ordered)


def link_settings(scenario: Scenario, source: str, target: str, topic: str) -> LinkSettings:
    """How messages of ``topic`` travel without faults: for each setting the last override that fits counts."""
    settings: LinkSettings = scenario.network.default
    for override in scenario.network.links:
        if override.source in ("*", source) and override.target in ("*", target) and override.topic in ("*", topic):
            given = {
                k: v for k in ("latency", "loss", "duplicate", "ordered") if (v := getattr(override, k)) is not None
            }
            settings = settings.model_copy(update=given)
    return settings
