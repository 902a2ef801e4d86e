"""A key on which operations of two kinds meet, such as a counter that is also written: no checker blames one kind."""

from __future__ import annotations

from typing import Any

import pytest

from consistency_viz.checkers.registry import check, create
from tests.checkers.histories import header
from workers.model.observation import Completed, Invoked, Observation

Done = tuple[str, Any, Any]
"""f, argument and result of an operation on ``x``, each after the one before; a transaction names its keys itself."""

WRITE: Done = ("write", 5, None)
WRITTEN_TOO: Done = ("txn", [["w", "x", 5]], [["w", "x", 5]])
WRONG: Done = ("read", None, 77)


def observations(operations: list[Done]) -> list[Observation]:
    seen: list[Any] = []
    for place, (f, argument, result) in enumerate(operations):
        op, key = f"o{place}", "" if f == "txn" else "x"
        seen += [Invoked(op, f"s{place}", f, key, argument, 0), Completed(op, f"s{place}", f, key, "ok", result)]
    return [Observation(index, 1000 * index, "client", body) for index, body in enumerate(seen)]


@pytest.mark.parametrize(
    ("checker", "operations", "verdict", "reason"),
    [
        ("linearizable-register", [WRITTEN_TOO, ("read", None, 5)], "unknown", "no write or cas in this history"),
        (
            "linearizable-register",
            [("write", 1, None), WRITTEN_TOO, ("cas", [5, 6], None), ("read", None, 6)],
            "unknown",
            "1 of 1 keys were not judged: o1 (txn) is no read, write or cas of it",
        ),
        (
            "linearizable-register",
            [WRITE, ("increment", 1, None), ("read", None, 6)],
            "unknown",
            "1 of 1 keys were not judged: o1 (increment) is no read, write or cas of it",
        ),
        (
            "counter",
            [WRITE, ("increment", 1, None), ("read", None, 6)],
            "unknown",
            "o0 wrote the counter x: what it may be from then on is not known",
        ),
        (
            "counter",
            [("increment", 1, None), ("read", None, 1), WRITTEN_TOO, ("read", None, 5)],
            "unknown",
            "o2 wrote the counter x: what it may be from then on is not known",
        ),
        (
            "counter",
            [("increment", 1, None), WRONG, WRITE, ("read", None, 5)],
            "failed",
            "1 of 1 read returned what cannot have been",
        ),
        (
            "set-full",
            [("add", 1, None), ("read", None, [1]), ("write", [2], None), ("read", None, [2])],
            "unknown",
            "o2 wrote the set x: what is in it then is not known",
        ),
    ],
)
def test_a_key_of_two_kinds_is_not_judged_as_one(
    checker: str, operations: list[Done], verdict: str, reason: str
) -> None:
    (result,) = check(create(header(), [checker]), observations(operations))
    assert (result.verdict.value, result.reason) == (verdict, reason)
