"""The checker against brute force, on generated histories with ties, duplicates, re-applies and membership changes."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from consistency_viz.checkers.divergence import Divergence
from consistency_viz.checkers.verdict import Verdict
from tests.checkers import reference
from tests.checkers.histories import header
from workers.model.observation import Applied, Body, Changed, Observation, Sent

PLACES = [(view, scope) for view in ("value", "updates") for scope in ("all", "live")]
VALUES = [None, 1, True, "x", {"a": 1, "b": [2]}, {"b": [2], "a": 1}, {"a": True, "b": [2]}]
NAMES = ["r1", "r2", "r3", "r4"]


@st.composite
def histories(draw: st.DrawFn, steps_max: int = 24) -> tuple[list[str], list[Observation]]:
    """Some replicas, and what they and an outsider did. Now and then replicas catch up with each other on a key."""
    replicas = NAMES[: draw(st.sampled_from([3, 2, 4, 1]))]
    keys = ["k", "l"][: draw(st.integers(1, 2))]
    kinds = draw(st.sampled_from(["aaauuc", "aaauus"]))
    had: dict[tuple[str, str], set[str]] = {}
    at_us = 0
    steps: list[tuple[int, str, Body]] = []
    for _ in range(draw(st.integers(0, steps_max))):
        at_us += draw(st.sampled_from([1, 0, 0, 2, 7]))
        node = draw(st.sampled_from([*replicas, *replicas, "outsider"]))
        kind = draw(st.sampled_from(kinds))
        key = draw(st.sampled_from(keys))
        if kind == "a":
            update = draw(st.sampled_from(["u1", "u2", "u3"]))
            had.setdefault((node, key), set()).add(update)
            value = sorted(had[node, key]) if draw(st.booleans()) else draw(st.sampled_from(VALUES))
            steps.append((at_us, node, Applied(key, value, update)))
        elif kind == "u":
            pause_us = draw(st.sampled_from([1, 0]))
            everything = sorted(set().union(*(had.get((r, key), set()) for r in replicas)))
            for replica in replicas:
                for update in everything:
                    had.setdefault((replica, key), set()).add(update)
                    steps.append((at_us, replica, Applied(key, sorted(had[replica, key]), update)))
                    at_us += pause_us
        elif kind == "c":
            state: Any = draw(st.sampled_from(["up", "up", "up", "down", "lost", "fenced"]))
            instance = f"{node}.{draw(st.integers(1, 2))}"
            reason = draw(st.sampled_from(["", "", "the run ended"]))
            steps.append((at_us, node, Changed(instance, state, draw(st.sampled_from([0, 0, 1])), reason)))
        else:
            steps.append((at_us, node, Sent("m", "t", "T", "k", "c")))
    return replicas, [Observation(index, *step) for index, step in enumerate(steps)]


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
def test_the_windows_are_those_found_by_brute_force(case: tuple[list[str], list[Observation]]) -> None:
    replicas, observations = case
    assert feed(Divergence(header(*replicas), watch=True), observations) == reference.windows(replicas, observations)


@given(histories(), st.integers(0, 5))
@settings(max_examples=200, deadline=None)
def test_counts_lengths_and_verdict_follow_from_those_windows(
    case: tuple[list[str], list[Observation]], later_us: int
) -> None:
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
def test_asking_on_the_way_changes_nothing(case: tuple[list[str], list[Observation]], data: st.DataObject) -> None:
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
    case: tuple[list[str], list[Observation]], data: st.DataObject
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
    def collect(case: tuple[list[str], list[Observation]]) -> None:
        sample.append(reference.windows(*case))

    collect()
    n = len(sample)
    assert sum(bool(found) for found in sample) >= n / 3
    assert sum(any(w[4] is not None for w in found) for found in sample) >= n / 3
    scopes = [
        {scope: [(*w[:2], *w[3:]) for w in found if w[2] == scope] for scope in ("all", "live")} for found in sample
    ]
    assert sum(s["all"] != s["live"] for s in scopes) >= n / 10
