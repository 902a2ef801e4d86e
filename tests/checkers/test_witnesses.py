"""A witness is enough, and nothing in it is too much: alone it fails, and without any of its operations it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from consistency_viz.checkers.email_timeliness import EmailTimeliness
from consistency_viz.checkers.registry import Checker, check, create
from consistency_viz.checkers.set_full import SetFull
from consistency_viz.checkers.single_writer import SingleWriter
from consistency_viz.checkers.verdict import Verdict, Witness
from tests.checkers import divergence_histories as divergence
from tests.checkers import invariant_histories as invariants
from tests.checkers import register_histories as registers
from tests.checkers import test_causal_levels as levels
from tests.checkers import test_email_timeliness_properties as mails
from tests.checkers import test_guarantees_by_set as sets_of
from tests.checkers import test_session_guarantees_by_value as values
from tests.checkers import test_single_writer_lanes as lanes
from tests.checkers.chance import Choose, how_many, seeded
from tests.checkers.client_operations import observations, scheduled
from tests.checkers.histories import header
from workers.model.observation import Completed, Invoked, Observation


def sets(choose: Choose) -> list[Observation]:
    arguments = [("read", None), ("read", None), ("add", 1), ("add", 2)]
    results: list[Any] = [[], [1], [1, 2], [2, 2]]
    return observations(scheduled(choose, arguments, results, choose([4, 6, 8]), choose([2, 3])))


def of_operation(body: object) -> str:
    return body.op if isinstance(body, (Invoked, Completed)) else ""


def parts(seen: list[Observation]) -> Iterator[list[Observation]]:
    """Each operation, or other observation, of a witness that is no declaration."""
    names = dict.fromkeys(of_operation(o.body) or str(o.index) for o in seen)
    for name in names:
        yield [o for o in seen if (of_operation(o.body) or str(o.index)) == name]


def of_kind(witness: Witness, kinds: tuple[str, ...]) -> bool:
    return any(kind in witness.text for kind in kinds)


OF_SESSIONS = ("read-your-writes", "monotonic-reads")
OF_THIRD = ("monotonic-writes", "writes-follow-reads")

Case = tuple[Callable[[], Checker], Callable[[Choose], list[Observation]], tuple[str, ...]]
CASES: dict[str, Case] = {
    "set-full": (lambda: SetFull(header("a", "b")), sets, ("lacked",)),
    "single-writer": (lambda: SingleWriter(header("eu")), lanes.small_history, ("came between", "although it was")),
    "email-timeliness": (
        lambda: EmailTimeliness(header(*mails.VIEWS)), mails.history, ("was followed", "mailed again"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_witness_alone_fails_and_no_part_of_it_can_be_left_out(name: str) -> None:
    make, history, kinds = CASES[name]
    tried = 0
    for seen in seeded(history, how_many(400)):
        context = [o for o in seen if o.index == 0 and name == "single-writer"]
        for witness in check([make()], seen)[0].witnesses:
            if not of_kind(witness, kinds):
                continue
            proof = [o for o in seen if o.index in witness.indices and o not in context]
            found = partial(same, make, kinds)
            assert found([*context, *proof]), (witness, seen)
            for part in parts(proof):
                assert not found([*context, *(o for o in proof if o not in part)]), (witness, part, seen)
            tried += 1
    assert tried >= 50


def same(make: Callable[[], Checker], kinds: tuple[str, ...], seen: list[Observation]) -> bool:
    result = check([make()], seen)[0]
    return result.verdict is Verdict.FAILED and any(of_kind(witness, kinds) for witness in result.witnesses)


def by_value(name: str) -> Callable[[Choose], list[Observation]]:
    make = values.made_for(name)
    return lambda choose: registers.observations(make(choose))


def counters(choose: Choose) -> list[Observation]:
    arguments = [("read", None), ("read", None), ("increment", 1), ("increment", 2), ("decrement", 1)]
    return observations(scheduled(choose, arguments, [-1, 0, 1, 2, 3], choose([5, 6, 8]), choose([2, 3])))


def causal(choose: Choose) -> list[Observation]:
    return registers.observations(levels.make(choose))


def two_replicas(choose: Choose) -> list[Observation]:
    return divergence.case(choose, divergence.USUAL._replace(replicas=[2], steps=[4, 8, 12]))[1]


Proof = tuple[str, list[str], Callable[[Choose], list[Observation]]]
MINIMAL: dict[str, Proof] = {
    **{f"{name} by sets": (name, sets_of.REPLICAS, sets_of.made_for(name)) for name in OF_SESSIONS},
    **{f"{name} by values": (name, [], by_value(name)) for name in (*OF_SESSIONS[1:], *OF_THIRD)},
    "orders": ("invariants", invariants.NODES, invariants.orders),
}
"""Of which no operation can be left out, either."""
ENOUGH: dict[str, Proof] = {
    **MINIMAL,
    **{f"{name} by sets": (name, sets_of.REPLICAS, sets_of.made_for(name)) for name in (*OF_THIRD, "causal")},
    "causal by values": ("causal", [], causal),
    "counter": ("counter", [], counters),
    "stocks": ("invariants", invariants.NODES, invariants.stocks),
    "divergence": ("divergence", ["r1", "r2"], two_replicas),
}


@pytest.mark.parametrize("name", ENOUGH)
def test_what_a_witness_names_fails_by_itself(name: str) -> None:
    checker, replicas, make = ENOUGH[name]

    def fails(seen: list[Observation]) -> bool:
        return check(create(header(*replicas), [checker]), seen)[0].verdict is Verdict.FAILED

    tried = 0
    for seen in seeded(make, how_many(300)):
        for witness in check(create(header(*replicas), [checker]), seen)[0].witnesses[:2]:
            proof = [o for o in seen if o.index in witness.indices]
            assert fails(proof), (witness, seen)
            for part in parts(proof) if name in MINIMAL else ():
                if of_operation(part[0].body):
                    assert not fails([o for o in proof if o not in part]), (witness, part, seen)
            tried += 1
    assert tried >= 50
