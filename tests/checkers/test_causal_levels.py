"""Levels of registers: against the definition (for each session some order obeys the axiom), and known examples."""

from __future__ import annotations

from functools import partial
from itertools import permutations
from typing import Any

import pytest

from consistency_viz.checkers.registry import check, create
from consistency_viz.checkers.verdict import Result
from tests.checkers.chance import Choose, exhaustive, how_many, seeded
from tests.checkers.histories import header
from tests.checkers.register_histories import INITIAL, Known, Op, history, observations

LEVELS = ("read-committed", "read-atomic", "causal")
make = partial(history, kinds=("txn", "txn", "read", "write"), sizes=(3, 4, 5, 6), cleanliness=30)


def judge(ops: list[Op]) -> Result:
    (result,) = check(create(header(), ["causal"]), observations(ops))
    return result


def broken_outright(known: Known) -> bool:
    """Aborted, intermediate and thin-air reads, and reads that contradict their own operation."""
    for i, key, value, source in known.reads:
        if known.ops[i].outcome != "ok":
            continue
        if source in {"aborted", "thin air"} or (isinstance(source, int) and known.writes(source, key)[-1] != value):
            return True
    for op in known.ops:
        own: dict[str, Any] = {}
        for kind, key, value in op.steps if op.outcome == "ok" else []:
            if kind == "r" and key in own and own[key] != value:
                return True
            if kind == "w":
                own[key] = value
    return False


def holds(known: Known, level: str) -> bool:
    """Causal memory: for what each session read, some order of all that happened obeys the axiom."""
    return all(has_order(known, level, {session}) for session in {op.session for op in known.ops} | {""})


def has_order(known: Known, level: str, sessions: set[str]) -> bool:
    """The definition of Biswas and Enea, for what ``sessions`` read: try every order of what happened."""
    if broken_outright(known):
        return False
    ops = known.ops
    seen = {source for *_, source in known.reads}
    nodes = [i for i, op in enumerate(ops) if op.outcome == "ok" or i in seen]
    reads = [read for read in known.reads if read[0] in nodes and (read[3] == INITIAL or isinstance(read[3], int))]
    forced = {(a, b) for a in nodes for b in nodes if known.session_order(a, b)}
    forced |= {(source, i) for i, _, _, source in reads if source != INITIAL}
    before: set[tuple[Any, Any]] = set(forced)
    for place, (i, key, _, source) in enumerate(reads):
        for t2 in nodes:
            if t2 in {i, source} or not known.writes(t2, key) or ops[i].session not in sessions:
                continue
            if level == "read-committed":
                visible = any(r[0] == i and r[3] == t2 for r in reads[:place])
            elif level == "read-atomic":
                visible = (t2, i) in forced
            else:
                visible = known.before[t2][i]
            if visible:
                before.add((t2, source))
    if any(after == INITIAL for _, after in before):
        return False
    for order in permutations(nodes):
        place_of = {node: n for n, node in enumerate(order)}
        if all(place_of[a] < place_of[b] for a, b in before):
            return True
    return False


def test_levels_are_those_of_the_definition() -> None:
    failed = total = allowed = 0
    for ops in seeded(make, how_many(5_000)):
        known, result = Known(ops), judge(ops)
        expected = [holds(known, level) for level in LEVELS]
        found = [result.metrics["levels"][level] != "failed" for level in LEVELS]
        assert found == expected, ops
        if expected[-1]:
            in_one_order = has_order(known, "causal", {op.session for op in ops})
            assert (result.metrics["convergent"] != "failed") == in_one_order
            assert bool(result.metrics["disagreements"]) == (not in_one_order)
            allowed += not in_one_order
        assert (result.verdict.value == "failed") == (not expected[-1])
        assert bool(result.witnesses) == (not expected[-1])
        failed += not expected[-1]
        total += 1
    assert failed >= total / 3
    assert allowed > 0


