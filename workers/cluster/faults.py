"""Faults as both drivers know them: intervals on the recorder's clock, and what holds at a moment. Pure.

A driver keeps a ``Schedule`` of the faults that it knows: the simulator all of a scenario's from the start, the live
driver those that have begun. What a fault does to a message on its way is in ``workers.cluster.lines``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from workers.cluster.schema.faults import (
    ALL,
    Clock,
    Crash,
    FaultSettings,
    LinkTrouble,
    OnNode,
    Partition,
    Pause,
    Slow,
    entry_of,
)
from workers.model.message import Json
from workers.model.observation import Faulted, Observation

FOREVER_US: Final = 2**62
"""The end of a fault of which no end is known."""


class Fault(NamedTuple):
    """One fault: it holds for recorder times from ``begin_us`` to before ``end_us``."""

    id: str
    settings: FaultSettings
    begin_us: int
    end_us: int = FOREVER_US

    def holds(self, at_us: int) -> bool:
        """Whether the fault is there at this moment."""
        return self.begin_us <= at_us < self.end_us

    def cuts(self, source: str, target: str) -> bool:
        """Whether this is a partition between these two, in this direction."""
        settings = self.settings
        if not isinstance(settings, Partition) or source == target:
            return False
        first, second = settings.between
        if _from_to(first, second, source, target):
            return True
        return not settings.one_way and _from_to(second, first, source, target)

    def troubles(self, source: str, target: str, topic: str) -> bool:
        """Whether this is a fault of this link, for messages of this topic."""
        settings = self.settings
        return (
            isinstance(settings, LinkTrouble)
            and settings.source in (ALL, source)
            and settings.target in (ALL, target)
            and settings.topic in (ALL, topic)
        )


def _from_to(first: Sequence[str], second: Sequence[str], source: str, target: str) -> bool:
    return _in(source, first, second) and _in(target, second, first)


def _in(node: str, group: Sequence[str], other: Sequence[str]) -> bool:
    return node in group or (ALL in group and node not in other)


def ids_of(entries: Iterable[FaultSettings]) -> tuple[str, ...]:
    """The ids of a list of faults: the author's names, else ``f1``, ``f2``, ... by their place in the list."""
    return tuple(entry.name or f"f{number}" for number, entry in enumerate(entries, 1))


def scheduled(entries: Sequence[FaultSettings]) -> tuple[Fault, ...]:
    """The faults of a scenario in the order in which they begin; times from the run's start."""
    faults = []
    for fault_id, entry in zip(ids_of(entries), entries, strict=True):
        begin_us = round(entry.at_s * 1e6)
        end_us = FOREVER_US if entry.for_s is None else begin_us + round(entry.for_s * 1e6)
        faults.append(Fault(fault_id, entry, begin_us, end_us))
    return tuple(sorted(faults, key=lambda fault: fault.begin_us))


def targets_of(
    settings: FaultSettings, subscribers: Mapping[str, Sequence[str]], publishes: Mapping[str, Sequence[str]]
) -> list[str]:
    """The node that a fault touches, or every link ``source>target`` with traffic, in the order of the nodes."""
    if isinstance(settings, OnNode):
        return [settings.node]
    fault = Fault("", settings, 0)
    found: dict[str, None] = {}
    for source, topics in publishes.items():
        for topic in topics:
            for target in subscribers.get(topic, ()):
                if fault.cuts(source, target) or fault.troubles(source, target, topic):
                    found[f"{source}>{target}"] = None
    return list(found)


def began(fault: Fault, targets: list[str]) -> Faulted:
    """What a driver records when a fault begins."""
    return Faulted(fault.id, fault.settings.kind, "began", targets, fault.settings.detail())


def ended(fault: Fault, targets: list[str]) -> Faulted:
    """What a driver records when a fault ends."""
    return Faulted(fault.id, fault.settings.kind, "ended", targets)


