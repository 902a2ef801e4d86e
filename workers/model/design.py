"""What a coordination design declares about itself, and how it is asked for its nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from workers.model.node import NodeSpec


class Options(NamedTuple):
    """What a design may need to know to make its nodes; all of it plain values.

    Of the order flow: ``client`` makes the client service for the given views. Of replicated regions: ``regions`` are
    the names of the replicas; ``entities`` (by kind), ``replication`` and ``clients`` are those sections of the
    scenario, with the fields of ``workers.cluster.schema.regions``. ``leadership`` and ``hot_key`` are sections with
    the fields of ``workers.cluster.schema.leadership``, ``quorum`` is one with those of
    ``workers.cluster.schema.quorum``. Nothing is due to begin after ``duration_ms`` (``None``: no end).
    """

    views: int
    rpc_timeout_ms: int
    client: Callable[[tuple[str, ...]], Any]
    regions: tuple[str, ...] = ()
    entities: Mapping[str, Any] = {}
    replication: Any = None
    clients: Any = None
    leadership: Any = None
    hot_key: Any = None
    quorum: Any = None
    duration_ms: int | None = None


class OptionsError(ValueError):
    """Options that a design cannot work with: which field of the scenario, its value, and what would be right."""

    def __init__(self, field: str, value: object, remedy: str) -> None:
        super().__init__(f"{field}: {value!r}: {remedy}")
        self.field = field
        self.value = value
        self.remedy = remedy


class Design(NamedTuple):
    """One coordination design: a name for scenarios, words for people, and ``nodes`` for the drivers.

    ``promises``, ``costs``, ``use_when`` and ``source`` are the design's paragraph in the docs. The same for programs:
    ``convergent`` promises strong eventual consistency, that replicas which have applied the same updates show the
    same, and that they have all applied the same once every fault is over; ``survives_loss`` promises that also where
    the network lost messages, because they are sent again or nobody depends on them.
    """

    name: str
    title: str
    summary: str
    promises: str
    costs: str
    use_when: str
    source: str
    nodes: Callable[[Options], tuple[NodeSpec, ...]]
    convergent: bool
    survives_loss: bool
