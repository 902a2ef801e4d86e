"""What the API answers with. Times are ISO 8601 in UTC; figures have their unit in their name."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
RunId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]
FaultId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Position = Annotated[int, Field(ge=0, lt=32_768)]


class Page(Schema):
    """Which part of a list."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class ScenarioOut(Schema):
    """A scenario in a list."""

    name: str
    title: str
    design: str
    shipped: bool
    version: int


class ScenarioFull(ScenarioOut):
    """A scenario with its text, and its settings as they would be played."""

    text: str
    document: dict[str, Any]


class ScenarioIn(Schema):
    """A new scenario, or the next version of one that is there."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=65_536)]
    based_on: Annotated[str, StringConstraints(max_length=64)] = ""
    note: Annotated[str, StringConstraints(max_length=200)] = ""


class DifferenceOut(Schema):
    """A setting that differs from the shipped scenario's."""

    path: str
    before: str
    after: str


class ExperimentOut(Schema):
    """An experiment and how far it is."""

    name: str
    title: str
    question: str
    scenario: str
    engine: str
    state: str
    reason: str
    verdict: str
    runs_done: int
    runs_total: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class ExperimentFull(ExperimentOut):
    """An experiment with what was asked."""

    specification: dict[str, Any]


class ResultOut(Schema):
    """What one run showed."""

    cell: int
    seed: int
    end_ms: float
    error: str
    verdicts: dict[str, str]
    expectations: list[str]
    figures: dict[str, float]


class FindingOut(Schema):
    """What an experiment showed."""

    id: int
    experiment: str
    cell: str | None
    kind: str
    title: str
    because: str
    verdict: str
    reason: str
    evidence: dict[str, Any]
    note: str


class HuntIn(Schema):
    """A hunt to start: in which cell, for what (`expectation:N`, counted from 0, or `checker:NAME`), with what."""

    cell: Position = 0
    what: Annotated[str, StringConstraints(pattern=r"^(expectation:[0-9]{1,4}|checker:[a-z-]{1,40})$")]
    first_seed: Annotated[int, Field(ge=0, le=2**62)] = 1
    seeds: Annotated[int, Field(ge=1, le=100_000)] = 200
    faults: Annotated[int, Field(ge=0, le=8)] = 3


class HuntOut(Schema):
    """A search for a run that breaks an expectation; `found` has the smallest schedule and its scenario as YAML."""

    id: int
    experiment: str
    cell: str
    expected: str
    state: str
    reason: str
    first_seed: int
    seeds: int
    faults: int
    tried: int
    unknown: int
    found: dict[str, Any] | None
    run: str | None
    saved_as: str


class NoteIn(Schema):
    """What people make of a finding."""

    note: Annotated[str, StringConstraints(max_length=2_000)]


class RunOut(Schema):
    """A run."""

    id: str
    title: str
    scenario: str
    design: str
    engine: str
    seed: int
    state: str
    reason: str
    started_at: datetime | None
    ended_at: datetime | None
    page: str
    history: str


class RunIn(Schema):
    """A run to start live."""

    scenario: Name
    seed: Seed | None = None


class Said(Schema):
    """What was done."""

    text: str


class InjectedOut(Schema):
    """A fault that has begun: its id, its entry as it was understood, and the nodes or links it is at."""

    id: str
    entry: dict[str, Any]
    targets: list[str]
    text: str
