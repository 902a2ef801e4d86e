"""Registers that many clients use all the time: an order is found where there is one, however many configurations."""

from __future__ import annotations

import random
from typing import Any

import pytest

from consistency_viz.checkers.linearizable_register import LinearizableRegister
from consistency_viz.checkers.linearizable_register.acts import CAS, NEVER, READ, WRITE, Act
from consistency_viz.checkers.linearizable_register.glimpse import has_order
from consistency_viz.checkers.linearizable_register.search import initially, search
from consistency_viz.checkers.registry import check
from consistency_viz.checkers.verdict import Verdict
from tests.checkers.histories import header
from workers.model.observation import Completed, Invoked, Observation

NAMES = {READ: "read", WRITE: "write", CAS: "cas"}


def acts_of(count: int, clients: int, values: int, seed: int = 1, lost: float = 0.0) -> list[Act]:
    """A linearizable history of ``clients`` that always have an operation open; a share of the writes is ``lost``."""
    chance = random.Random(seed)
    now: Any = None
    acts: list[Act] = []
    under_way: list[Act] = []
    position = 0
    while len(acts) < count or under_way:
        if len(acts) < count and len(under_way) < clients:
            acts.append(Act(READ, None, None, position, -1))
            under_way.append(acts[-1])
        else:
            act = under_way.pop(chance.randrange(len(under_way)))
            act.kind, act.completed, new = chance.randrange(3), position, chance.randrange(values)
            act.old = None if act.kind == WRITE else now
            act.new = None if act.kind == READ else new
            now = now if act.kind == READ else new
            if act.kind == WRITE and chance.random() < lost:
                act.completed = NEVER
        position += 1
    return acts


def observations(acts: list[Act]) -> list[Observation]:
    events: list[tuple[int, Any]] = []
    for number, act in enumerate(acts):
        op, f = f"o{number}", NAMES[act.kind]
        argument = {READ: None, WRITE: act.new, CAS: [act.old, act.new]}[act.kind]
        events.append((act.invoked, Invoked(op, op, f, "k", argument, 0)))
        if act.completed != NEVER:
            result = act.old if act.kind == READ else None
            events.append((act.completed, Completed(op, op, f, "k", "ok", result)))
    return [Observation(at, at, "client", body) for at, body in sorted(events, key=lambda event: event[0])]


@pytest.mark.parametrize(("clients", "values"), [(12, 4), (20, 4), (20, 50), (30, 4)])
@pytest.mark.parametrize("lost", [0.0, 0.02])
def test_an_order_of_many_clients_is_found_without_following_all_configurations(
    clients: int, values: int, lost: float
) -> None:
    acts = acts_of(600, clients, values, lost=lost)
    found, steps = has_order(initially(None), acts, 10**9)
    assert found
    assert steps < 60_000
    (result,) = check([LinearizableRegister(header(), steps_max=60_000)], observations(acts))
    assert result.verdict is Verdict.PASSED


def test_what_a_glimpse_finds_the_whole_search_finds_and_what_it_does_not_find_the_whole_search_decides() -> None:
    agreed = {True: 0, False: 0}
    for seed in range(300):
        acts = acts_of(24, 5, 3, seed, lost=0.05)
        spoilt = next((act for act in acts[seed % 20 :] if act.kind == READ), None)
        if spoilt is not None and seed % 2:
            spoilt.old = (spoilt.old or 0) + 1 if seed % 4 == 1 else 7
        whole = search(initially(None), acts, 10**9).state is not None
        found, _ = has_order(initially(None), acts, 10**9)
        assert whole or not found
        agreed[whole] += found == whole
    assert min(agreed.values()) > 60


def test_a_read_of_what_was_never_written_fails_however_many_clients_there_are() -> None:
    acts = acts_of(300, 8, 4)
    spoilt = next(act for act in acts[150:] if act.kind == READ)
    spoilt.old = 99
    (result,) = check([LinearizableRegister(header())], observations(acts))
    assert result.verdict is Verdict.FAILED
    assert "read 99, which nothing had written by then" in result.witnesses[0].text
