"""What a scenario may say: the schema, with a remedy in every rule. Reading files is ``scenario_files``."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from workers.cluster.latency import Constant, Latency, Strict
from workers.services.client import Workload
from workers.strategies.registry import DESIGNS

PARTITIONS_MAX = 16
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class WorkloadSettings(Strict):
    """The clients' work; the fields are those of ``workers.services.client.Workload``."""

    orders_per_s: Annotated[float, Field(ge=0, le=5_000, allow_inf_nan=False)] = 4.0
    orders: Annotated[int, Field(ge=0, le=1_000_000)] | None = 200
    sessions: Annotated[int, Field(ge=1, le=500)] = 8
    reads_per_order: Annotated[int, Field(ge=0, le=10)] = 1
    read_after_ms: Annotated[int, Field(ge=0, le=60_000)] = 20
    timeout_ms: Annotated[int, Field(ge=1, le=600_000)] = 5_000
    invalid_share: Share = 0.05

    def workload(self, duration_ms: int | None) -> Workload:
        """The same as a plain value for the client service; no order is due after ``duration_ms``."""
        return Workload(**self.model_dump(), duration_ms=duration_ms)


class NodeSettings(Strict):
    """Of one node: with how many instances it starts, and how long one message keeps an instance busy."""

    instances: Annotated[int, Field(ge=0, le=PARTITIONS_MAX)] = 1
    service_ms: Annotated[float, Field(ge=0, le=60_000, allow_inf_nan=False)] = 0.0


class LinkSettings(Strict):
    """How messages travel on links that have no settings of their own."""

    latency: Latency = Constant(kind="constant", ms=5)
    loss: Share = 0.0
    duplicate: Share = 0.0
    ordered: bool = True


class LinkOverride(Strict):
    """Settings of the links from ``source`` to ``target``; ``*`` stands for every node. The last that fits counts."""

    source: str = "*"
    target: str = "*"
    latency: Latency | None = None
    loss: Share | None = None
    duplicate: Share | None = None
    ordered: bool | None = None


class NetworkSettings(Strict):
    """All links of the cluster."""

    default: LinkSettings = LinkSettings()
    links: Annotated[tuple[LinkOverride, ...], Field(max_length=200)] = ()


class Change(Strict):
    """At ``at_s`` after the start, ``node`` is given ``instances`` instances."""

    at_s: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
    node: str
    instances: Annotated[int, Field(ge=0, le=PARTITIONS_MAX)]


class Scenario(Strict):
    """One experiment to run, live or simulated. Times end in their unit."""

    name: str
    title: Annotated[str, Field(min_length=1, max_length=80)]
    summary: Annotated[str, Field(max_length=600)] = ""
    design: str
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    duration_s: Annotated[float, Field(gt=0, le=86_400)] | None = 60.0
    drain_s: Annotated[float, Field(ge=0, le=3_600)] = 30.0
    partitions: Annotated[int, Field(ge=1, le=PARTITIONS_MAX)] = 4
    views: Annotated[int, Field(ge=1, le=9)] = 2
    rpc_timeout_ms: Annotated[int, Field(ge=1, le=600_000)] = 1_000
    workload: WorkloadSettings = WorkloadSettings()
    nodes: dict[str, NodeSettings] = Field(default_factory=dict, max_length=64)
    network: NetworkSettings = NetworkSettings()
    changes: Annotated[tuple[Change, ...], Field(max_length=200)] = ()

    @field_validator("name")
    @classmethod
    def _plain_name(cls, name: str) -> str:
        if not NAME.fullmatch(name):
            raise ValueError("use 1 to 64 lower-case letters, digits and hyphens, such as my-scenario")
        return name

    @field_validator("design")
    @classmethod
    def _known_design(cls, design: str) -> str:
        if design not in DESIGNS:
            raise ValueError(f"there is no such design; choose one of {', '.join(DESIGNS)}")
        return design

    @model_validator(mode="after")
    def _endless_only_by_hand(self) -> Self:
        if self.duration_s is None and self.workload.orders is not None:
            raise ValueError("duration_s: null runs until it is stopped, so workload.orders must be null too")
        return self
