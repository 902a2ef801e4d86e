"""Live checkers: what they keep does not grow with the run, they make nothing up, and with room they are exact."""

from __future__ import annotations

import gc
import os
import types
from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest

from consistency_viz.checkers.live import PerKey
from consistency_viz.checkers.registry import BY_CHAPTER, CHECKERS, PER_KEY, check, create, create_live
from consistency_viz.checkers.set_full import SetFull
from consistency_viz.checkers.verdict import Result, Verdict
from tests.checkers import invariant_histories, register_histories, set_histories
from tests.checkers import test_convergence_properties as convergence_histories
from tests.checkers import test_email_timeliness_properties as email_histories
from tests.checkers.chance import Choose, seeded
from tests.checkers.client_operations import Event, scheduled
from tests.checkers.client_operations import observations as client_history
from tests.checkers.histories import header
from tests.checkers.long_streams import REPLICAS, STREAMS, regions, registers
from workers.model.observation import Observation

LONG: Final = bool(os.environ.get("CHECKERS_LONG"))
LENGTH: Final = 1_000_000 if LONG else 100_000
KEYS_MAX: Final = 200
CHAPTER: Final = 4_000
WHOLE_ORDER: Final = (*BY_CHAPTER, "staleness")
PAIRS: Final = [
    *((name, "orders") for name in ("divergence", "single-writer", "invariants", "email-timeliness", "convergence")),
    *((name, "regions") for name in WHOLE_ORDER),
    *((name, "registers") for name in (WHOLE_ORDER if LONG else ("monotonic-reads", "causal"))),
    *(("staleness", "orders"), ("convergence", "regions"), ("linearizable-register", "registers")),
    *(("set-full", "sets"), ("invariants", "sets"), ("counter", "counters"), ("email-timeliness", "regions")),
]


def held(root: object) -> int:
    """How many objects are kept: all that can be reached, but for code."""
    code = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType)
    seen: set[int] = set()
    stack = [root]
    while stack:
        one = stack.pop()
        if id(one) not in seen and not isinstance(one, code):
            seen.add(id(one))
            stack += gc.get_referents(one)
    return len(seen)


@pytest.mark.parametrize(("name", "stream"), PAIRS)
def test_what_a_live_checker_keeps_does_not_grow_with_the_stream(name: str, stream: str) -> None:
    (checker,) = create_live(header(*REPLICAS), [name], keys_max=KEYS_MAX, chapter=CHAPTER)
    # Looks in each half; not by chapters, so that these are looked at in all their parts.
    places = [round(LENGTH * (3 + 2 * i) / 16) + 997 * i for i in range(6)]
    found = []
    for index, observation in enumerate(STREAMS[stream](LENGTH)):
        checker.observe(observation)
        if index in places:
            found.append(held(checker))
    assert max(found[3:]) <= 1.25 * max(found[:3]) + 500
    result = checker.finish(observation.at_us)
    assert result.checker == name
    if LONG:
        print(f"{name} of {stream}: {found} objects; {result.verdict}: {result.reason}")  # noqa: T201


def by_registers(choose: Choose) -> list[Observation]:
    return register_histories.observations(register_histories.history(choose))


def by_elements(choose: Choose) -> list[Observation]:
    arguments = [("add", 1), ("add", 2), ("remove", 1), ("read", None), ("read", None)]
    return client_history(scheduled(choose, arguments, [[], [1], [2], [1, 2]], 8, 3))


def by_counts(choose: Choose) -> list[Observation]:
    arguments = [("increment", 1), ("decrement", 1), ("read", None)]
    return client_history(scheduled(choose, arguments, [0, 1, 2], 8, 3))


