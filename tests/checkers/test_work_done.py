"""What a run did, counted by hand on literal histories."""

from __future__ import annotations

from typing import Any

from consistency_viz.checkers.work_done import WorkDone
from tests.checkers.histories import Step, applied, history, sent
from workers.model.observation import Completed, Delivered, Dropped, Effected, Invoked


def metrics(*steps: Step) -> dict[str, Any]:
    work = WorkDone()
    for observation in history(*steps):
        work.observe(observation)
    return work.metrics()


def invoked(op: str, f: str, *, at: float, intended: float | None = None) -> Step:
    return at, "client", Invoked(op, "s1", f, "k", None, round((at if intended is None else intended) * 1_000))


def completed(op: str, f: str, outcome: Any, *, at: float) -> Step:
    return at, "client", Completed(op, "s1", f, "k", outcome, None)


def test_a_run_in_which_nothing_happened_did_nothing() -> None:
    assert metrics() == {"messages": {}, "operations": {}, "operations_open": 0, "effects": {}}


def test_messages_and_effects_are_counted_by_kind() -> None:
    found = metrics(
        sent("order", at=1),
        (2, "tax", Delivered("m", "topic", "Type", "k", "order", 1_000)),
        (3, "view", Delivered("m", "topic", "Type", "k", "order", 1_000, copy=1)),
        (4, "view", Dropped("m", "topic", "Type", "k", "order", 1_000, "loss")),
        (5, "email", Effected("email", "k", None)),
        (6, "email", Effected("email", "k", None)),
        (7, "email", Effected("call", "k", None)),
        applied("view", "k", 1, "u", at=8),
    )
    assert found["messages"] == {"sent": 1, "delivered": 2, "dropped": 1}
    assert found["effects"] == {"email": 2, "call": 1}


def test_operations_are_counted_by_what_and_how_they_ended_and_open_ones_apart() -> None:
    found = metrics(
        *(invoked(op, "place", at=1) for op in "abcd"),
        invoked("r", "read", at=2),
        completed("a", "place", "ok", at=3),
        completed("b", "place", "fail", at=3),
        completed("c", "place", "info", at=3),
        completed("r", "read", "ok", at=4),
    )
    assert found["operations"] == {"place": {"ok": 1, "fail": 1, "info": 1}, "read": {"ok": 1}}
    assert found["operations_open"] == 1


def test_latency_counts_from_when_it_was_meant_to_begin_and_for_what_was_answered_ok() -> None:
    found = metrics(
        invoked("a", "place", at=30, intended=10),
        completed("a", "place", "ok", at=50),
        invoked("b", "place", at=60),
        completed("b", "place", "fail", at=999),
        invoked("c", "place", at=1_000),
        completed("c", "place", "info", at=6_000),
    )
    assert (found["place_latency_ms_p50"], found["place_latency_ms_p99"]) == (40, 40)


def test_quantiles_are_those_of_the_sorted_latencies() -> None:
    steps: list[Step] = []
    for number in range(1, 101):
        steps += [
            invoked(f"o{number}", "read", at=1_000 * number),
            completed(f"o{number}", "read", "ok", at=1_000 * number + number),
        ]
    found = metrics(*steps)
    assert (found["read_latency_ms_p50"], found["read_latency_ms_p99"]) == (50, 99)
    assert "place_latency_ms_p50" not in found


def test_an_answer_without_a_question_has_no_latency() -> None:
    found = metrics(completed("a", "place", "ok", at=3))
    assert found["operations"] == {"place": {"ok": 1}}
    assert "place_latency_ms_p50" not in found


def test_siblings_are_counted_for_keys_that_are_written_as_a_whole() -> None:
    wrote = (1.0, "client", Invoked("w", "s1", "write", "address-1", "x", 1_000))
    found = metrics(
        applied("eu", "cart-1", ["milk", "tea", "salt"], "u", at=1),
        wrote,
        applied("eu", "address-1", ["x", "y"], "v", at=2),
        applied("us", "address-1", ["y"], "v", at=3),
        applied("us", "cart-1", ["milk", "tea", "salt"], "u", at=4),
    )
    assert found["siblings_max"] == 2


def test_over_all_kinds_of_operation_there_are_the_share_that_succeeded_the_waits_and_the_messages_for_each() -> None:
    found = metrics(
        *((2, "tax", Delivered("m", "topic", "Type", "k", "order", 1_000, copy=n)) for n in range(6)),
        invoked("a", "place", at=10),
        completed("a", "place", "ok", at=50),
        invoked("b", "write", at=10),
        completed("b", "write", "ok", at=30),
        invoked("c", "read", at=10),
        completed("c", "read", "ok", at=15),
        invoked("d", "place", at=10),
        completed("d", "place", "info", at=900),
    )
    assert found["clients"] == {"ended": 4, "ok_share": 0.75, "messages_each": 1.5}
    assert found["updates"] == {"latency_ms_p50": 20, "latency_ms_p99": 40}
    assert found["reads"] == {"latency_ms_p50": 5, "latency_ms_p99": 5}
