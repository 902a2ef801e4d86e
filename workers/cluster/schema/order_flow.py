"""Sections of the order flow: the workload, and its nodes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from workers.cluster.schema.common import Instances, Seconds, Share, Strict
from workers.services.client import Workload
from workers.services.sessions import Affinity, Tokens


class WorkloadSettings(Strict):
    """The clients' work; the fields are those of ``workers.services.client.Workload``."""

    orders_per_s: Annotated[float, Field(ge=0, le=5_000, allow_inf_nan=False)] = 4.0
    orders: Annotated[int, Field(ge=0, le=1_000_000)] | None = 200
    sessions: Annotated[int, Field(ge=1, le=500)] = 8
    reads_per_order: Annotated[int, Field(ge=0, le=10)] = 1
    read_after_ms: Annotated[int, Field(ge=0, le=60_000)] = 20
    timeout_ms: Annotated[int, Field(ge=1, le=600_000)] = 5_000
    invalid_share: Share = 0.05
    affinity: Affinity = "roaming"
    """Which view serves a session: all in turn, or always the same one."""
    tokens: Tokens = "none"
    """``position``: a session's reads ask for at least what it has written and seen; views wait until they have it."""

    def workload(self, duration_ms: int | None) -> Workload:
        """The same as a plain value for the client service; no order is due after ``duration_ms``."""
        return Workload(**self.model_dump(), duration_ms=duration_ms)


class NodeSettings(Strict):
    """Of one node: with how many instances it starts, and how long one message keeps an instance busy."""

    instances: Instances = 1
    service_ms: Annotated[float, Field(ge=0, le=60_000, allow_inf_nan=False)] = 0.0


class Change(Strict):
    """At ``at_s`` after the start, ``node`` is given ``instances`` instances."""

    at_s: Seconds
    node: str
    instances: Instances