def small(choose: Choose) -> list[Op]:
    """Three transactions of up to two steps each, one after the other; what is read was written before, or not."""
    ops: list[Op] = []
    written: dict[str, list[Any]] = {"x": [None], "y": [None]}
    sessions = choose([("a", "b", "b"), ("a", "b", "a"), ("a", "a", "b"), ("a", "b", "c")])
    for number, session in enumerate(sessions):
        steps = []
        for place, step in enumerate(choose(SHAPES[number]).split()):
            kind, key = step
            value = 10 * number + place + 1 if kind == "w" else choose(written[key])
            steps.append((kind, key, value))
        ops.append(Op(f"t{number}", session, "txn", "ok", 2 * number, 2 * number + 1, steps))
        for kind, key, value in steps:
            written[key] += [value] if kind == "w" else []
    return ops


SHAPES = (
    ["wx", "wx wx", "wx wy"],
    ["wx", "wy", "wx wy", "rx wx", "rx wy", "rx ry"],
    ["rx", "rx rx", "rx ry", "ry rx", "wx rx"],
)
"""What each of the three does."""


def test_every_history_of_a_small_scope_has_the_levels_of_the_definition() -> None:
    weakest = dict.fromkeys((*LEVELS, "none"), 0)
    for ops in exhaustive(small):
        known = Known(ops)
        expected = [holds(known, level) for level in LEVELS]
        result = judge(ops)
        assert [result.metrics["levels"][level] != "failed" for level in LEVELS] == expected, ops
        assert (result.verdict.value == "failed") == (not all(expected)), ops
        weakest["none" if all(expected) else LEVELS[expected.index(False)]] += 1
    total = sum(weakest.values())
    assert total > 2_000
    assert total - weakest["none"] >= total / 3
    assert min(weakest.values()) > 20, weakest


def txns(*listed: tuple[str, str]) -> list[Op]:
    """(session, "wx1 rx2 ry-"), one after the other; ``-`` is the initial value, and capitals stand for failed."""
    ops = []
    for number, (session, text) in enumerate(listed):
        steps = [(s[0], s[1], None if s[2] == "-" else int(s[2:])) for s in text.lower().split()]
        outcome = "fail" if text.isupper() else "ok"
        ops.append(Op(f"t{number + 1}", session, "txn", outcome, 2 * number, 2 * number + 1, steps))
    return ops


EXAMPLES = {
    "serial": ([("a", "wx1"), ("b", "rx1 wx2"), ("a", "rx2")], None, []),
    "aborted read": ([("a", "WX1"), ("b", "rx1")], "read-committed", ["AbortedRead"]),
    "intermediate read": ([("a", "wx1 wx2"), ("b", "rx1")], "read-committed", ["IntermediateRead"]),
    "thin air read": ([("a", "wx1"), ("b", "rx7")], "read-committed", ["ThinAirRead"]),
    "own write not read": ([("a", "wx1 rx-")], "read-committed", ["InternalRead"]),
    "back to the old within a transaction": (
        [("a", "wx1"), ("a", "wx2"), ("b", "rx2 rx1")],
        "read-committed",
        ["WriteCORead"],
    ),
    "fractured read": ([("a", "wx1 wy1"), ("b", "rx1 ry-")], "read-committed", ["WriteCOInitRead"]),
    "fractured read, the old one first": ([("a", "wx1 wy1"), ("b", "ry- rx1")], "read-atomic", ["WriteCOInitRead"]),
    "own session's write not read": ([("a", "wx1"), ("a", "rx-")], "read-atomic", ["WriteCOInitRead"]),
    "causality violation": (
        [("a", "wx1"), ("b", "rx1 wy1"), ("c", "ry1"), ("c", "rx-")],
        "causal",
        ["WriteCOInitRead"],
    ),
    "causally overwritten": (
        [("a", "wx1"), ("b", "rx1 wx2 wy1"), ("c", "ry1"), ("c", "rx1")],
        "causal",
        ["WriteCORead"],
    ),
    "causally overwritten, two hops": (
        [("a", "wx1"), ("b", "rx1 wx2"), ("b", "wy1"), ("c", "ry1"), ("c", "rx1")],
        "causal",
        ["WriteCORead"],
    ),
    "concurrent writes in two orders": (
        [("a", "wx1"), ("b", "wx2"), ("c", "rx1"), ("c", "rx2"), ("d", "rx2"), ("d", "rx1")],
        None,
        [],
    ),
    "one session goes back and forth": (
        [("a", "wx1"), ("b", "wx2"), ("c", "rx1"), ("c", "rx2"), ("c", "rx1")],
        "causal",
        ["CyclicHB"],
    ),
    "half of a transaction, and half of an older one": (
        [("a", "wx1 wy1"), ("b", "wx2 wy2"), ("c", "rx2 ry1")],
        "read-atomic",
        ["CyclicHB"],
    ),
    "long fork is causal": ([("a", "wx1"), ("b", "wy1"), ("c", "rx1 ry-"), ("d", "rx- ry1")], None, []),
    "write skew is causal": ([("a", "rx- ry- wx1"), ("b", "rx- ry- wy1")], None, []),
    "lost update is causal": ([("a", "rx- wx1"), ("b", "rx- wx2")], None, []),
    "each reads the other": ([("a", "rx2 wx1"), ("b", "rx1 wx2")], "read-committed", ["CyclicCO"]),
}


