"""The report from arrays against the incremental checker's, and that against brute force elsewhere."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency_viz.checkers.divergence import Divergence, arrays, batch
from consistency_viz.checkers.statistics import EXACT_MAX, LengthCounts
from consistency_viz.checkers.verdict import Verdict
from tests.checkers.histories import applied, changed, header, history
from tests.checkers.test_divergence_properties import histories
from workers.model.observation import Applied, Changed, Observation


def incremental(replicas, observations, end_us):
    checker = Divergence(header(*replicas))
    for observation in observations:
        checker.observe(observation)
    return checker.finish(end_us)


@given(histories(steps_max=40), st.integers(0, 5))
@settings(max_examples=400, deadline=None)
def test_the_report_is_the_incremental_one(case, later_us):
    replicas, observations = case
    end_us = (observations[-1].at_us if observations else 0) + later_us
    assert batch.check(header(*replicas), observations, end_us) == incremental(replicas, observations, end_us)


def test_as_many_points_as_applies_are_not_taken_for_the_applies():
    replicas = ["r1", "r2", "r3"]
    seen = history(
        applied("r3", "k", 1, "u", at=0),
        applied("r2", "l", 1, "u", at=2),
        changed("r1", "up", at=9),
        *(applied(node, "l", 1, "u", at=11) for node in replicas),
    )
    assert batch.check(header(*replicas), seen, 14_000) == incremental(replicas, seen, 14_000)


@given(histories(steps_max=40), st.integers(1, 9))
@settings(max_examples=100, deadline=None)
def test_looking_at_a_few_updates_at_a_time_changes_nothing(case, cells):
    replicas, observations = case
    columns = batch.columns_of(header(*replicas), observations).columns
    whole = arrays.windows(columns)
    kept, arrays._CELLS_MAX = arrays._CELLS_MAX, cells
    try:
        parts = arrays.windows(columns)
    finally:
        arrays._CELLS_MAX = kept
    assert [[np.asarray(field).tolist() for field in one] for one in parts] == [
        [np.asarray(field).tolist() for field in one] for one in whole
    ]


def long_history(members=True):
    """Thousands of lengths, ties, re-applies, keys beyond one witness list, and replicas that come and go."""
    rng = np.random.default_rng(7)
    steps = []
    for number in range(6_000):
        key = f"k{rng.integers(1_500)}"
        start = number * 50
        late = rng.choice([0, 30, 400, 9_000, 200_000], 4) + rng.integers(0, 5_000, 4)
        for replica in range(4):
            if number < 5_500 or rng.random() < 0.9:
                body = Applied(key, int(number), f"{key}@eu.{number}")
                steps.append((start + int(late[replica]), f"r{replica}", body))
        if members and number % 300 == 0:
            state = "up" if rng.random() < 0.7 else "lost"
            steps.append((start, f"r{rng.integers(4)}", Changed(f"x{rng.integers(2)}", state, 0)))
    steps.sort(key=lambda step: step[0])
    return [Observation(index, *step) for index, step in enumerate(steps)]


@pytest.mark.parametrize("members", [True, False])
def test_a_long_history_gives_one_report_too(members):
    replicas = ["r0", "r1", "r2", "r3"]
    observations = long_history(members)
    end_us = observations[-1].at_us + 17
    expected = incremental(replicas, observations, end_us)
    assert batch.check(header(*replicas), observations, end_us) == expected
    assert expected.verdict is Verdict.FAILED
    assert expected.witnesses_skipped > 0
    assert not expected.metrics["updates"]["all"]["window_ms_exact"]
    assert expected.metrics["value"]["live"] != expected.metrics["value"]["all"] or not members


def test_more_keys_than_sixteen_bits_count_are_told_apart():
    observations = history(*[applied("a", f"k{n}", 1, "u", at=n) for n in range(66_000)])
    assert batch.check(header("a", "b"), observations) == incremental(["a", "b"], observations, observations[-1].at_us)


def test_a_key_that_stays_divergent_says_nothing_about_the_next():
    steps = [applied("a", "k", 1, "u", at=1), applied("a", "l", 1, "u", at=2), applied("b", "l", 1, "u", at=3)]
    found = arrays.windows(batch.columns_of(header("a", "b"), history(*steps)).columns)
    for one in found:
        assert [one.key.tolist(), one.from_us.tolist(), one.to_us.tolist()] == [[0, 1], [1_000, 2_000], [-1, 3_000]]
        assert (one.open_max, one.union_us, one.union_from_us) == (2, 2_000, 3_000)


def test_a_replica_that_leaves_between_two_applies_closes_the_window_of_the_live():
    steps = [
        changed("a", "up", at=0),
        changed("b", "up", at=0),
        changed("c", "up", at=0),
        applied("a", "k", 1, "u", at=1),
        applied("b", "k", 1, "u", at=2),
        changed("c", "lost", at=5),
        applied("c", "k", 1, "u", at=9),
    ]
    found = arrays.windows(batch.columns_of(header("a", "b", "c"), history(*steps)).columns)
    assert [(one.from_us.tolist(), one.to_us.tolist()) for one in found] == [
        ([1_000], [9_000]),
        ([1_000], [9_000]),
        ([1_000], [5_000]),
        ([1_000], [5_000]),
    ]


def test_time_that_falls_and_an_end_before_the_last_observation_are_refused():
    observations = history(applied("a", "k", 1, "u", at=2), applied("b", "k", 1, "u", at=1))
    with pytest.raises(ValueError, match="at_us fell from 2000 to 1000"):
        batch.check(header("a", "b"), observations)
    with pytest.raises(ValueError, match="its last observation is at 2000 us"):
        batch.check(header("a", "b"), observations[:1], 1_999)


@given(st.lists(st.integers(0, 10_000_000), max_size=80), st.integers(0, EXACT_MAX * 2))
@settings(max_examples=60, deadline=None)
def test_lengths_counted_at_once_are_those_counted_one_by_one(lengths, more):
    everything = [*lengths, *range(1_000, 1_000 + more)]
    at_once, one_by_one = LengthCounts.counted(Counter(everything).items()), LengthCounts(everything)
    assert at_once.items() == one_by_one.items()
    assert (at_once.total, at_once.exact) == (one_by_one.total, one_by_one.exact)
