"""The section ``faults``: what breaks, when, for how long. What each fault does is on ``docs/faults.md``."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, TypeAdapter, field_validator, model_validator

from workers.cluster.latency import Latency
from workers.cluster.schema.common import NAME, Seconds, Share, Strict

FAULTS_MAX: Final = 100
ALL: Final = "*"

Group = Annotated[tuple[str, ...], Field(min_length=1, max_length=64)]


class _Timed(Strict):
    """When a fault begins, and how long it lasts: ``null`` to the end of the run, or until somebody heals it."""

    name: str | None = None
    at_s: Seconds = 0.0
    for_s: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)] | None = None

    @field_validator("name")
    @classmethod
    def _plain_name(cls, name: str | None) -> str | None:
        if name is not None and not NAME.fullmatch(name):
            raise ValueError("use 1 to 64 lower-case letters, digits and hyphens, such as cable-cut")
        return name

    def detail(self) -> dict[str, Any]:
        """How the fault is set, without what it is called and when it is; ``entry_of`` turns it back."""
        return self.model_dump(mode="json", exclude={"name", "at_s", "for_s", "kind"}, exclude_none=True)


class Partition(_Timed):
    """Nothing gets from the one group of nodes to the other, or (not ``one_way``) back; ``*`` is everybody else."""

    kind: Literal["partition"]
    between: tuple[Group, Group]
    one_way: bool = False
    mode: Literal["drop", "hold"] = "drop"

    @model_validator(mode="after")
    def _two_sides(self) -> Self:
        first, second = self.between
        if ALL in first and ALL in second:
            raise ValueError("both groups are everybody else; name the nodes of one of them")
        both = sorted(set(first) & set(second))
        if both:
            raise ValueError(f"{', '.join(both)} is on both sides; a node is in one group only")
        if any(ALL in group and len(group) > 1 for group in self.between):
            raise ValueError("* is everybody who is not in the other group; let it stand alone")
        return self


class LinkTrouble(_Timed):
    """Links from ``source`` to ``target`` are slow, lossy, duplicating or reordering; what is not given stays as it is.

    ``types`` narrows it to messages of these types. ``count`` touches only the first so many messages that fit, counted
    for each target, topic and partition in the order of sending.
    """

    kind: Literal["link"]
    source: str = ALL
    target: str = ALL
    topic: str = ALL
    latency: Latency | None = None
    loss: Share | None = None
    duplicate: Share | None = None
    ordered: bool | None = None
    types: Annotated[tuple[str, ...], Field(min_length=1, max_length=32)] | None = None
    count: Annotated[int, Field(ge=1, le=1_000)] | None = None

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if all(given is None for given in (self.latency, self.loss, self.duplicate, self.ordered)):
            raise ValueError("this changes nothing; give latency, loss, duplicate or ordered")
        return self


class Pause(_Timed):
    """The node processes nothing, timers included. It keeps its state, and knows nothing of it afterwards."""

    kind: Literal["pause"]
    node: str


class Crash(_Timed):
    """The node is gone and restarts when the fault ends, with its disk or with an empty one."""

    kind: Literal["crash"]
    node: str
    disk: Literal["kept", "lost"] = "kept"


class Slow(_Timed):
    """Each message keeps the node's instances busy for ``factor`` times as long and ``plus_ms`` more."""

    kind: Literal["slow"]
    node: str
    factor: Annotated[float, Field(ge=1, le=1_000, allow_inf_nan=False)] = 1.0
    plus_ms: Annotated[float, Field(ge=0, le=60_000, allow_inf_nan=False)] = 0.0

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if self.factor == 1.0 and self.plus_ms == 0.0:
            raise ValueError("this slows nothing down; give factor above 1 or plus_ms above 0")
        return self


class Clock(_Timed):
    """The clock that the node's protocol sees is ``offset_ms`` off, and ``drift_ppm`` too fast or (negative) slow."""

    kind: Literal["clock"]
    node: str
    offset_ms: Annotated[float, Field(ge=-86_400_000, le=86_400_000, allow_inf_nan=False)] = 0.0
    drift_ppm: Annotated[int, Field(ge=-500_000, le=500_000)] = 0

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if self.offset_ms == 0.0 and self.drift_ppm == 0:
            raise ValueError("this clock is right; give offset_ms or drift_ppm other than 0")
        return self


OnNode = Pause | Crash | Slow | Clock
FaultSettings = Annotated[Partition | LinkTrouble | Pause | Crash | Slow | Clock, Field(discriminator="kind")]
Faults = Annotated[tuple[FaultSettings, ...], Field(max_length=FAULTS_MAX)]

one_fault: Final = TypeAdapter[FaultSettings](FaultSettings)
"""Checks a single entry of the section, as it is injected during a run."""


def entry_of(fault_id: str, kind: str, detail: dict[str, Any], at_us: int, for_us: int | None) -> dict[str, Any]:
    """The entry of the section that gives this very fault again; times in microseconds from the run's start."""
    for_s = None if for_us is None else for_us / 1_000_000
    return {"name": fault_id, "kind": kind, "at_s": at_us / 1_000_000, "for_s": for_s, **detail}
