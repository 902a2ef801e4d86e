"""What a scenario tells: what is expected to be found, the narration of its presenter, and the fix with its price.

The names of checkers are a contract; they stand here because the system under observation does not know its observer.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import Discriminator, Field, JsonValue, Tag, field_validator, model_validator

from workers.cluster.schema.common import Seconds, Share, Strict
from workers.cluster.schema.near import near

CheckerName = Literal[
    "divergence",
    "convergence",
    "staleness",
    "read-your-writes",
    "monotonic-reads",
    "monotonic-writes",
    "writes-follow-reads",
    "causal",
    "lost-updates",
    "linearizable-register",
    "set-full",
    "counter",
    "email-timeliness",
    "invariants",
    "single-writer",
]
CHECKERS: Final[tuple[str, ...]] = get_args(CheckerName)
"""The checkers that an expectation may name."""

METRIC_ROOTS: Final = (*CHECKERS, "work")
"""What the dotted name of a figure begins with: a checker, or ``work``, which counts what the run did."""

PARTS: Final = (
    "map",
    "matrix",
    "timeline",
    "throughput",
    "lag",
    "latency",
    "feed",
    "totals",
    "placed",
    "settled",
    "diverged",
    "share",
    "window",
    "emails",
    "lost",
    "controls",
)
"""The parts of a run's page that a narration may point at; they have these ids there."""

KEY_PREFIX: Final = "key:"
"""Before what is looked at where it is a key, such as an order's id: ``key:s1-1``."""

KEPT_BY_FIX: Final = ("name", "title", "summary", "anomaly", "lesson", "seed", "expect", "narration", "fix")
"""What a fix does not set: it runs the same seed, and has a title and expectations of its own."""

Sentence = Annotated[str, Field(min_length=1, max_length=300)]
MetricName = Annotated[str, Field(pattern=r"^[a-z][a-z-]*(\.[A-Za-z0-9_:-]{1,64}){1,8}$", max_length=200)]
Bound = Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False)]
LookAt = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9:._-]*$", max_length=80)]


def of_a_checker(metric: str) -> str:
    """``metric`` as it is; ValueError if no checker has such a figure."""
    root = metric.partition(".")[0]
    if root not in METRIC_ROOTS:
        raise ValueError(f"begin with a checker or with work{near(root, METRIC_ROOTS)}")
    return metric


class RunShare(Strict):
    """In which share of the runs something is expected to show."""

    at_least: Share = 0.0
    at_most: Share = 1.0

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.at_most < self.at_least:
            raise ValueError(f"at_most {self.at_most:g} is below at_least {self.at_least:g}; swap them")
        if (self.at_least, self.at_most) == (0, 1):
            raise ValueError("this admits everything; write at_least, at_most or both, such as {at_least: 0.05}")
        return self

    def __str__(self) -> str:
        if self.at_least == 1:
            return "every run"
        if self.at_most == 0:
            return "no run"
        low, high = f"{self.at_least:.4g}", f"{self.at_most:.4g}"
        if self.at_most == 1:
            return f"at least {low} of the runs"
        return f"at most {high} of the runs" if self.at_least == 0 else f"{low} to {high} of the runs"


EVERY_RUN: Final = RunShare(at_least=1)


class VerdictExpected(Strict):
    """A checker is expected to give a verdict."""

    checker: CheckerName
    verdict: Literal["passed", "failed", "unknown"]
    in_share_of_runs: RunShare = EVERY_RUN
    because: Sentence

    def __str__(self) -> str:
        return f"{self.checker}: {self.verdict}, in {self.in_share_of_runs}"


