"""Levels of lists: against the definitions, and the anomalies that Adya and Elle name."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from consistency_viz.checkers.registry import check, create
from consistency_viz.checkers.verdict import Result
from tests.checkers.chance import how_many, seeded
from tests.checkers.histories import header
from tests.checkers.list_histories import Known, Txn, history, observations

LEVELS = ("read-committed", "read-atomic", "causal")


def judge(txns: list[Txn]) -> Result:
    (result,) = check(create(header(), ["causal"]), observations(txns))
    return result


@pytest.mark.parametrize("registers", [False, True])
def test_levels_are_those_of_the_definitions(registers: bool) -> None:
    counts = dict.fromkeys(("all", *LEVELS), 0)
    for txns in seeded(partial(history, registers=registers), how_many(3_000)):
        result, known = judge(txns), Known(txns)
        expected = [known.holds(level) for level in LEVELS]
        found = [result.metrics["levels"][level] != "failed" for level in LEVELS]
        assert found == expected, txns
        assert (result.verdict.value == "failed") == (not all(expected))
        assert bool(result.witnesses) == (not all(expected))
        counts["all"] += 1
        for level, holds in zip(LEVELS, expected, strict=True):
            counts[level] += not holds
    assert 2 * counts["all"] > counts["causal"] >= counts["all"] / 3
    assert counts["causal"] > counts["read-atomic"] > counts["read-committed"] > 0


def txns(*listed: tuple[str, str]) -> list[Txn]:
    """(session, "ax1 rx1,2 ry-"), one after the other; capitals stand for failed, ``?`` at the end for a time-out."""
    found = []
    for number, (session, text) in enumerate(listed):
        steps: list[tuple[str, str, Any]] = []
        for word in text.lower().rstrip("?").split():
            elements = [] if word[2:] == "-" else [int(part) for part in word[2:].split(",")]
            steps.append((word[0], word[1], elements if word[0] == "r" else elements[0]))
        outcome = "fail" if text.isupper() else "info" if text.endswith("?") else "ok"
        found.append(Txn(session, outcome, 2 * number, 2 * number + 1, steps))
    return found


def overlapping(listed: list[Txn]) -> list[Txn]:
    """The same, all begun before the first ends."""
    return [txn._replace(begin=i, end=len(listed) + i) for i, txn in enumerate(listed)]


EXAMPLES: dict[str, tuple[list[Txn], str | None, list[str]]] = {
    "serial": (txns(("a", "ax1 ay1"), ("b", "rx1 ax2 rx1,2"), ("a", "rx1,2 ry1")), None, []),
    "nothing read": (txns(("a", "ax1"), ("b", "rx-")), None, []),
    "aborted read (G1a)": (txns(("a", "AX1"), ("b", "rx1")), "read-committed", ["AbortedRead"]),
    "a time-out that happened": (txns(("a", "ax1?"), ("b", "rx1")), None, []),
    "intermediate read (G1b)": (txns(("a", "ax1 ax2"), ("b", "rx1")), "read-committed", ["IntermediateRead"]),
    "element that nobody appended": (txns(("a", "ax1"), ("b", "rx1,7")), "read-committed", ["ThinAirRead"]),
    "element twice": (txns(("a", "ax1"), ("b", "rx1,1")), "read-committed", ["DuplicateElements"]),
    "own append not read": (txns(("a", "ax1 rx-")), "read-committed", ["InternalRead"]),
    "orders that do not agree": (
        txns(("a", "ax1"), ("b", "ax2"), ("c", "rx1,2"), ("d", "rx2,1")),
        "read-committed",
        ["IncompatibleOrder"],
    ),
    "own appends the other way round": (
        txns(("a", "ax1 ax2"), ("b", "rx2,1")),
        "read-committed",
        ["IncompatibleOrder"],
    ),
    "writes interleave (G0)": (
        txns(("a", "ax1 ay1"), ("b", "ax2 ay2"), ("c", "rx1,2"), ("d", "ry2,1")),
        "read-committed",
        ["G0"],
    ),
    "an append in the middle of another's (G0)": (
        txns(("a", "ax1 ax2"), ("b", "ax3"), ("c", "rx1,3,2")),
        "read-committed",
        ["G0"],
    ),
    "information flows on, and not around": (
        overlapping(txns(("a", "ax1 ry1"), ("b", "ax2 ay1"), ("c", "rx2,1"), ("d", "rx-"))),
        None,
        [],
    ),
    "circular information flow through a version (G1c)": (
        overlapping(txns(("a", "ax1 ry1"), ("b", "ax2 ay1"), ("c", "rx1,2"))),
        "read-committed",
        ["G1c"],
    ),
    "each reads the other (G1c)": (
        overlapping(txns(("a", "ax1 ry1"), ("b", "ay1 rx1"))),
        "read-committed",
        ["CyclicCO"],
    ),
    "shorter again in one transaction": (
        txns(("a", "ax1"), ("a", "ax2"), ("b", "rx1,2 rx1")),
        "read-committed",
        ["LostAppend"],
    ),
    "half of a transaction": (txns(("a", "ax1 ay1"), ("b", "ry- rx1")), "read-atomic", ["LostAppend"]),
    "half of a transaction that another followed": (
        txns(("a", "ax1 ay1"), ("b", "ax2"), ("c", "ry- rx1,2")),
        "read-atomic",
        ["LostAppend"],
    ),
    "longer in one transaction": (txns(("a", "ax1"), ("b", "rx- rx1")), "read-atomic", ["LostAppend"]),
    "own session's append is lost": (txns(("a", "ax1"), ("a", "rx-")), "read-atomic", ["LostAppend"]),
    "a session reads backwards": (txns(("a", "ax1"), ("b", "rx1"), ("b", "rx-")), "causal", ["LostAppend"]),
    "answer without its question": (
        txns(("a", "ax1"), ("b", "rx1 ay1"), ("c", "ry1"), ("c", "rx-")),
        "causal",
        ["LostAppend"],
    ),
    "the orders of two keys disagree with the sessions": (
        txns(("a", "ax1"), ("a", "ay1"), ("b", "ay2"), ("b", "ax2"), ("c", "rx2,1"), ("d", "ry1,2")),
        "causal",
        ["G1cSession"],
    ),
    "lost update is causal": (txns(("a", "rx- ax1"), ("b", "rx- ax2"), ("c", "rx1,2")), None, []),
    "write skew is causal": (txns(("a", "rx- ay1"), ("b", "ry- ax1")), None, []),
    "long fork is causal": (txns(("a", "ax1"), ("b", "ay1"), ("c", "rx1 ry-"), ("d", "rx- ry1")), None, []),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_known_examples(name: str) -> None:
    listed, weakest, patterns = EXAMPLES[name]
    result = judge(listed)
    assert (result.metrics["weakest_level_broken"], sorted(result.metrics["patterns"])) == (weakest, patterns)
    assert result.verdict.value == ("passed" if weakest is None else "failed")
    assert Known(listed).holds(weakest or "causal") == (weakest is None)


def test_an_element_that_two_appended_makes_its_reads_unknown_and_not_wrong() -> None:
    result = judge(txns(("a", "ax1"), ("b", "ax1"), ("a", "rx1"), ("b", "rx1,1")))
    assert (result.verdict.value, result.metrics["reads_unjudged"]) == ("unknown", 2)


def test_what_is_no_list_is_not_judged() -> None:
    result = judge([*txns(("a", "ax1")), Txn("b", "ok", 2, 3, [("r", "x", 7)])])
    assert (result.verdict.value, result.metrics["reads_unjudged"]) == ("unknown", 1)


def test_a_key_that_is_written_and_appended_to_is_not_judged() -> None:
    listed = [Txn("a", "ok", 0, 1, [("w", "x", 1)]), Txn("b", "ok", 2, 3, [("a", "x", 2), ("r", "x", [1, 2])])]
    assert judge(listed).verdict.value == "unknown"


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (txns(("a", "rx- ax1"), ("b", "rx- ax2"), ("c", "rx2")), ("failed", 1)),
        (txns(("a", "rx- ax1"), ("b", "rx- ax2"), ("c", "rx1,2")), ("passed", 0)),  # both survive
        (txns(("a", "rx- ax1"), ("b", "rx- ax2")), ("unknown", 0)),  # nobody looked
        (txns(("a", "rx- ax1"), ("b", "rx1 ax2"), ("c", "rx1,2")), ("passed", 0)),
        (txns(("a", "rx- ax1"), ("b", "rx- ax2?"), ("c", "rx1")), ("passed", 0)),  # a time-out is not acknowledged
        (txns(("a", "ax1"), ("b", "ax2"), ("c", "rx2")), ("unknown", 0)),  # blind appends have no base
        (txns(("a", "rx- ax1"), ("b", "rx- ax2"), ("c", "rx- ax3"), ("d", "rx3")), ("failed", 2)),
        # Of the first two it is known before the third is acknowledged.
        (txns(("a", "rx- ax1"), ("b", "rx- ax2"), ("d", "rx2"), ("c", "rx- ax3")), ("failed", 1)),
    ],
)
def test_of_two_that_appended_to_the_same_list_one_may_be_lost(listed: list[Txn], expected: tuple[str, int]) -> None:
    (result,) = check(create(header(), ["lost-updates"]), observations(listed))
    assert (result.verdict.value, result.metrics["lost"]["count"]) == expected
