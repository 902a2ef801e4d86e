from math import e, exp, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from workers.cluster.latency import LATENCY_MS_MAX, Latency, sampler

GRID = [(n + 0.5) / 20_000 for n in range(20_000)]
U_MAX = 1 - 2**-53
DISK = {
    "kind": "mixture",
    "of": [
        {"weight": 38, "latency": {"kind": "pareto", "scale_ms": 1.05, "shape": 1.51}},
        {"weight": 62, "latency": {"kind": "exponential", "mean_ms": 1 / 0.183}},
    ],
}


def latency(fields):
    return TypeAdapter(Latency).validate_python(fields)


def sampled_ms(fields):
    sample = sampler(latency(fields))
    return [sample(u) / 1_000 for u in GRID]


@pytest.mark.parametrize(
    ("fields", "mean_ms", "quantiles_ms"),
    [
        ({"kind": "constant", "ms": 7}, 7, {0.1: 7, 0.9: 7}),
        ({"kind": "uniform", "low_ms": 10, "high_ms": 30}, 20, {0.25: 15, 0.75: 25}),
        ({"kind": "exponential", "mean_ms": 50, "floor_ms": 10}, 60, {1 - 1 / e: 60, 1 - 1 / e**2: 110}),
        ({"kind": "pareto", "scale_ms": 10, "shape": 3}, 15, {1 - 1 / 8: 20, 1 - 1 / 27: 30}),
        ({"kind": "empirical", "samples_ms": [40, 10, 20, 10]}, 20, {0.2: 10, 0.6: 20, 0.9: 40}),
    ],
)
def test_a_sampler_has_the_mean_and_the_quantiles_of_its_distribution(fields, mean_ms, quantiles_ms):
    assert isclose(sum(sampled_ms(fields)) / len(GRID), mean_ms, rel_tol=0.01)
    sample = sampler(latency(fields))
    for u, ms in quantiles_ms.items():
        assert isclose(sample(u) / 1_000, ms, rel_tol=1e-4)


def test_a_mixture_has_the_distribution_function_of_its_parts_by_weight():
    found_ms = sampled_ms(DISK)
    for x in (1.2, 3.0, 10.0, 40.0):
        expected = 0.38 * (1 - (1.05 / x) ** 1.51) + 0.62 * (1 - exp(-0.183 * x))
        assert abs(sum(ms <= x for ms in found_ms) / len(GRID) - expected) < 0.002


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "exponential", "mean_ms": 600_000, "floor_ms": 600_000},
        {"kind": "pareto", "scale_ms": 600_000, "shape": 0.0001},
        {"kind": "empirical", "samples_ms": [0.0] * 3_999},
        {"kind": "uniform", "low_ms": 0, "high_ms": 600_000},
        DISK,
        {
            "kind": "mixture",
            "of": [{"weight": w, "latency": {"kind": "constant", "ms": w}} for w in (0.1,) * 9 + (1e-9,)],
        },
    ],
)
def test_the_extreme_draws_give_a_latency_within_the_limits(fields):
    sample = sampler(latency(fields))
    for u in (0.0, 2**-53, 0.5, U_MAX):
        assert 0 <= sample(u) <= LATENCY_MS_MAX * 1_000
        assert type(sample(u)) is int


@given(st.floats(0, U_MAX), st.floats(0, U_MAX))
def test_a_larger_draw_never_gives_a_smaller_latency(one, other):
    for fields in ({"kind": "exponential", "mean_ms": 5}, {"kind": "pareto", "scale_ms": 2, "shape": 2}):
        sample = sampler(latency(fields))
        assert sample(min(one, other)) <= sample(max(one, other))


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "constant", "ms": -1},
        {"kind": "constant", "ms": float("nan")},
        {"kind": "constant", "ms": 600_001},
        {"kind": "exponential", "mean_ms": 0},
        {"kind": "pareto", "scale_ms": 1, "shape": 0},
        {"kind": "empirical", "samples_ms": []},
        {"kind": "mixture", "of": []},
        {"kind": "mixture", "of": [{"weight": 0, "latency": {"kind": "constant", "ms": 1}}]},
        {"kind": "mixture", "of": [{"weight": 1, "latency": DISK}]},
        {"kind": "constant", "ms": 1, "unit": "s"},
    ],
)
def test_what_is_no_distribution_is_refused(fields):
    with pytest.raises(ValidationError):
        latency(fields)


def test_the_sampler_of_a_mixture_is_its_quantile_function_prepared_once():
    mixture = latency(DISK)
    sample = sampler(mixture)
    draws = [*GRID[::97], 0.0, 0.38, U_MAX]
    assert [sample(u) for u in draws] == [int(mixture.quantile_ms(u) * 1_000) for u in draws]
