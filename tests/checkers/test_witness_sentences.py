"""What each checker says when it fails: one sentence that names who, what and when, with ids that the history has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from consistency_viz.checkers.registry import CHECKERS, check, create
from consistency_viz.checkers.verdict import Verdict
from tests.checkers.histories import Step, header, history
from workers.model.observation import Applied, Completed, Effected, Invoked, Observation, Sent

V1, V2 = "view-1", "view-2"
A, B = "17@eu.1", "17@eu.2"


def op(name: str, f: str, at: float, *, to: float | None = None, key: str = "17", **told: Any) -> list[Step]:
    """One operation of the session before the dot: ``argument``, ``result`` and ``target`` if they matter."""
    session, ended = name.split(".", maxsplit=1)[0], at + 1 if to is None else to
    begun = Invoked(name, session, f, key, told.get("argument"), round(at * 1000), told.get("target", ""))
    return [
        (at, "client", begun),
        (ended, "client", Completed(name, session, f, key, told.get("outcome", "ok"), told.get("result"))),
    ]


def wrote(name: str, update: str, at: float, *after: str) -> list[Step]:
    return op(name, "write", at, result={"update": update, "after": list(after)}, target="eu")


def saw(name: str, at: float, target: str, *seen: str) -> list[Step]:
    return op(name, "read", at, result={"value": len(seen), "seen": list(seen)}, target=target)


def has(node: str, update: str, at: float, value: Any = None, key: str = "17", **told: Any) -> Step:
    return at, node, Applied(key, value, update, 1, **told)


def mailed(at: float, *claims: str) -> Step:
    return at, "email", Effected("email", "17", {"claims": list(claims)})


DECLARED: Step = (0, "order", Effected("declares-writers", "orders", {"types": {"OrderPlaced": ["order"]}}))


class Case(NamedTuple):
    checker: str
    steps: list[Step]
    text: str
    indices: list[int]
    ids: list[str]


CASES = [
    Case(
        "divergence",
        [has(V1, A, 1, "new"), has(V2, A, 2, "new"), has(V1, B, 3, "newer")],
        'key 17 still differed when the run ended: view-1 showed "newer" since 3 ms, view-2 showed "new" '
        "since 2 ms; view-2 had not applied 17@eu.2, applied elsewhere since 3 ms",
        [1, 2],
        ["17", "17@eu.2", "17@eu.1"],
    ),
    Case(
        "convergence",
        [has(V1, A, 1, "new"), has(V2, A, 2, "old")],
        'view-1 showed "new" and view-2 showed "old" for 17 at 2 ms, although both had applied the same updates',
        [0, 1],
        ["17", "17@eu.1"],
    ),
    Case(
        "staleness",
        [*wrote("4.1", A, 1), *wrote("5.1", B, 3, A), *saw("6.1", 10, V2, A)],
        "view-2 served 17 at version 1 to session 6 without 17@eu.2, 6 ms after 5.1 of session 5 was acknowledged",
        [2, 3, 4, 5],
        ["5.1", "6.1", "17@eu.2", "17"],
    ),
    Case(
        "staleness",
        [*op("4.1", "write", 1, argument=7), *op("5.1", "write", 3, argument=8), *op("6.1", "read", 10, result=7)],
        "6.1 of session 6 read what 4.1 had written to 17, 6 ms after 5.1 was acknowledged, which came later",
        [0, 1, 2, 3, 4, 5],
        ["4.1", "5.1", "6.1", "17"],
    ),
    Case(
        "read-your-writes",
        [*wrote("4.1", A, 1), *wrote("4.2", B, 3, A), *saw("4.3", 316, V2, A)],
        "view-2 served 17 at version 1 to session 4 without 17@eu.2, 312 ms after that session's write of"
        " it was acknowledged",
        [2, 3, 4, 5],
        ["4.2", "4.3", "17@eu.2", "17"],
    ),
    Case(
        "read-your-writes",
        [*op("4.1", "write", 1, argument=7), *op("4.2", "write", 3, argument=8), *op("4.3", "read", 316, result=7)],
        "4.3 of session 4 read what 4.1 had written to 17, 312 ms after 4.2 of that session, which came "
        "later, was acknowledged",
        [0, 1, 2, 3, 4, 5],
        ["4.1", "4.2", "4.3", "17"],
    ),
    Case(
        "monotonic-reads",
        [*saw("4.1", 1, V1, A, B), *saw("4.2", 21, V2, A)],
        "view-2 served 17 at version 1 to session 4 without 17@eu.2, 20 ms after view-1 had shown it to that session",
        [0, 1, 2, 3],
        ["4.1", "4.2", "17@eu.2", "17"],
    ),
    Case(
        "monotonic-reads",
        [
            *op("5.1", "write", 1, argument=7),
            *op("5.2", "write", 3, argument=8),
            *op("4.1", "read", 5, result=8),
            *op("4.2", "read", 25, result=7),
        ],
        "4.2 of session 4 read the older write 5.1 of 17, 20 ms after 4.1 of that session had read 5.2",
        [0, 1, 2, 3, 4, 5, 6, 7],
        ["5.1", "5.2", "4.1", "4.2", "17"],
    ),
    Case(
        "monotonic-writes",
        [*wrote("4.1", A, 1), *wrote("4.2", B, 3), has(V1, A, 2), has(V1, B, 4), has(V2, B, 5), has(V2, A, 12)],
        "view-2 had 17@eu.2 of session 4 at 5 ms, and 17@eu.1, which was acknowledged to that session "
        "before it began, only 7 ms later",
        [0, 1, 3, 4, 6, 7],
        ["4.1", "4.2", "17@eu.1", "17@eu.2", "17"],
    ),
    Case(
        "monotonic-writes",
        [
            *op("4.1", "write", 1, argument=7),
            *op("4.2", "write", 3, argument=8),
            *op("5.1", "read", 5, result=8),
            *op("5.2", "read", 25, result=7),
        ],
        "5.2 of session 5 read what 4.1 had written to 17, 20 ms after 5.1 had read 4.2 of session 4, "
        "before which that session had written 4.1",
        [0, 1, 2, 3, 4, 5, 6, 7],
        ["4.1", "4.2", "5.1", "5.2", "17"],
    ),
    Case(
        "writes-follow-reads",
        [*wrote("4.1", A, 1), has(V1, A, 2), *saw("5.1", 3, V1, A), *wrote("5.2", B, 5), has(V1, B, 6), has(V2, B, 7)],
        "view-2 had 17@eu.2 of session 5 at 7 ms, and 17@eu.1, which that session had seen before, never",
        [3, 4, 5, 6, 8],
        ["5.1", "5.2", "17@eu.1", "17@eu.2", "17"],
    ),
    Case(
        "writes-follow-reads",
        [
            *op("4.1", "write", 1, argument=7),
            *op("5.1", "read", 3, result=7),
            *op("5.2", "write", 5, argument=8),
            *op("6.1", "read", 7, result=8),
            *op("6.2", "read", 27, result=7),
        ],
        "6.2 of session 6 read what 4.1 had written to 17, 20 ms after 6.1 had read 5.2 of session 5, "
        "before which that session had read 4.1 in 5.1",
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        ["4.1", "5.1", "5.2", "6.1", "6.2", "17"],
    ),
    Case(
        "causal",
        [*wrote("4.1", A, 1), has(V1, A, 2), *wrote("5.1", B, 3, A), has(V1, B, 4), has(V2, B, 5), has(V2, A, 12)],
        "view-2 had 17@eu.2 of session 5 at 5 ms, and 17@eu.1, which was there when it was made, only 7 ms later",
        [3, 4, 6, 7],
        ["5.1", "17@eu.1", "17@eu.2", "17"],
    ),
    Case(
        "causal",
        [
            *op("4.1", "write", 1, argument=7),
            *op("5.1", "read", 3, result=7),
            *op("5.2", "write", 5, argument=8, key="18"),
            *op("6.1", "read", 7, result=8, key="18"),
            *op("6.2", "read", 9),
        ],
        "6.2 of 6 (9 ms to 10 ms) read the initial value of 17 although 4.1 of 4 (1 ms to 2 ms), which "
        "wrote it, was visible to it by way of 5.1, 5.2 and 6.1",
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        ["4.1", "6.2", "5.1", "5.2", "6.1", "17"],
    ),
    Case(
        "lost-updates",
        [
            *wrote("4.1", A, 1),
            has(V1, A, 2, kept=[A]),
            has(V2, A, 2, kept=[A]),
            *wrote("5.1", B, 3),
            has(V1, B, 4, kept=[B]),
            has(V2, B, 5, kept=[B]),
        ],
        "when the run ended, view-1 and view-2 showed 17 without 17@eu.1 of session 4, acknowledged at 2 "
        "ms, and without anything that had seen it",
        [0, 1, 6, 7],
        ["4.1", "17@eu.1", "17"],
    ),
    Case(
        "lost-updates",
        [*op("4.1", "cas", 1, argument=[None, 7]), *op("5.1", "cas", 3, argument=[None, 8])],
        "4.1 of session 4 (acknowledged at 2 ms) and 5.1 of session 5 (acknowledged at 4 ms) both read "
        "the initial value of 17 and wrote it anew: one overwrote the other without having seen it",
        [0, 1, 2, 3],
        ["4.1", "5.1", "17"],
    ),
    Case(
        "linearizable-register",
        [*op("4.1", "write", 1, argument=7), *op("5.1", "write", 3, argument=8), *op("6.1", "read", 10, result=7)],
        "key 17: 6.1 of 6 (10 ms to 11 ms) read 7, but 4.1 of 4 (1 ms to 2 ms) wrote 7; 5.1 of 5 (3 ms to"
        " 4 ms) wrote 8: no order of these that keeps to real time explains it",
        [0, 1, 2, 3, 4, 5],
        ["17", "6.1", "4.1", "5.1"],
    ),
    Case(
        "set-full",
        [*op("4.1", "add", 1, argument="milk"), *op("5.1", "read", 10, result=[])],
        '5.1 of 5 (10 ms to 11 ms) of key 17 lacked "milk", added by 4.1 and known since 2 ms, and no '
        "read that began later had it",
        [0, 1, 2, 3],
        ["17", "4.1", "5.1"],
    ),
    Case(
        "counter",
        [
            *op("4.1", "increment", 1, argument=2),
            *op("5.1", "increment", 3, argument=1),
            *op("6.1", "read", 10, result=1),
        ],
        "6.1 of 6 (10 ms to 11 ms) read 1 of key 17, where only 3 was possible: 4.1 had been acknowledged"
        " before it began",
        [0, 1, 4, 5],
        ["17", "6.1", "4.1"],
    ),
    Case(
        "email-timeliness",
        [has(V1, A, 1), mailed(2, A), has(V2, A, 9)],
        "the mail about 17 was sent at 2 ms, before view-2 showed 17@eu.1: view-2 did 7 ms later",
        [1, 2],
        ["17", "17@eu.1"],
    ),
    Case(
        "email-timeliness",
        [
            has(V1, A, 1),
            mailed(2, A),
            *op("4.1:link", "read", 3, argument={"version": [A]}, result={"value": None, "seen": []}, target=V2),
            has(V2, A, 9),
        ],
        "the link of the mail about 17, sent at 2 ms, was followed (3 ms to 4 ms) at view-2, which did "
        "not show yet 17@eu.1, which the mail claims",
        [1, 2, 3],
        ["17", "4.1:link", "17@eu.1"],
    ),
    Case(
        "email-timeliness",
        [has(V1, A, 1), has(V2, A, 1), mailed(2, A), mailed(7, A)],
        "order 17 was mailed again at 7 ms by email, with what the mail at 2 ms by email had claimed",
        [2, 3],
        ["17", "17@eu.1"],
    ),
    Case(
        "invariants",
        [has(V1, "17@initial", 0, 1), *op("4.1", "buy", 1, argument=1), *op("5.1", "buy", 3, argument=1)],
        "2 of 17 were sold and there were 1: acknowledged, last of all, 4.1 (1 ms to 2 ms) and 5.1 (3 ms to 4 ms)",
        [0, 1, 2, 3, 4],
        ["17", "4.1", "5.1"],
    ),
    Case(
        "invariants",
        [
            (1, "validation", Sent("m1", "facts", "OrderRejected", "17", "c")),
            (3, "validation", Sent("m2", "facts", "OrderValidated", "17", "c")),
        ],
        "order 17 has both verdicts: OrderRejected at validation at 1 ms and OrderValidated at validation at 3 ms",
        [0, 1],
        ["17", "m1", "m2"],
    ),
    Case(
        "invariants",
        [(1, "validation", Sent("m1", "facts", "OrderRejected", "17", "c")), mailed(3, "17:OrderValidated")],
        "order 17 went on after it was rejected at 1 ms: it was mailed by email at 3 ms",
        [0, 1],
        ["17"],
    ),
    Case(
        "single-writer",
        [DECLARED, (2, "tax", Sent("m1", "orders", "OrderPlaced", "17", "c"))],
        "tax sent 1 message of type OrderPlaced on orders, which only order may, first m1 at 2 ms",
        [1],
        ["17", "m1"],
    ),
    Case(
        "causal",
        [*op("4.1", "write", 1, argument=7, outcome="fail"), *op("5.1", "read", 3, result=7)],
        "5.1 of 5 (3 ms to 4 ms) read a value of 17 whose write had failed",
        [2, 3],
        ["5.1", "17"],
    ),
]


def named(observation: Observation) -> Iterator[str]:
    """All that a history calls something."""
    body = observation.body
    for field in ("op", "key", "update", "message"):
        yield getattr(body, field, "")
    for value in (getattr(body, "value", None), getattr(body, "kept", None), getattr(body, "detail", None)):
        yield from re.findall(r"[\w@.:-]+", str(value))


@pytest.mark.parametrize("case", CASES, ids=[f"{case.checker} {place}" for place, case in enumerate(CASES)])
def test_a_failure_is_told_in_one_sentence_with_what_proves_it(case: Case) -> None:
    steps = sorted(case.steps, key=lambda step: step[0])
    seen = history(*steps)
    result = check(create(header(V1, V2), [case.checker]), seen)[0]
    assert result.verdict is Verdict.FAILED
    assert [(w.text, w.indices, w.ids) for w in result.witnesses[:1]] == [(case.text, case.indices, case.ids)]
    spelt = {name for observation in seen for name in named(observation)}
    assert set(case.ids) <= spelt


def test_every_checker_has_its_sentence() -> None:
    assert {case.checker for case in CASES} == set(CHECKERS)


def test_the_documentation_has_every_checker_with_its_sentence() -> None:
    text = (Path(__file__).parents[2] / "docs" / "checkers.md").read_text(encoding="utf-8")
    first = {case.checker: case.text for case in reversed(CASES)}
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert {row.split("`")[1]: row.rsplit(" | ", 1)[1].removesuffix(" |") for row in rows} == first
