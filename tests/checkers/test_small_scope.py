"""Every small history of one register, judged by value, against brute force: nothing in this scope is left to chance.

Long mode (``CHECKERS_LONG=1``): one operation more, and each operation once timed out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain, product
from typing import Any

import pytest

from consistency_viz.checkers.registry import check, create
from tests.checkers.histories import header
from tests.checkers.register_histories import Op, observations
from tests.checkers.test_session_guarantees_by_value import REFERENCES, counts, verdict

LONG = bool(os.environ.get("CHECKERS_LONG"))
Step = tuple[str, str, Any]


def sessions(n: int) -> Iterator[tuple[int, ...]]:
    """Every way in which n operations belong to sessions, numbered as they come: 0, then 0 or 1, and so on."""

    def grown(known: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(known) == n:
            yield known
            return
        for session in range(max(known, default=-1) + 2):
            yield from grown((*known, session))

    return grown(())


def times(n: int) -> Iterator[list[tuple[int, int]]]:
    """Every way in which n operations overlap, as (begin, end), in the order in which they begin."""

    def grown(begun: list[list[int]], position: int) -> Iterator[list[tuple[int, int]]]:
        if position == 2 * n:
            yield [(begin, end) for begin, end in begun]
            return
        if len(begun) < n:
            yield from grown([*begun, [position, -1]], position + 1)
        for place, (begin, end) in enumerate(begun):
            if end < 0:
                yield from grown([*begun[:place], [begin, position], *begun[place + 1 :]], position + 1)

    return grown([], 0)


def sequential(n: int) -> list[list[tuple[int, int]]]:
    return [[(2 * i, 2 * i + 1) for i in range(n)]]


def programs(n: int, kinds: str) -> Iterator[list[tuple[str, list[Step]]]]:
    """Every program of n operations: the i-th writes i, and what one reads is any value that is written, or nothing."""
    for shape in product(kinds, repeat=n):
        written = [i + 1 for i, kind in enumerate(shape) if kind != "r"]
        reading = [place for place, kind in enumerate(shape) if kind != "w"]
        for values in product([None, *written], repeat=len(reading)):
            read = dict(zip(reading, values, strict=True))
            program: list[tuple[str, list[Step]]] = []
            for place, kind in enumerate(shape):
                steps: list[Step] = [("r", "x", read[place])] if kind != "w" else []
                steps += [("w", "x", place + 1)] if kind != "r" else []
                program.append(({"r": "read", "w": "write", "c": "cas"}[kind], steps))
            if written and reading:
                yield program


def outcomes(n: int) -> Iterator[list[str]]:
    yield ["ok"] * n
    for place in range(n if LONG else 0):
        yield ["info" if i == place else "ok" for i in range(n)]


def histories(n: int, kinds: str, spans: list[list[tuple[int, int]]]) -> Iterator[list[Op]]:
    for program, placed, owners, ended in product(programs(n, kinds), spans, sessions(n), outcomes(n)):
        yield [
            Op(f"o{i}", f"s{owner}", f, outcome, begin, end, steps)
            for i, ((f, steps), (begin, end), owner, outcome) in enumerate(
                zip(program, placed, owners, ended, strict=True)
            )
        ]


def scope(name: str) -> Iterator[list[Op]]:
    """All with three operations that overlap in any way, and with four or five that do not and could break it."""
    if name == "lost-updates":
        for ops in chain(histories(3, "c", list(times(3))), histories(3, "cw" if LONG else "c", sequential(3))):
            if LONG or all(len(op.steps) == 1 or op.steps[0][2] != op.steps[1][2] for op in ops):
                yield ops
        return
    if name in {"monotonic-writes", "writes-follow-reads"}:
        # Somebody has to read twice what others wrote one after the other.
        for ops in chain(histories(5, "rw", sequential(5)), histories(4, "rwc", sequential(4))):
            if LONG or (ops[-2].f == ops[-1].f == "read" and ops[-2].session == ops[-1].session):
                yield ops
        return
    for ops in chain(histories(3, "rw", list(times(3))), histories(4, "rw", sequential(4))):
        if LONG or name != "monotonic-reads" or _differ(ops):
            yield ops


def _differ(ops: list[Op]) -> bool:
    """Whether some session read two values: else its reads are monotonic in any case."""
    read = {(op.session, op.steps[0][2]) for op in ops if op.f == "read"}
    return len(read) > len({session for session, _ in read})


@pytest.mark.parametrize("name", REFERENCES)
def test_every_small_history_is_judged_as_by_brute_force(name: str) -> None:
    judged = broken = 0
    for ops in scope(name):
        expected = REFERENCES[name](ops)
        (result,) = check(create(header(), [name]), observations(ops))
        assert (counts(result), result.verdict.value) == (expected, verdict(expected, ops)), ops
        judged += expected[0] > 0
        broken += expected[1] > 0
    assert judged >= 20
    assert broken >= judged / 3 or LONG
