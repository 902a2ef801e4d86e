"""The checker against brute force, on generated histories with ties, duplicates, re-applies and membership changes."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency_viz.checkers.divergence import Divergence
from consistency_viz.checkers.verdict import Verdict
from tests.checkers import reference
from tests.checkers.chance import drawn, exhaustive, how_many, seeded
from tests.checkers.divergence_histories import APPLIES, MEMBERS, USUAL, Case, Scope, case
from tests.checkers.histories import header
from workers.model.observation import Applied, Observation

PLACES = [(view, scope) for view in ("value", "updates") for scope in ("all", "live")]


def histories(steps_max: int = 24) -> st.SearchStrategy[Case]:
    """Any case of up to so many steps."""
    return drawn(partial(case, scope=USUAL._replace(steps=range(steps_max + 1))))


def feed(checker: Divergence, observations: list[Observation]) -> list[reference.Found]:
    """Every window as a watcher learns of it, the newest word on each; nothing was asked before the end."""
    for observation in observations:
        checker.observe(observation)
    checker.advance(checker.now_us + 1)
    return told(checker, {})


def told(checker: Divergence, known: dict[Any, reference.Found]) -> list[reference.Found]:
    for w in checker.changes():
        known[w.key, w.view, w.scope, w.from_us] = (w.key, w.view, w.scope, w.from_us, w.to_us, tuple(w.replicas))
    return sorted(known.values(), key=str)


@given(histories())
@settings(max_examples=300, deadline=None)
def test_the_windows_are_those_found_by_brute_force(case: Case) -> None:
    replicas, observations = case
    assert feed(Divergence(header(*replicas), watch=True), observations) == reference.windows(replicas, observations)


@given(histories(), st.integers(0, 5))
@settings(max_examples=200, deadline=None)
def test_counts_lengths_and_verdict_follow_from_those_windows(case: Case, later_us: int) -> None:
    replicas, observations = case
    end_us = (observations[-1].at_us if observations else 0) + later_us
    expected = reference.windows(replicas, observations)
    checker = Divergence(header(*replicas))
    for observation in observations:
        checker.observe(observation)
    result = checker.finish(end_us)
    for view, scope in PLACES:
        mine = [w for w in expected if w[1:3] == (view, scope)]
        figures = result.metrics[view][scope]
        closed = [to_us - from_us for _, _, _, from_us, to_us, _ in mine if to_us is not None]
        assert figures["windows_closed"] == len(closed)
        assert figures["windows_open"] == len(mine) - len(closed)
        assert figures["union_ms"] == reference.union_us(expected, view, scope, end_us) / 1000
        assert figures["keys_diverged_max"] == reference.open_max(expected, view, scope)
        lengths = [(end_us if to_us is None else to_us) - from_us for _, _, _, from_us, to_us, _ in mine]
        assert figures["longest_ms"] == max(lengths, default=0) / 1000
        assert sum(top["windows"] for top in figures["keys_top"]) == len(mine)
        assert round(sum(top["diverged_ms"] for top in figures["keys_top"]) * 1000) == sum(lengths)
    is_open = any(w[2] == "all" and w[4] is None for w in expected)
    seen = any(isinstance(o.body, Applied) and o.node in replicas for o in observations)
    agreed = Verdict.PASSED if seen and len(replicas) > 1 else Verdict.UNKNOWN
    assert result.verdict is (Verdict.FAILED if is_open else agreed)
    assert bool(result.witnesses) == is_open


@given(histories(), st.data())
@settings(max_examples=150, deadline=None)
def test_asking_on_the_way_changes_nothing(case: Case, data: st.DataObject) -> None:
    replicas, observations = case
    cut = data.draw(st.integers(0, len(observations)))
    end_us = observations[-1].at_us if observations else 0
    online, offline = Divergence(header(*replicas), watch=True), Divergence(header(*replicas))
    known: dict[Any, reference.Found] = {}
    for observation in observations[:cut]:
        online.observe(observation)
    next_us = observations[cut].at_us if cut < len(observations) else end_us
    online.advance(next_us)
    told(online, known)
    for view, scope in PLACES:
        online.window_quantiles_ms((0.5, 0.99), next_us, view, scope)  # type: ignore[arg-type]
        online.open_windows(view, scope)  # type: ignore[arg-type]
    for observation in observations[cut:]:
        online.observe(observation)
    for observation in observations:
        offline.observe(observation)
    assert online.finish(end_us) == offline.finish(end_us)
    assert told(online, known) == reference.windows(replicas, observations)


@given(histories(), st.data())
@settings(max_examples=100, deadline=None)
def test_what_is_divergent_at_a_cut_is_what_brute_force_says_of_the_part_before(
    case: Case, data: st.DataObject
) -> None:
    replicas, observations = case
    part = observations[: data.draw(st.integers(0, len(observations)))]
    checker = Divergence(header(*replicas), watch=True)
    feed(checker, part)
    expected = reference.windows(replicas, part)
    for view, scope in PLACES:
        still = sorted(w[0] for w in expected if w[1:3] == (view, scope) and w[4] is None)
        assert sorted(checker.diverged_keys(view, scope)) == still  # type: ignore[arg-type]
        assert sorted(w.key for w in checker.open_windows(view, scope)) == still  # type: ignore[arg-type]
        assert [key for key in ("k", "l") if checker.is_diverged(key, view, scope)] == still  # type: ignore[arg-type]


def test_the_generated_histories_are_worth_it() -> None:
    """Of a fixed sample: the share of histories with windows, with closed ones, and where live differs from all."""
    sample: list[list[reference.Found]] = []

    @given(histories())
    @settings(max_examples=200, deadline=None, derandomize=True, database=None)
    def collect(case: Case) -> None:
        sample.append(reference.windows(*case))

    collect()
    n = len(sample)
    assert sum(bool(found) for found in sample) >= n / 3
    assert sum(any(w[4] is not None for w in found) for found in sample) >= n / 3
    scopes = [
        {scope: [(*w[:2], *w[3:]) for w in found if w[2] == scope] for scope in ("all", "live")} for found in sample
    ]
    assert sum(s["all"] != s["live"] for s in scopes) >= n / 10


def agrees(replicas: list[str], observations: list[Observation]) -> Verdict:
    """Windows and verdict are those of brute force."""
    checker = Divergence(header(*replicas), watch=True)
    expected = reference.windows(replicas, observations)
    assert feed(checker, observations) == expected, observations
    applied = any(isinstance(o.body, Applied) and o.node in replicas for o in observations)
    agreed = Verdict.PASSED if applied and len(replicas) > 1 else Verdict.UNKNOWN
    verdict = Verdict.FAILED if any(w[2] == "all" and w[4] is None for w in expected) else agreed
    result = checker.finish(checker.now_us)
    assert (result.verdict, bool(result.witnesses)) == (verdict, verdict is Verdict.FAILED), observations
    return verdict


def test_many_histories_by_seed_are_judged_as_by_brute_force() -> None:
    found = [agrees(*one) for one in seeded(partial(case, scope=USUAL._replace(steps=[4, 8, 12, 16])), how_many())]
    assert found.count(Verdict.FAILED) * 3 >= len(found)
    assert found.count(Verdict.PASSED) * 10 >= len(found)


@pytest.mark.parametrize(("scope", "n"), [(APPLIES, 16**3), (MEMBERS, 20**3)], ids=["applies", "members"])
def test_every_history_of_a_small_scope_is_judged_as_by_brute_force(scope: Scope, n: int) -> None:
    found = [agrees(*one) for one in exhaustive(partial(case, scope=scope))]
    assert len(found) == n
    assert found.count(Verdict.FAILED) * 3 >= len(found)
