"""Sections of designs in which somebody leads, or many want to write the same thing: who may, how long, how often."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from workers.cluster.schema.common import Share, Strict
from workers.cluster.schema.regions import Milliseconds


class LeadershipSettings(Strict):
    """How leadership is granted and kept, and what the clients do with the registers that the leader writes.

    A lease lasts ``lease_ms``; its holder asks for more, and looks at its clock, every ``renew_ms``. ``read_share`` of
    the operations are reads, ``cas_share`` of the others compare-and-set, the rest blind writes. ``reads`` says who
    answers reads: the storage, or the read replicas behind it.
    """

    candidates: Annotated[int, Field(ge=2, le=3)] = 2
    lease_ms: Milliseconds = 600
    renew_ms: Milliseconds = 150
    keys: Annotated[int, Field(ge=1, le=1_000)] = 3
    read_share: Share = 0.4
    cas_share: Share = 0.6
    reads: Literal["storage", "replicas"] = "storage"

    @model_validator(mode="after")
    def _renewed_in_time(self) -> Self:
        if self.renew_ms * 2 > self.lease_ms:
            remedy = f"at most half of lease_ms, {self.lease_ms // 2}"
            raise ValueError(f"renew_ms {self.renew_ms}: a lease would run out before it is renewed; use {remedy}")
        return self


class HotKeySettings(Strict):
    """How many keys there are (the fewer, the hotter), and how long a writer tries who meets others.

    ``read_share`` of the operations are reads. A writer gives up after ``attempts_max`` conflicts; the pause after the
    first is ``pause_ms`` on average and doubles.
    """

    keys: Annotated[int, Field(ge=1, le=1_000)] = 1
    read_share: Share = 0.1
    attempts_max: Annotated[int, Field(ge=1, le=100)] = 8
    pause_ms: Milliseconds = 10
