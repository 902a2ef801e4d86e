"""Latency distributions: what a scenario may say, and the sampler that it means.

A sampler maps one uniform number in [0, 1) to a latency in whole microseconds by inverting the distribution function,
so a latency is as reproducible as the draw that it came from.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate
from math import log
from typing import Annotated, Literal

from pydantic import Field, model_validator

from workers.cluster.schema.strict import Strict

Sampler = Callable[[float], int]
LATENCY_MS_MAX = 600_000.0
Milliseconds = Annotated[float, Field(ge=0, le=LATENCY_MS_MAX, allow_inf_nan=False)]
PositiveMilliseconds = Annotated[float, Field(gt=0, le=LATENCY_MS_MAX, allow_inf_nan=False)]


class Constant(Strict):
    """Always ``ms``."""

    kind: Literal["constant"]
    ms: Milliseconds

    def quantile_ms(self, u: float) -> float:
        """The latency below which a share ``u`` lies."""
        return self.ms


class Uniform(Strict):
    """Equally likely anywhere between ``low_ms`` and ``high_ms``."""

    kind: Literal["uniform"]
    low_ms: Milliseconds
    high_ms: Milliseconds

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        if self.high_ms < self.low_ms:
            raise ValueError(f"high_ms {self.high_ms:g} is below low_ms {self.low_ms:g}; swap them")
        return self

    def quantile_ms(self, u: float) -> float:
        """The latency below which a share ``u`` lies."""
        return self.low_ms + u * (self.high_ms - self.low_ms)


class Exponential(Strict):
    """``floor_ms`` plus an exponential of mean ``mean_ms``."""

    kind: Literal["exponential"]
    mean_ms: PositiveMilliseconds
    floor_ms: Milliseconds = 0.0

    def quantile_ms(self, u: float) -> float:
        """The latency below which a share ``u`` lies."""
        return self.floor_ms - self.mean_ms * log(1.0 - u)


class Pareto(Strict):
    """``floor_ms`` plus a Pareto tail: at least ``scale_ms``, heavier the smaller ``shape`` is."""

    kind: Literal["pareto"]
    scale_ms: PositiveMilliseconds
    shape: Annotated[float, Field(gt=0, le=1_000, allow_inf_nan=False)]
    floor_ms: Milliseconds = 0.0

    def quantile_ms(self, u: float) -> float:
        """The latency below which a share ``u`` lies."""
        exponent = -log(1.0 - u) / self.shape
        return self.floor_ms + self.scale_ms * 2.718281828459045**exponent if exponent < 700 else LATENCY_MS_MAX


class Empirical(Strict):
    """One of the measured ``samples_ms``, each equally likely."""

    kind: Literal["empirical"]
    samples_ms: Annotated[tuple[Milliseconds, ...], Field(min_length=1, max_length=4_000)]

    def quantile_ms(self, u: float) -> float:
        """The sample at share ``u`` of the sorted samples."""
        return sorted(self.samples_ms)[int(u * len(self.samples_ms))]


Part = Annotated[Constant | Uniform | Exponential | Pareto | Empirical, Field(discriminator="kind")]


class Component(Strict):
    """One part of a mixture, drawn with probability proportional to ``weight``."""

    weight: Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]
    latency: Part


class Mixture(Strict):
    """One of several distributions, chosen by weight; the draw is then reused, rescaled, within the chosen one."""

    kind: Literal["mixture"]
    of: Annotated[tuple[Component, ...], Field(min_length=1, max_length=16)]

    def bounds(self) -> list[float]:
        """Where each part ends, as shares of all draws, rising to 1."""
        total = sum(part.weight for part in self.of)
        return list(accumulate(part.weight / total for part in self.of))

    def quantile_ms(self, u: float) -> float:
        """A latency for the draw ``u``: not the mixture's quantile, but distributed as the mixture."""
        bounds = self.bounds()
        index = min(bisect_right(bounds, u), len(bounds) - 1)
        low = bounds[index - 1] if index else 0.0
        return self.of[index].latency.quantile_ms(min((u - low) / (bounds[index] - low), 1.0 - 2.0**-53))


Latency = Annotated[Constant | Uniform | Exponential | Pareto | Empirical | Mixture, Field(discriminator="kind")]


def sampler(latency: Latency) -> Sampler:
    """The function from a uniform draw to microseconds, at most ``LATENCY_MS_MAX``."""
    if isinstance(latency, Constant):
        fixed_us = round(latency.ms * 1_000)
        return lambda u: fixed_us
    if isinstance(latency, Uniform):
        low_us, span_us = latency.low_ms * 1_000, (latency.high_ms - latency.low_ms) * 1_000
        return lambda u: int(low_us + u * span_us)
    if isinstance(latency, Empirical):
        sorted_us = [int(ms * 1_000) for ms in sorted(latency.samples_ms)]
        return lambda u: sorted_us[int(u * len(sorted_us))]
    if isinstance(latency, Exponential):
        floor_us, mean_us, most_us = latency.floor_ms * 1_000, latency.mean_ms * 1_000, LATENCY_MS_MAX * 1_000
        if floor_us - mean_us * log(2.0**-53) < most_us:
            return lambda u: int(floor_us - mean_us * log(1.0 - u))
        return lambda u: int(min(floor_us - mean_us * log(1.0 - u), most_us))
    quantile_ms = _prepared(latency) if isinstance(latency, Mixture) else latency.quantile_ms
    return lambda u: int(min(quantile_ms(u), LATENCY_MS_MAX) * 1_000)


def _prepared(mixture: Mixture) -> Callable[[float], float]:
    """``mixture.quantile_ms`` with the weights added up once: it is asked for every message."""
    bounds = mixture.bounds()
    parts = [
        (low, high - low, part.latency.quantile_ms)
        for low, high, part in zip((0.0, *bounds), bounds, mixture.of, strict=False)
    ]
    last = len(parts) - 1

    def quantile_ms(u: float) -> float:
        low, width, of_part = parts[min(bisect_right(bounds, u), last)]
        return of_part(min((u - low) / width, 1.0 - 2.0**-53))

    return quantile_ms
