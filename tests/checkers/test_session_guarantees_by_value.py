"""Read your writes and monotonic reads of plain registers, against brute force."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency_viz.checkers.registry import check, create
from consistency_viz.checkers.verdict import Result
from tests.checkers.chance import Choose, drawn, how_many, seeded
from tests.checkers.histories import header
from tests.checkers.register_histories import (
    INITIAL,
    MIXED,
    UNKNOWN,
    Known,
    Op,
    Script,
    history,
    in_one_order,
    observations,
)
from workers.model.observation import Invoked

Counts = tuple[int, int, int]
"""Reads judged, reads that broke the guarantee, reads that cannot be judged."""


def read_your_writes(ops: list[Op]) -> Counts:
    known = Known(ops)
    judged = broken = unjudged = 0
    for i, key, _, source in known.reads:
        own = [w for w in range(len(ops)) if known.session_order(w, i) and known.writes(w, key)]
        if ops[i].outcome != "ok" or not own:
            continue
        if source != INITIAL and not isinstance(source, int):
            unjudged += 1
            continue
        judged += 1
        broken += any(known.older(source, w) for w in own)
    return judged, broken, unjudged


def monotonic_reads(ops: list[Op]) -> Counts:
    known = Known(ops)
    reads = [read for read in known.reads if ops[read[0]].outcome == "ok"]
    judged = broken = unjudged = 0
    for place, (i, key, _, source) in enumerate(reads):
        earlier = [r for n, r in enumerate(reads) if r[1] == key and ops[r[0]].session == ops[i].session]
        earlier = [r for r in earlier if known.session_order(r[0], i) or (r[0] == i and reads.index(r) < place)]
        seen = [r[3] for r in earlier if r[3] == INITIAL or isinstance(r[3], int)]
        if source != INITIAL and not isinstance(source, int):
            unjudged += bool(earlier)
            continue
        unjudged += len(seen) < len(earlier)
        judged += bool(seen)
        writes = [r for r in earlier if isinstance(r[3], int) and r[3] != INITIAL]
        forward = [b for b in writes if not any(known.older(b[3], c[3]) for c in writes)]  # what went back left nothing
        left = any(a[3] == source != b[3] and known.session_order(a[0], b[0]) for a in writes for b in forward)
        broken += left or any(w != INITIAL and known.older(source, w) for w in seen)
    return judged, broken, unjudged


def staleness(ops: list[Op]) -> Counts:
    known = Known(ops)
    judged = broken = unjudged = 0
    for i, key, value, source in known.reads:
        committed = [w for w in range(len(ops)) if known.writes(w, key) and known.ends(w) < ops[i].begin]
        if ops[i].outcome != "ok" or not committed:
            continue
        if source in {"aborted", "thin air"}:
            unjudged += 1
            continue
        if source == UNKNOWN:
            sources = [w for w in range(len(ops)) if value in known.writes(w, key) and ops[w].outcome != "fail"]
            sources = [w for w in sources if w != i and ops[w].begin < known.ends(i)] + (
                [INITIAL] if value is None else []
            )
        else:
            sources = [source]
        stale = [any(known.older(s, w) for w in committed) for s in sources]
        judged += all(stale) or not any(stale)
        unjudged += any(stale) and not all(stale)
        broken += all(stale)
    return judged, broken, unjudged


def lost_updates(ops: list[Op]) -> Counts:
    known = Known(ops)

    def base(i: int, key: str) -> list[Any]:
        """What an operation read of a key first, and whose write that was."""
        return next(([source, value] for j, k, value, source in known.reads if (j, k) == (i, key)), [])

    judged = broken = unjudged = 0
    for i, op in enumerate(ops):
        for key in {k for kind, k, _ in op.steps if kind == "w"}:
            mine = base(i, key)
            if op.outcome != "ok" or not mine:
                continue
            if mine[0] != INITIAL and not isinstance(mine[0], int):
                unjudged += 1
                continue
            judged += 1
            earlier = [j for j in range(i) if ops[j].outcome == "ok" and known.writes(j, key)]
            broken += mine in [base(j, key) for j in earlier]
    return judged, broken, unjudged


def owed_in_session(known: Known, w: int) -> set[int]:
    return {v for v in range(len(known.ops)) if known.session_order(v, w) and known.written_by(v)}


def owed_by_reads(known: Known, w: int) -> set[int]:
    """Grown until nothing is added: what was read by the operation, or earlier in its session, and so on."""
    owed: set[int] = set()
    while True:
        readers = {r for v in {w} | owed for r in range(len(known.ops)) if r == v or known.session_order(r, v)}
        more = {r[3] for r in known.reads if r[0] in readers and isinstance(r[3], int)}
        if more <= owed:
            return owed
        owed |= more


def third_sessions(ops: list[Op], owed_for: Callable[[Known, int], set[int]]) -> Counts:
    known = Known(ops)
    reads = [read for read in known.reads if ops[read[0]].outcome == "ok"]
    judged = broken = unjudged = 0
    for place, (i, key, _, source) in enumerate(reads):
        is_owed = is_broken = False
        for n, (j, other, _, second) in enumerate(reads):
            if not (known.session_order(j, i) or (j == i and n < place)) or not isinstance(second, int):
                continue
            if ops[second].session == ops[i].session:
                continue
            for first in owed_for(known, second):
                if known.writes(first, key):
                    is_owed = True
                    same = source == first and other == key and second != first
                    is_broken |= (source == INITIAL or isinstance(source, int)) and (same or known.older(source, first))
        is_sourced = source == INITIAL or isinstance(source, int)
        judged += is_owed and is_sourced
        unjudged += is_owed and not is_sourced
        broken += is_broken
    return judged, broken, unjudged


REFERENCES = {
    "read-your-writes": read_your_writes,
    "monotonic-reads": monotonic_reads,
    "staleness": staleness,
    "lost-updates": lost_updates,
    "monotonic-writes": partial(third_sessions, owed_for=owed_in_session),
    "writes-follow-reads": partial(third_sessions, owed_for=owed_by_reads),
}


KINDS = {
    "lost-updates": ("cas", "cas", "cas", "txn", "write"),
    "monotonic-reads": ("read", "read", "read", "write"),
    "monotonic-writes": ("read", "read", "write"),
    "writes-follow-reads": ("read", "read", "write", "cas"),
}
"""Of which operations histories are made such that a third breaks the guarantee."""


SCRIPTS: dict[str, Script] = {
    "monotonic-writes": [("s1", ["write"])] * 3 + [("s2", ["read"])] * 10,
    "writes-follow-reads": [
        ("s1", ["write"]), ("s2", ["read"]), ("s2", ["read"]), ("s2", ["cas", "write"]), *[("s3", ["read"])] * 9,
    ],
}  # fmt: skip
"""Of these guarantees a third session has to see two writes, one after the other, in the wrong order."""

LONG = (10, 12, 14)
SIZES = {"monotonic-reads": LONG, "monotonic-writes": LONG, "writes-follow-reads": LONG}


def made_for(name: str) -> Callable[[Choose], list[Op]]:
    return partial(
        history,
        kinds=KINDS.get(name, MIXED),
        sizes=SIZES.get(name, (6, 7, 8, 9, 10)),
        keys=(1, 1, 1, 1, 1, 2) if name in SCRIPTS else (1, 1, 2),
        cleanliness=50 if name in SCRIPTS else 12,
        script=SCRIPTS.get(name, ()),
    )


def counts(result: Result) -> Counts:
    if result.checker == "lost-updates":
        return result.metrics["judged"], result.metrics["lost"]["count"], result.metrics["updates_unjudged"]
    return result.metrics["reads"], result.metrics["violations"]["count"], result.metrics["reads_unjudged"]


def verdict(found: Counts, ops: list[Op]) -> str:
    judged, broken, unjudged = found
    if broken:
        assert not in_one_order(ops)  # what is linearizable breaks no weaker guarantee
        return "failed"
    if unjudged:
        return "passed" if in_one_order(ops) else "unknown"
    return "passed" if judged else "unknown"


@pytest.mark.parametrize("name", REFERENCES)
def test_random_histories_by_seed(name: str) -> None:
    broken = judged = total = 0
    for ops in seeded(made_for(name), how_many(5_000)):
        expected = REFERENCES[name](ops)
        (result,) = check(create(header(), [name]), observations(ops))
        assert (counts(result), result.verdict.value) == (expected, verdict(expected, ops)), ops
        broken += expected[1] > 0
        judged += expected[0] > 0
        total += 1
    assert judged > broken >= total / 3


@pytest.mark.parametrize("name", REFERENCES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_random_histories(name: str, data: st.DataObject) -> None:
    ops = data.draw(drawn(made_for(name)))
    expected = REFERENCES[name](ops)
    (result,) = check(create(header(), [name]), observations(ops))
    assert (counts(result), result.verdict.value) == (expected, verdict(expected, ops))


def test_who_reads_the_newest_write_again_after_a_stale_read_goes_forward() -> None:
    answers = [("w1", "write", 0, 1, 1), ("w2", "write", 2, 3, 2), ("new", "read", 4, 5, 2), ("old", "read", 6, 7, 1)]
    ops = [
        Op(name, "writer" if f == "write" else "reader", f, "ok", begin, end, [(f[0], "x", value)])
        for name, f, begin, end, value in [*answers, ("again", "read", 8, 9, 2)]
    ]
    (result,) = check(create(header(), ["monotonic-reads"]), observations(ops))
    assert [witness.ids for witness in result.witnesses] == [["w1", "w2", "new", "old", "x"]]


@pytest.mark.parametrize("name", ["monotonic-writes", "writes-follow-reads"])
@pytest.mark.parametrize(("asked", "verdict"), [("view-1", "failed"), ("view-2", "unknown"), ("", "unknown")])
def test_what_one_replica_shows_is_not_owed_by_another(name: str, asked: str, verdict: str) -> None:
    second = "writer" if name == "monotonic-writes" else "follower"
    steps = [("w1", "writer", "w", 1), ("saw", second, "r", 1), ("w2", second, "w", 2), ("new", "reader", "r", 2)]
    ops = [
        Op(op, session, "write" if f == "w" else "read", "ok", 2 * place, 2 * place + 1, [(f, "x", value)])
        for place, (op, session, f, value) in enumerate([*steps, ("old", "reader", "r", 1)])
    ]
    targets = {"new": "view-1", "old": asked}
    seen = [
        msgspec.structs.replace(one, body=msgspec.structs.replace(one.body, target=targets.get(one.body.op, "")))
        if isinstance(one.body, Invoked)
        else one
        for one in observations(ops)
    ]
    (result,) = check(create(header(), [name]), seen)
    assert result.verdict.value == verdict


def test_two_values_of_one_transaction_are_two_bases() -> None:
    steps = [[("w", "x", 1), ("w", "x", 2)], [("r", "x", 1), ("w", "x", 3)], [("r", "x", 2), ("w", "x", 4)]]
    ops = [Op(f"t{n}", f"s{n}", "txn", "ok", 2 * n, 2 * n + 1, found) for n, found in enumerate(steps)]
    (result,) = check(create(header(), ["lost-updates"]), observations(ops))
    assert (result.verdict.value, result.metrics["lost"]["count"]) == ("passed", 0)
