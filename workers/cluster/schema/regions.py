"""Sections of replicated regions: which entities there are, how they are replicated, and what their clients do."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workers.cluster.schema.common import Strict

EntityKind = Literal["address", "cart", "stock", "likes", "thread"]
Milliseconds = Annotated[int, Field(ge=1, le=600_000)]
Region = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,15}$")]


class EntitySettings(Strict):
    """One kind of entity: its replicated type by name, and how many of them there are."""

    type: str
    keys: Annotated[int, Field(ge=1, le=1_000)] = 1
    initial: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    clock: Literal["wall", "hlc"] = "wall"


class ReplicationSettings(Strict):
    """How replicas tell each other: every ``gossip_ms`` each tells ``fanout`` others (``null``: all of them)."""

    gossip_ms: Milliseconds = 200
    fanout: Annotated[int, Field(ge=1, le=11)] | None = None


class ClientSettings(Strict):
    """What the clients of regions do, in all sessions together."""

    operations_per_s: Annotated[float, Field(ge=0, le=5_000, allow_inf_nan=False)] = 10.0
    operations: Annotated[int, Field(ge=0, le=1_000_000)] | None = 200
    sessions: Annotated[int, Field(ge=1, le=500)] = 6
    timeout_ms: Milliseconds = 2_000
