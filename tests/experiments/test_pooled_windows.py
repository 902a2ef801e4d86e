"""Windows of many runs as one sample: against the definition over the runs' own lists, and through a row and back."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from consistency_viz.checkers.statistics import Survival
from consistency_viz.experiments.campaign.results import pack, pack_windows, unpack, unpack_windows
from consistency_viz.experiments.pooled_windows import CURVE_POINTS_MAX, PooledWindows, WindowLengths, in_words, thinned
from consistency_viz.experiments.simulations import simulate_once
from consistency_viz.experiments.tally import Tally
from workers.cluster.catalogue import load

lengths_us = st.lists(st.integers(0, 9), max_size=12)
RUNS = st.lists(st.tuples(lengths_us, lengths_us), min_size=1, max_size=6)


def windows(closed: list[int], still_open: list[int]) -> WindowLengths:
    return WindowLengths([(us, closed.count(us)) for us in sorted(set(closed))], sorted(still_open))


@given(RUNS)
def test_the_curve_is_the_product_over_all_runs_of_the_shares_that_went_on(
    runs: list[tuple[list[int], list[int]]],
) -> None:
    pooled = PooledWindows()
    for closed, still_open in runs:
        pooled.add(windows(closed, still_open))
    ended = [us for closed, _ in runs for us in closed]
    seen = ended + [us for _, still_open in runs for us in still_open]
    found = pooled.to_json()
    if not seen:
        assert found is None
        return
    assert found is not None
    expected, share = [], Fraction(1)
    for us in sorted(set(ended)):
        at_risk = sum(other >= us for other in seen)
        share *= 1 - Fraction(ended.count(us), at_risk)
        expected.append((us / 1000, at_risk, float(share)))
    told = [(point["after_ms"], point["at_risk"], point["surviving"]) for point in found["curve"]]
    assert [one[:2] for one in told] == [one[:2] for one in expected]
    assert all(abs(a[2] - b[2]) < 1e-12 for a, b in zip(told, expected, strict=True))
    assert (found["runs"], found["closed"], found["open"]) == (len(runs), len(ended), len(seen) - len(ended))


def test_a_run_that_does_not_say_its_windows_does_not_count() -> None:
    pooled = PooledWindows()
    pooled.add(None)
    assert pooled.to_json() is None
    pooled.add(windows([5_000], []))
    found = pooled.to_json()
    assert found is not None
    assert (found["runs"], found["quantiles"]["p50"]["estimate_ms"]) == (1, 5.0)


@given(st.lists(st.integers(0, 2**50), max_size=40), st.lists(st.integers(0, 2**50), max_size=20))
def test_windows_come_back_from_a_row_as_they_were(closed: list[int], still_open: list[int]) -> None:
    one = windows(closed, still_open)
    assert unpack_windows(pack_windows(one)) == one
    assert unpack_windows(pack_windows(None)) is None


def test_a_long_curve_is_thinned_evenly_and_keeps_its_end() -> None:
    n = 5_000
    curve = [Survival(us, n - us, 1, 1 - (us + 1) / n, 0.0, 0.0, 1.0) for us in range(n)]
    kept = thinned(curve)
    assert len(kept) <= CURVE_POINTS_MAX
    assert (kept[0], kept[-1]) == (curve[0], curve[-1])
    gaps = [a.surviving - b.surviving for a, b in pairwise(kept)]
    assert max(gaps) < 1.1 / (CURVE_POINTS_MAX - 1)


def test_a_summary_pools_the_windows_of_its_runs() -> None:
    scenario = load("validation-meets-tax")
    tally = Tally(scenario)
    closed = still_open = 0
    for seed in (1, 2, 3):
        run = simulate_once(scenario, seed, checkers=["divergence"])
        tally.add(run)
        closed += run.metrics["divergence"]["value"]["all"]["windows_closed"]
        still_open += run.metrics["divergence"]["value"]["all"]["windows_open"]
    found = tally.summary()["windows"]
    assert (found["runs"], found["closed"], found["open"]) == (3, closed, still_open)
    assert still_open > 0
    assert found["curve"][-1]["surviving"] > 0


def test_the_terminal_says_after_which_time_which_share_was_over() -> None:
    pooled = PooledWindows()
    for _ in range(3):
        pooled.add(windows([1_000] * 30 + [2_000_500] * 10, [3_000_000]))
    found = pooled.to_json()
    assert found is not None
    assert in_words(found) == (
        "The 123 divergence windows of 3 runs together, 3 of them still open (Kaplan-Meier): "
        "50 % were over after 1.0 ms (95%: 1.0 to 1.0), 95 % were over after 2,000.5 ms (95%: 2,000.5 to no end seen), "
        "99 % were not over at any time seen."
    )


def test_a_run_that_comes_back_from_its_row_adds_the_same_windows() -> None:
    run = simulate_once(load("validation-meets-tax"), 1, checkers=["divergence"])
    row, layout = pack(1, run)
    assert run.windows is not None
    assert unpack(row, layout, len(run.expectations)).windows == run.windows
