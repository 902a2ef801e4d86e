"""The section of leaderless quorums: how many must answer, what replicas store, and what clients measure."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workers.cluster.schema.common import Share, Strict
from workers.cluster.schema.regions import Milliseconds

AfterMs = Annotated[float, Field(ge=0, le=600_000, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=12)]


class ProbeSettings(Strict):
    """Writes to fresh keys, and for each one read ``read_after_ms`` after its commit, for each of those times."""

    writes: Annotated[int, Field(ge=0, le=1_000_000)] = 2_000
    writes_per_s: Annotated[float, Field(ge=0, le=5_000, allow_inf_nan=False)] = 50.0
    read_after_ms: Annotated[tuple[AfterMs, ...], Field(min_length=1, max_length=64)] = (0.0,)


class QuorumSettings(Strict):
    """``read`` and ``write`` are R and W, ``null`` for a majority of the regions, which are the N replicas.

    A write that a replica has not acknowledged after ``hint_after_ms`` is kept for it and sent again as often. With a
    ``probe`` the clients measure; without one they do what ``clients`` says to ``keys`` keys.
    """

    read: Count | None = None
    write: Count | None = None
    type: Literal["lww-register", "dvv-set"] = "lww-register"
    clock: Literal["wall", "hlc"] = "wall"
    skew_ms_max: Milliseconds = 500
    read_repair: bool = True
    hinted_handoff: bool = True
    timeout_ms: Milliseconds = 1_000
    hint_after_ms: Milliseconds = 500
    hints_max: Annotated[int, Field(ge=0, le=4_000)] = 1_000
    keys: Annotated[int, Field(ge=1, le=1_000)] = 4
    read_share: Share = 0.7
    probe: ProbeSettings | None = None