def faults_of_history(observations: Iterable[Observation], started_us: int = 0) -> list[Json]:
    """The entries for a scenario's section ``faults`` that repeat a run's faults, injected ones included.

    ``started_us`` is when the run began (``Header.started_us``). A fault that had not ended lasts to the end.
    """
    found: dict[str, tuple[Faulted, int]] = {}
    ends_us: dict[str, int] = {}
    for observation in observations:
        body = observation.body
        if isinstance(body, Faulted):
            if body.state == "began":
                found[body.fault] = (body, observation.at_us)
            else:
                ends_us[body.fault] = observation.at_us
    entries = []
    for fault_id, (body, begin_us) in found.items():
        for_us = ends_us[fault_id] - begin_us if fault_id in ends_us else None
        entries.append(entry_of(fault_id, body.what, body.detail or {}, begin_us - started_us, for_us))
    return entries


# -- what holds at a node


class NodeFaults:
    """The faults of one node among ``faults``, by kind, in their order."""

    def __init__(self, node: str, faults: Iterable[Fault]) -> None:
        here = [f for f in faults if isinstance(f.settings, OnNode) and f.settings.node == node]
        self.stops = tuple(f for f in here if isinstance(f.settings, Pause | Crash))
        self.wipes = tuple(f for f in here if isinstance(f.settings, Crash) and f.settings.disk == "lost")
        self.slow = tuple(f for f in here if isinstance(f.settings, Slow))
        self._clocks = tuple(f for f in here if isinstance(f.settings, Clock))

    def stopped(self, at_us: int) -> bool:
        """Whether the node is paused or down."""
        return any(fault.holds(at_us) for fault in self.stops)

    def resumed_us(self, at_us: int) -> int:
        """When the node last went on after a pause or crash, at or before ``at_us``; 0: it never stopped."""
        return max((fault.end_us for fault in self.stops if fault.end_us <= at_us), default=0)

    def service_us(self, usual_us: int, start_us: int) -> int:
        """How long a message that an instance takes up at ``start_us`` keeps it busy."""
        service_us = usual_us
        for fault in self.slow:
            settings = fault.settings
            if isinstance(settings, Slow) and fault.holds(start_us):
                service_us = round(service_us * settings.factor + settings.plus_ms * 1_000)
        return service_us

    def lost_in(self, arrived_us: int, at_us: int) -> str:
        """The crash in which a message went that arrived at ``arrived_us`` and was not processed by ``at_us``.

        A disk that was lost takes along how far the node had read: it goes on with what arrives after its restart.
        The empty text: it is still there.
        """
        for fault in self.wipes:
            if arrived_us < fault.end_us <= at_us:
                return fault.id
        return ""

    def clock(self) -> Callable[[int], int] | None:
        """From the recorder's clock to the protocol's, in microseconds, never below 0; ``None``: they are the same."""
        if not self._clocks:
            return None
        parts = [(f, round(f.settings.offset_ms * 1_000), f.settings.drift_ppm) for f in self._clocks]  # type: ignore[union-attr]

        def protocol_us(now_us: int) -> int:
            seen_us = now_us
            for fault, offset_us, drift_ppm in parts:
                if fault.begin_us <= now_us < fault.end_us:
                    seen_us += offset_us + (now_us - fault.begin_us) * drift_ppm // 1_000_000
            return max(0, seen_us)

        return protocol_us


def named(settings: FaultSettings) -> list[tuple[str, str]]:
    """Every node that an entry names, as (field below the entry, name); ``*`` is none."""
    if isinstance(settings, OnNode):
        return [("node", settings.node)]
    if isinstance(settings, LinkTrouble):
        ends = [("source", settings.source), ("target", settings.target)]
    else:
        ends = [(f"between.{g}.{n}", name) for g, group in enumerate(settings.between) for n, name in enumerate(group)]
    return [(field, name) for field, name in ends if name != ALL]
