"""What an experiment may say: the schema of its file, of the admin's form and of the API. Pure.

An experiment compares *variants* of one scenario: other designs, other settings. A *sweep* lets a setting take several
values; each variant at each combination of swept values is a *cell*, and each cell is played once with every seed.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Discriminator, Field, JsonValue, Tag, field_validator, model_validator

from workers.cluster.paths import steps_of
from workers.cluster.scenario import Scenario
from workers.cluster.schema.common import NAME, Strict
from workers.cluster.schema.near import near
from workers.cluster.schema.story import CheckerName
from workers.strategies.registry import DESIGNS

SIMULATED_RUNS_MAX: Final = 100_000
LIVE_RUNS_MAX: Final = 1_000
CELLS_MAX: Final = 200
VARIANTS_MAX: Final = 32
SWEPT_MAX: Final = 3
VALUES_MAX: Final = 50
SEED_LIMIT: Final = 2**63
OWN: Final = ("name", "title", "summary", "anomaly", "lesson", "seed", "expect", "narration", "fix")
"""What ``set`` and ``sweep`` leave alone: the experiment says these itself."""

VariantName = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]+$")]
Settings = Annotated[dict[str, JsonValue], Field(max_length=40)]


class Seeds(Strict):
    """Each cell is played with the seeds ``first``, ``first + 1``, ...: the same ones, so that cells can be paired."""

    first: Annotated[int, Field(ge=0, lt=SEED_LIMIT)] = 1
    count: Annotated[int, Field(ge=1, le=SIMULATED_RUNS_MAX)] = 100

    @model_validator(mode="after")
    def _below_the_limit(self) -> Self:
        if self.first > SEED_LIMIT - self.count:
            raise ValueError("the last seed must be below 2^63; begin with a smaller first")
        return self


class Variant(Strict):
    """One way to build the system: another design, the scenario's fix, other settings, or the scenario as it is."""

    name: VariantName
    design: str | None = None
    fix: bool = False
    set: Settings = Field(default_factory=dict)

    @field_validator("design")
    @classmethod
    def _known_design(cls, design: str | None) -> str | None:
        if design is not None and design not in DESIGNS:
            raise ValueError(f"there is no such design{near(design, DESIGNS)}")
        return design

    @field_validator("set")
    @classmethod
    def _settable(cls, given: dict[str, JsonValue]) -> dict[str, JsonValue]:
        return settable(given)


class Range(Strict):
    """``count`` values from ``begin`` to ``end``, both included, evenly spaced or, with ``scale: log``, by a factor."""

    begin: Annotated[float, Field(alias="from", ge=-1e12, le=1e12, allow_inf_nan=False)]
    end: Annotated[float, Field(alias="to", ge=-1e12, le=1e12, allow_inf_nan=False)]
    count: Annotated[int, Field(ge=2, le=VALUES_MAX)]
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _increasing(self) -> Self:
        if self.end <= self.begin:
            raise ValueError(f"to {self.end:g} must lie above from {self.begin:g}")
        if self.scale == "log" and self.begin <= 0:
            raise ValueError(f"scale: log needs a from above 0, not {self.begin:g}")
        return self

    def values(self) -> list[float]:
        """The values, to six significant digits; whole ones as whole numbers."""
        steps = [index / (self.count - 1) for index in range(self.count)]
        if self.scale == "log":
            ratio = math.log(self.end / self.begin)
            found = [self.begin * math.exp(ratio * step) for step in steps]
        else:
            found = [self.begin + (self.end - self.begin) * step for step in steps]
        rounded = [float(f"{value:.6g}") for value in found]
        return [int(value) if value.is_integer() else value for value in rounded]


def _is_range(value: Any) -> str:
    return "of-range" if isinstance(value, dict | Range) else "of-list"


Values = Annotated[tuple[JsonValue, ...], Field(min_length=1, max_length=VALUES_MAX)]
Swept = Annotated[Annotated[Values, Tag("of-list")] | Annotated[Range, Tag("of-range")], Discriminator(_is_range)]


def _is_inline(value: Any) -> str:
    return "of-inline" if isinstance(value, dict) else "of-name"


ScenarioGiven = Annotated[
    Annotated[str, Field(min_length=1, max_length=64), Tag("of-name")] | Annotated[dict[str, Any], Tag("of-inline")],
    Discriminator(_is_inline),
]


class Experiment(Strict):
    """An experiment as its author writes it. ``scenario`` is the name of one, or a whole one."""

    name: str
    title: Annotated[str, Field(min_length=1, max_length=80)]
    question: Annotated[str, Field(max_length=600)] = ""
    scenario: ScenarioGiven
    engine: Literal["simulated", "live"] = "simulated"
    seeds: Seeds = Seeds()
    set: Settings = Field(default_factory=dict)
    variants: Annotated[tuple[Variant, ...], Field(min_length=1, max_length=VARIANTS_MAX)] = (Variant(name="as it is"),)
    sweep: Annotated[dict[str, Swept], Field(max_length=SWEPT_MAX)] = Field(default_factory=dict)
    checkers: Annotated[tuple[CheckerName, ...], Field(max_length=15)] = ()
    expect: Annotated[tuple[dict[str, Any], ...], Field(max_length=40)] = ()

    @field_validator("name")
    @classmethod
    def _plain_name(cls, name: str) -> str:
        if not NAME.fullmatch(name):
            raise ValueError("use 1 to 64 lower-case letters, digits and hyphens, such as my-experiment")
        return name

    @field_validator("set")
    @classmethod
    def _settable(cls, given: dict[str, JsonValue]) -> dict[str, JsonValue]:
        return settable(given)

    @field_validator("sweep")
    @classmethod
    def _sweepable(cls, given: dict[str, Any]) -> dict[str, Any]:
        return settable(given)

    @field_validator("variants")
    @classmethod
    def _told_apart(cls, variants: tuple[Variant, ...]) -> tuple[Variant, ...]:
        names = [variant.name for variant in variants]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two variants are called {twice!r}; give each a name of its own")
        return variants

    @model_validator(mode="after")
    def _of_a_size(self) -> Self:
        cells = len(self.variants) * math.prod(len(values) for values in self.swept().values())
        if cells > CELLS_MAX:
            raise ValueError(f"variants and sweep make {cells:,} cells; {CELLS_MAX} are the most: sweep fewer values")
        runs, most = cells * self.seeds.count, SIMULATED_RUNS_MAX if self.engine == "simulated" else LIVE_RUNS_MAX
        if runs > most:
            raise ValueError(
                f"{cells:,} cells of {self.seeds.count:,} seeds are {runs:,} runs; {most:,} {self.engine} ones are the "
                "most: lower seeds.count, or sweep fewer values"
            )
        return self

    def swept(self) -> dict[str, list[JsonValue]]:
        """The values of each swept setting."""
        return {
            path: list(values.values()) if isinstance(values, Range) else list(values)
            for path, values in self.sweep.items()
        }


def settable(given: dict[str, Any]) -> dict[str, Any]:
    """``given`` as it is; ValueError for a path that leads to nothing that an experiment may set."""
    for path in given:
        steps = steps_of(path)
        if not steps:
            raise ValueError(f"{path!r} is no dotted path; write one such as workload.orders_per_s")
        if steps[0] in OWN:
            raise ValueError(f"{path}: an experiment changes the system; {steps[0]} it says itself, or leaves it")
        if steps[0] not in Scenario.model_fields:
            raise ValueError(f"{path}: a scenario has no field {steps[0]}{near(steps[0], Scenario.model_fields)}")
    return given
