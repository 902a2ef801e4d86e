"""The rows of the matrix: every design, and of replicated regions and quorums every type that makes sense. Pure.

1. A row is a design with a workload as small as will do: three orders, or about five operations on one key.
2. Whether it promises strong eventual consistency its design declares (``Design.convergent``); a type that is broken on
   purpose takes that back, and operations as they come keep it for types that need no order.
3. Where something is broken on purpose the row says by what that is seen: an expectation, as scenarios have them, and
   a workload that brings it about in a share of the runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from workers.crdts.operation import Delivery
from workers.services.regions.checks import types_for
from workers.services.regions.delta_gossip import DeltaGossip
from workers.services.regions.delta_once import DeltaOnce
from workers.services.regions.forms import FORMS
from workers.services.regions.kinds import KINDS
from workers.services.regions.operation_broadcast import OperationBroadcast, OperationsAsTheyCome
from workers.services.regions.replication import Replication
from workers.services.regions.state_gossip import StateGossip
from workers.strategies.registry import DESIGNS

Settings = Mapping[str, Any]
NOTHING: Final[Settings] = MappingProxyType({})

PROTOCOLS: Final[Mapping[str, type[Replication]]] = {
    "state-gossip": StateGossip,
    "delta-gossip": DeltaGossip,
    "delta-gossip-broken": DeltaOnce,
    "operation-broadcast": OperationBroadcast,
    "operation-broadcast-broken": OperationsAsTheyCome,
}
"""The designs with a row for each type."""

NETWORK: Final[Settings] = {"default": {"latency": {"kind": "exponential", "mean_ms": 8, "floor_ms": 2}}}
ORDERS: Final[Settings] = {
    "orders_per_s": 12,
    "orders": 3,
    "sessions": 2,
    "reads_per_order": 0,
    "timeout_ms": 400,
    "invalid_share": 0.2,
}
CLIENTS: Final[Settings] = {
    "operations_per_s": 16,
    "operations": 5,
    "sessions": 3,
    "timeout_ms": 400,
    "final_reads": False,
    "reads": 0.2,
    "removals": 0.4,
}


class Row(NamedTuple):
    """One design with its workload: ``settings`` are sections of a scenario.

    ``hit`` are the nodes that faults hit, a replica and somebody who works for it, from ``from_s`` on for ``away_s``;
    ``side`` is on the one side of a partition, ``other`` on the other. ``broken``: the type takes the design's promise
    back. ``takes_back``: an update may be overruled that was never acknowledged, so that in the end replicas have equal
    values but not equal updates. ``planted`` is the expectation by which what is wrong on purpose is seen.
    """

    design: str
    type: str = ""
    settings: Settings = NOTHING
    hit: tuple[str, ...] = ("view-1", "validation")
    side: tuple[str, ...] = ("view-1",)
    other: tuple[str, ...] = ("*",)
    from_s: float = 0.06
    away_s: float = 0.25
    broken: bool = False
    takes_back: bool = False
    planted: Settings | None = None

    @property
    def name(self) -> str:
        """Its name in the matrix."""
        return f"{self.design} {self.type}".rstrip()

    @property
    def convergent(self) -> bool:
        """Whether it promises strong eventual consistency at all."""
        if self.design == "operation-broadcast-broken":
            return not _causal(self.type)
        return DESIGNS[self.design].convergent and not self.broken


class Plant(NamedTuple):
    """Something broken on purpose: by what it is seen, and which settings bring it about."""

    planted: Settings
    clients: Settings = NOTHING
    network: Settings = NETWORK


def rows() -> Iterator[Row]:
    """Every row, in the order of the registry."""
    for design in DESIGNS:
        if design in PROTOCOLS:
            yield from _regions(design)
        else:
            yield from _OTHERS.get(design, (Row(design),))


def _failed(checker: str) -> Settings:
    return {"checker": checker, "verdict": "failed"}


def _figure(metric: str, at_least: int = 1) -> Settings:
    return {"metric": metric, "at_least": at_least}


def _link(source: str, target: str, mean_ms: float, floor_ms: float) -> dict[str, Any]:
    latency = {"kind": "exponential", "mean_ms": mean_ms, "floor_ms": floor_ms}
    return {"source": source, "target": target, "latency": latency}


def _with_links(*links: Settings) -> Settings:
    return {**NETWORK, "links": links}


def _told(at_s: float, session: str, region: str, do: str, key: str, value: str) -> Settings:
    return {"at_s": at_s, "session": session, "region": region, "do": do, "key": key, "value": value}


_TIES: Final = [
    _told(at_s, session, region, "assign", "address-1", f"{session}'s at {at_s}")
    for at_s in (0.1, 0.4)
    for session, region in (("ana", "eu"), ("bo", "us"))
]
_ADDED_AGAIN: Final = {
    "script": [
        _told(0.05, "ana", "eu", "add", "cart-1", "milk"),
        _told(0.2, "ana", "eu", "remove", "cart-1", "milk"),
        _told(0.26, "bo", "us", "add", "cart-1", "milk"),
    ]
}
"""Drawn additions have names of their own; this element comes twice, and the second takes the removal's place."""
_PROMPT: Final = {"latency": {"kind": "constant", "ms": 5}}
_ASKED_PROMPTLY: Final = _with_links({"source": "client", **_PROMPT}, {"target": "client", **_PROMPT})
_OVERTAKEN: Final = _with_links(_link("eu", "ap", 200, 40))
"""What eu writes is seen in us and answered there before ap has it."""

