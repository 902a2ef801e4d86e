"""A run without an end: keys that have settled are put away, come back exactly, and are forgotten in the end."""

from __future__ import annotations

import gc
import os
import random
import tracemalloc
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from consistency_viz.checkers.divergence import Divergence
from consistency_viz.checkers.verdict import Result, Verdict
from tests.checkers.histories import applied, header, history
from tests.checkers.test_divergence_properties import histories
from workers.model.observation import Applied, Observation

REPLICAS = ("r1", "r2", "r3", "r4", "r5")
FACTS = ("OrderPlaced", "OrderValidated", "OrderTaxed", "OrderMailed")
LONG = bool(os.environ.get("CHECKERS_LONG"))


class Folding(Divergence):
    """The checker with little room."""

    def __init__(self, *replicas: str, keys_max: int = 1) -> None:
        super().__init__(header(*replicas), watch=True, keys_max=keys_max)


def run(checker: Divergence, seen: list[Observation]) -> Result:
    for observation in seen:
        checker.observe(observation)
    return checker.finish(seen[-1].at_us if seen else 0)


def without_words(result: Result) -> dict[str, Any]:
    """Verdict, counts and lengths: since when a value is shown is rounded when a key comes back."""
    plain: dict[str, Any] = msgspec.to_builtins(result)
    return {"verdict": plain["verdict"], "reason": plain["reason"], "metrics": plain["metrics"]}


@given(histories())
@settings(max_examples=150, deadline=None)
def test_what_was_put_away_and_comes_back_is_judged_as_if_it_had_been_there(case: tuple[list[str], Any]) -> None:
    replicas, observations = case
    folding, plain = Folding(*replicas), Divergence(header(*replicas), watch=True)
    assert without_words(run(folding, observations)) == without_words(run(plain, observations))
    windows = [[(w.key, w.view, w.scope, w.from_us, w.to_us) for w in one.changes()] for one in (folding, plain)]
    assert windows[0] == windows[1]


def orders(count: int, seed: int = 1) -> Iterator[Observation]:
    """Order after order: each fact reaches one replica after the other, and eight orders at a time are open."""
    chance = random.Random(seed)
    index, number = 0, 0
    under_way: list[tuple[str, list[tuple[str, str]]]] = []
    while index < count:
        while len(under_way) < 8:
            number += 1
            under_way.append((f"s{number}-1", [(fact, r) for fact in FACTS for r in chance.sample(REPLICAS, 5)]))
        key, left = chance.choice(under_way)
        fact, replica = left.pop(0)
        value = {"net_cents": 1_999, "status": fact, "lines": [{"sku": "espresso-cup", "for": key}]}
        yield Observation(index, 100 * index, replica, Applied(key, value, f"{key}:{fact}"))
        index += 1
        under_way = [one for one in under_way if one[1]]


def peak_mib(count: int, keys_max: int | None) -> tuple[float, Divergence]:
    """The most that was held while a stream of orders went by."""
    checker = Divergence(header(*REPLICAS), keys_max=keys_max)
    gc.collect()
    tracemalloc.start()
    for observation in orders(count):
        checker.observe(observation)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 2**20, checker


@pytest.mark.parametrize(("short", "long"), [(5_000, 15_000), *([(100_000, 1_000_000)] if LONG else [])])
def test_memory_does_not_grow_with_the_length_of_a_run(short: int, long: int) -> None:
    keys_max = short // 500
    first, _ = peak_mib(short, keys_max)
    second, checker = peak_mib(long, keys_max)
    assert second < 1.2 * first + 0.2
    result = checker.finish(checker.now_us)
    assert long // 20 <= result.metrics["keys"] <= long // 20 + 8
    assert result.metrics["keys_forgotten"] > 0
    assert "had settled long before were forgotten" in result.reason
    if LONG:
        print(f"{long:,} observations: {second:.1f} MiB, followed to the end {peak_mib(long, None)[0]:.1f} MiB")  # noqa: T201


def test_keys_that_differ_are_never_put_away_and_beyond_a_bound_not_followed() -> None:
    steps = [applied("a", f"k{n}", n, f"u{n}", at=n) for n in range(30)]
    checker = Folding("a", "b", keys_max=2)
    result = run(checker, history(*steps))
    assert (result.verdict, len(checker.open_keys)) == (Verdict.FAILED, 20)
    assert result.metrics["applies_unfollowed"] == 10


def test_where_applies_were_left_out_nothing_is_said_to_have_agreed() -> None:
    steps = [applied("a", f"k{n}", n, f"u{n}", at=n) for n in range(25)]
    steps += [applied("b", f"k{n}", n, f"u{n}", at=100 + n) for n in range(20)]
    result = run(Folding("a", "b", keys_max=2), history(*steps))
    assert (result.verdict, result.applicable) == (Verdict.UNKNOWN, False)
    assert result.reason == "too many keys differed at once: 5 applies were left out"
