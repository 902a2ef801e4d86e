"""What a scenario may say: the schema as a whole. Its sections are in ``workers.cluster.schema``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from workers.cluster.schema.alterations import Alterations
from workers.cluster.schema.common import NAME, PARTITIONS_MAX, Strict
from workers.cluster.schema.faults import Faults
from workers.cluster.schema.leadership import HotKeySettings, LeadershipSettings
from workers.cluster.schema.links import NetworkSettings
from workers.cluster.schema.order_flow import Change, NodeSettings, WorkloadSettings
from workers.cluster.schema.quorum import QuorumSettings
from workers.cluster.schema.regions import ClientSettings, EntityKind, EntitySettings, Region, ReplicationSettings
from workers.cluster.schema.story import Expectations, Fix, Lesson, Narration
from workers.strategies.registry import DESIGNS


class Scenario(Strict):
    """One experiment to run, live or simulated. Times end in their unit."""

    name: str
    title: Annotated[str, Field(min_length=1, max_length=80)]
    summary: Annotated[str, Field(max_length=600)] = ""
    anomaly: Annotated[str, Field(max_length=40)] = ""
    lesson: Lesson | None = None
    design: str
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    duration_s: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)] | None = 60.0
    drain_s: Annotated[float, Field(ge=0, le=3_600, allow_inf_nan=False)] = 30.0
    stay_open_s: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] = 0.0
    partitions: Annotated[int, Field(ge=1, le=PARTITIONS_MAX)] = 4
    views: Annotated[int, Field(ge=1, le=9)] = 2
    rpc_timeout_ms: Annotated[int, Field(ge=1, le=600_000)] = 1_000
    workload: WorkloadSettings = WorkloadSettings()
    nodes: dict[str, NodeSettings] = Field(default_factory=dict, max_length=64)
    network: NetworkSettings = NetworkSettings()
    changes: Annotated[tuple[Change, ...], Field(max_length=200)] = ()
    faults: Faults = ()
    alterations: Alterations = ()
    regions: Annotated[tuple[Region, ...], Field(min_length=1, max_length=12)] = ("eu", "us", "ap")
    entities: Mapping[EntityKind, EntitySettings] = Field(default_factory=dict)
    replication: ReplicationSettings = ReplicationSettings()
    clients: ClientSettings = ClientSettings()
    quorum: QuorumSettings = QuorumSettings()
    leadership: LeadershipSettings = LeadershipSettings()
    hot_key: HotKeySettings = HotKeySettings()
    expect: Expectations = ()
    narration: Narration = ()
    fix: Fix | None = None

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
        if self.duration_s is not None and self.stay_open_s > self.duration_s:
            raise ValueError(
                f"stay_open_s: {self.stay_open_s:g} is beyond duration_s: {self.duration_s:g}; raise duration_s too"
            )
        return self