def overlapping(ops: list[Op]) -> list[Op]:
    """The same, all begun before the first ends: session order would be lost, so each session has one of them."""
    n = len(ops)
    return [op._replace(begin=i, end=n + i) for i, op in enumerate(ops)]


@pytest.mark.parametrize("name", EXAMPLES)
def test_known_examples(name: str) -> None:
    listed, weakest, patterns = EXAMPLES[name]
    ops = txns(*listed)
    result = judge(overlapping(ops) if name == "each reads the other" else ops)
    assert (result.metrics["weakest_level_broken"], sorted(result.metrics["patterns"])) == (weakest, patterns)
    assert result.verdict.value == ("passed" if weakest is None else "failed")


def test_a_value_written_twice_makes_its_reads_unknown_and_not_wrong() -> None:
    result = judge(txns(("a", "wx1"), ("b", "wx1"), ("a", "rx1")))
    assert (result.verdict.value, result.metrics["reads_unjudged"]) == ("unknown", 1)


def test_without_reads_nothing_is_known() -> None:
    assert judge(txns(("a", "wx1"), ("b", "wx2"))).verdict.value == "unknown"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("lost update is causal", "failed"), ("write skew is causal", "passed"), ("serial", "passed")],
)
def test_of_the_examples_only_the_lost_update_loses_one(name: str, expected: str) -> None:
    (result,) = check(create(header(), ["lost-updates"]), observations(txns(*EXAMPLES[name][0])))
    assert result.verdict.value == expected


@pytest.mark.parametrize(
    "found",
    [
        pytest.param([(1, 2), (2, 1)], id="each found what the other wrote"),
        pytest.param([(5, 5)], id="it wrote what it found"),
        pytest.param([(7, 7), (3, 7)], id="one found what the other wrote, and that found what nobody wrote"),
    ],
)
def test_what_a_timed_out_cas_found_tells_nothing_unless_it_was_seen(found: list[tuple[int, int]]) -> None:
    ops = [
        Op(f"c{place}", f"s{place}", "cas", "info", place, None, [("r", "x", old), ("w", "x", new)])
        for place, (old, new) in enumerate(found)
    ]
    n = len(ops)
    ops += [
        Op("w", "s", "write", "ok", n, n + 1, [("w", "x", 9)]),
        Op("r", "s", "read", "ok", n + 2, n + 3, [("r", "x", 9)]),
    ]
    (result,) = check(create(header(), ["causal"]), observations(ops))
    assert (result.verdict.value, result.metrics["patterns"]) == ("passed", {})


def test_a_cas_does_not_find_what_it_writes_itself() -> None:
    ops = [
        Op("w", "a", "write", "ok", 0, 1, [("w", "x", 1)]),
        Op("c", "b", "cas", "ok", 2, 3, [("r", "x", 1), ("w", "x", 1)]),
        Op("n", "a", "write", "ok", 4, 5, [("w", "x", 2)]),
        Op("r", "b", "read", "ok", 6, 7, [("r", "x", 1)]),
    ]
    (result,) = check(create(header(), ["staleness"]), observations(ops))
    assert (result.verdict.value, result.metrics["reads"], result.metrics["reads_unjudged"]) == ("failed", 2, 0)