_BY_TYPE: Final[Mapping[str, Plant]] = {
    "lww-by-arrival-broken": Plant(_failed("convergence"), {"script": _TIES}, _ASKED_PROMPTLY),
    "sibling-explosion-broken": Plant(_figure("work.siblings_max", 4), {"sessions": 2, "operations": 8, "blind": 0}),
    "false-dominance-broken": Plant(_failed("lost-updates"), {"sessions": 6, "operations_per_s": 40, "blind": 0}),
    "union-cart-broken": Plant(_figure("invariants.resurrection.violations")),
    "compacted-or-set-broken": Plant(_figure("invariants.vanished.violations"), {"reads": 0, "removals": 0.1}),
}
_NO_PLANT: Final = Plant(NOTHING)


def _plant(design: str, name: str) -> Plant:
    if design != "operation-broadcast-broken":
        return _BY_TYPE.get(name, _NO_PLANT)
    if _causal(name):
        return Plant(_failed("convergence"), _ADDED_AGAIN if name == "rw-set" else NOTHING, _OVERTAKEN)
    return Plant(_failed("causal"), NOTHING, _OVERTAKEN) if name == "g-set" else _NO_PLANT


def _causal(name: str) -> bool:
    """Whether the type's operations need to be applied in causal order."""
    operations = FORMS[name].operations
    return operations is not None and operations.delivery is Delivery.CAUSAL


def _regions(design: str) -> Iterator[Row]:
    """Each type once, as the kind of entity that has it first; a broken one in the design that shows it."""
    done: set[str] = set()
    for kind, known in KINDS.items():
        for name in types_for(kind, PROTOCOLS[design]):
            broken = name.endswith("-broken")
            home = "delta-gossip-broken" if name == "compacted-or-set-broken" else "state-gossip"
            if name in done or (broken and design != home):
                continue
            done.add(name)
            plant = _plant(design, name)
            settings = {
                "entities": {kind: {"type": name, "initial": 6 if known.counts else 0}},
                "replication": {"gossip_ms": 150},
                "clients": {**CLIENTS, **plant.clients},
                "network": plant.network,
            }
            planted = plant.planted or None
            yield Row(design, name, settings, ("eu",), ("eu",), ("us", "ap"), broken=broken, planted=planted)


def _quorum(name: str) -> Row:
    quorum = {"type": name, "keys": 2, "read_share": 0.2, "timeout_ms": 300, "hint_after_ms": 150}
    return Row("quorum", name, {"quorum": quorum, "clients": CLIENTS}, ("eu",), ("eu",), ("coord-us", "coord-ap"))


def _flow(design: str, planted: Settings, invalid_share: float = 0.2) -> Row:
    return Row(design, "", {"workload": {**ORDERS, "invalid_share": invalid_share}}, planted=planted)


def _led(design: str, planted: Settings | None = None) -> Row:
    """The first writer is away in the middle of a write for longer than its lease; nobody writes after it is back."""
    settings = {
        "leadership": {"lease_ms": 120, "renew_ms": 60, "keys": 1, "read_share": 0.1, "cas_share": 0},
        "clients": {**CLIENTS, "operations": 8, "operations_per_s": 20, "sessions": 6, "timeout_ms": 100},
        "network": _with_links(_link("storage", "writer-a", 20, 40)),
        "rpc_timeout_ms": 4_000,
        "drain_s": 1.5,
    }
    return Row(design, "", settings, ("writer-a", "view-1"), from_s=0.1, away_s=0.6, planted=planted)


def _failover(design: str, planted: Settings | None = None) -> Row:
    settings = {
        "leadership": {"lease_ms": 240, "renew_ms": 80, "keys": 1, "read_share": 0.2},
        "clients": {**CLIENTS, "operations": 12, "operations_per_s": 24, "sessions": 6},
        "drain_s": 0.6,
    }
    others = ("us", "ap", "monitor")
    return Row(
        design, "", settings, ("eu",), ("eu",), others, away_s=0.4, takes_back=planted is None, planted=planted
    )  # fmt: skip


def _hot(design: str, owner: str) -> Row:
    return Row(design, "", {"hot_key": {"keys": 1}, "clients": CLIENTS}, ("view-1", owner))


_SMALL: Final = (
    _flow("mail-too-early-broken", _figure("email-timeliness.phantom")),
    _flow("mail-without-key-broken", _figure("email-timeliness.duplicate")),
    _flow("collisions", _failed("lost-updates")),
    _flow("collisions-merged-by-hand-broken", _figure("invariants.money.violations")),
    _flow("aggregator-broken", _figure("invariants.one-verdict.violations"), invalid_share=0.6),
    _failover("failover-divergent-broken", _failed("divergence")),
    _failover("failover-fenced"),
    _led("leader-unfenced-broken", _failed("lost-updates")),
    _led("leader-fenced"),
    _hot("hot-key-optimistic", "storage"),
    _hot("hot-key-single-writer", "writer"),
    _quorum("lww-register"),
    _quorum("dvv-set"),
)
_OTHERS: Final = {design: tuple(row for row in _SMALL if row.design == design) for design in {r.design for r in _SMALL}}