class MetricExpected(Strict):
    """A figure of a run is expected to lie within bounds; it is named as ``simulate --json`` names it."""

    metric: MetricName
    at_least: Bound | None = None
    at_most: Bound | None = None
    equals: Bound | None = None
    in_share_of_runs: RunShare = EVERY_RUN
    because: Sentence

    @field_validator("metric")
    @classmethod
    def _of_a_checker(cls, metric: str) -> str:
        return of_a_checker(metric)

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.equals is None and self.at_least is None and self.at_most is None:
            raise ValueError("write at_least, at_most or equals")
        if self.equals is not None and (self.at_least is not None or self.at_most is not None):
            raise ValueError("write equals alone, or at_least and at_most")
        if self.at_least is not None and self.at_most is not None and self.at_most < self.at_least:
            raise ValueError(f"at_most {self.at_most:g} is below at_least {self.at_least:g}; swap them")
        return self

    def holds(self, value: float) -> bool:
        """Whether ``value`` lies within the bounds, which belong to them."""
        if self.equals is not None:
            return value == self.equals
        return not (
            (self.at_least is not None and value < self.at_least) or (self.at_most is not None and value > self.at_most)
        )

    @property
    def bounds(self) -> str:
        """The bounds in words."""
        named = (("exactly", self.equals), ("at least", self.at_least), ("at most", self.at_most))
        return " and ".join(f"{word} {value:,.10g}" for word, value in named if value is not None)

    def __str__(self) -> str:
        return f"{self.metric}: {self.bounds}, in {self.in_share_of_runs}"


def _kind(value: Any) -> str | None:
    """Which expectation is meant: told by its first field, so that errors are about that one."""
    given = value if isinstance(value, dict) else dict(value) if isinstance(value, Strict) else {}
    if "metric" in given:
        return "of-metric"
    return "of-checker" if "checker" in given else None


Expectation = Annotated[
    Annotated[VerdictExpected, Tag("of-checker")] | Annotated[MetricExpected, Tag("of-metric")],
    Discriminator(
        _kind,
        custom_error_type="expectation_of_what",
        custom_error_message="say what is expected: checker and verdict, or metric and at_least, at_most or equals",
    ),
]
Expectations = Annotated[tuple[Expectation, ...], Field(max_length=40)]


class Step(Strict):
    """One step of the narration: when it is due, what the presenter says, where to look, what to ask the room."""

    at_s: Seconds | None = None
    on: Literal["start", "end"] | None = None
    say: Sentence
    look_at: Annotated[tuple[LookAt, ...], Field(max_length=8)] = ()
    ask: Annotated[str, Field(max_length=200)] = ""

    @model_validator(mode="after")
    def _due_once(self) -> Self:
        if (self.at_s is None) == (self.on is None):
            raise ValueError("say when it is due: at_s, or on: start, or on: end")
        return self

    @property
    def order(self) -> float:
        """Steps are due in the order of this."""
        if self.at_s is None:
            return -1.0 if self.on == "start" else float("inf")
        return self.at_s


Narration = Annotated[tuple[Step, ...], Field(max_length=30)]


class Fix(Strict):
    """What mends it, as settings by dotted path laid over the scenario; what that costs; what is then expected."""

    title: Annotated[str, Field(min_length=1, max_length=80)]
    price: Sentence
    set: Annotated[dict[str, JsonValue], Field(min_length=1, max_length=40)]
    expect: Expectations = ()


class Prediction(Strict):
    """What the room is asked to guess before the run: a figure of the run, named as ``simulate --json`` names it.

    The answer is ``metric`` times ``times``; guesses lie from 0 to ``most``. ``unit`` stands behind a number.
    """

    ask: Annotated[str, Field(min_length=1, max_length=200)]
    metric: MetricName
    times: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)] = 1.0
    most: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)] = 100.0
    unit: Annotated[str, Field(max_length=30)] = ""

    @field_validator("metric")
    @classmethod
    def _of_a_checker(cls, metric: str) -> str:
        return of_a_checker(metric)


class Lesson(Strict):
    """The scenario's place in a course: its number, the minutes it takes, and what the room is asked first.

    ``predict`` is what people guess on their phones; ``notes`` are for the presenter's screen alone.
    """

    number: Annotated[int, Field(ge=1, le=99)]
    minutes: Annotated[float, Field(gt=0, le=60, allow_inf_nan=False)] = 3.0
    question: Annotated[str, Field(max_length=200)] = ""
    predict: Prediction | None = None
    notes: Annotated[str, Field(max_length=1_000)] = ""