KINDS: Final[dict[str, tuple[list[str], Callable[[Choose], list[Observation]]]]] = {
    "sets of updates": (set_histories.REPLICAS, set_histories.history),
    "registers": ([], by_registers),
    "mails": (list(email_histories.VIEWS), email_histories.history),
    "replicas": (list(convergence_histories.REPLICAS), convergence_histories.history),
    "stocks": (invariant_histories.NODES, invariant_histories.stocks),
    "orders": (invariant_histories.NODES, invariant_histories.orders),
    "elements shown": (invariant_histories.NODES, invariant_histories.elements),
    "elements read": ([], by_elements),
    "counts": ([], by_counts),
}
"""Random small histories: their replicas, and how to make one."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_live_checker_with_hardly_any_room_makes_no_failure_up(kind: str) -> None:
    failed = {"exact": 0, "live": 0}
    replicas, make = KINDS[kind]
    for seen in seeded(make, 20_000 if LONG else 300):
        exact = check(create(header(*replicas)), seen)
        live = check(create_live(header(*replicas), keys_max=1, chapter=6), seen)
        for one, other in zip(exact, live, strict=True):
            failed["exact"] += one.verdict is Verdict.FAILED
            failed["live"] += other.verdict is Verdict.FAILED
            mixed = "is no read, write or cas" in one.reason  # later on, so what was judged before stands
            assert other.verdict is not Verdict.FAILED or one.verdict is Verdict.FAILED or mixed, (one, other, seen)
    assert failed["live"] > 0.2 * failed["exact"] > 0


def plain(result: Result) -> dict[str, Any]:
    """The result, but for what live checkers tell beside."""
    fields: dict[str, Any] = msgspec.to_builtins(result)
    for name in ("keys_put_away", "put_away_within_keys", "observations_left_out", "chapters"):
        fields["metrics"].pop(name, None)
    return fields


@pytest.mark.parametrize("kind", KINDS)
def test_with_room_enough_a_live_checker_is_exact(kind: str) -> None:
    names = [*PER_KEY, *WHOLE_ORDER, "divergence", "single-writer"]
    replicas, make = KINDS[kind]
    for seen in seeded(make, 100):
        exact = check(create(header(*replicas), names), seen)
        live = check(create_live(header(*replicas), names), seen)
        assert list(map(plain, live)) == list(map(plain, exact))


@pytest.mark.parametrize("name", ["read-your-writes", "monotonic-reads", "staleness"])
def test_most_of_what_is_wrong_is_found_in_chapters(name: str) -> None:
    for stream in (regions(40_000, stray=0.3), registers(40_000, stale=0.05)):
        seen = list(stream)
        (exact,) = check(create(header(*REPLICAS), [name]), seen)
        (live,) = check(create_live(header(*REPLICAS), [name], chapter=4_000), seen)
        broken = [result.metrics["violations"]["count"] for result in (live, exact)]
        assert 0.6 * broken[1] <= broken[0] <= broken[1]
        assert live.metrics["chapters"] >= 10
        assert f"{live.metrics['chapters']} chapters" in live.reason


def test_a_key_that_comes_back_is_left_out_and_keeps_the_verdict_open() -> None:
    events: list[Event] = [
        ("invoke", 0, "add", 1),
        ("ok", 0, "add", 1),
        ("invoke", 0, "read", None),
        ("ok", 0, "read", [1]),
    ]
    lost: list[Event] = [("invoke", 0, "read", None), ("ok", 0, "read", [])]
    checker = PerKey(SetFull(header()), keys_max=1)
    first = client_history(events, "a")
    seen = [*first, *client_history(events, "b", len(first))]
    result = check([checker], [*seen, *client_history(lost, "a", 2 * len(first))])[0]
    assert (result.verdict, result.metrics["stable_count"]) == (Verdict.UNKNOWN, 2)
    assert result.metrics["keys_put_away"] == 1
    assert result.reason.startswith("2 observations were left out about keys that came back after they were put away")


def test_keys_of_which_operations_are_open_are_not_put_away_and_beyond_a_bound_not_followed() -> None:
    seen: list[Observation] = []
    for number in range(6):
        seen += client_history([("invoke", number, "add", 1)], f"k{number}", len(seen))
    result = check([PerKey(SetFull(header()), keys_max=1)], seen)[0]
    assert (result.metrics["keys_put_away"], result.metrics["observations_left_out"]) == (0, 2)


def test_every_checker_has_a_live_form() -> None:
    checkers = create_live(header(*REPLICAS))
    assert [checker.finish(0).checker for checker in checkers] == list(CHECKERS)
