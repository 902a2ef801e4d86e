"""Mails against the definitions of premature, phantom, duplicate and missing, read off the whole history at once."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import pytest
from hypothesis import given, settings

from consistency_viz.checkers.email_timeliness import EmailTimeliness
from consistency_viz.checkers.operations import all_operations, updates_of
from consistency_viz.checkers.registry import check
from tests.checkers.chance import Choose, drawn, exhaustive, how_many, seeded
from tests.checkers.histories import header
from workers.model.observation import (
    Applied,
    Body,
    Completed,
    Delivered,
    Dropped,
    Effected,
    Invoked,
    Observation,
    Outcome,
    Sent,
)

VIEWS = ["view-1", "view-2"]
FACTS = ["OrderPlaced", "OrderValidated", "OrderTaxed", "OrderRejected"]
WRONG = ("premature", "phantom", "duplicate", "missing")
KINDS = ("mails_n", *WRONG, "links_n", "links_refused", "never_shown")


class Scope(NamedTuple):
    """From which of its lists something is chosen, step by step."""

    steps: list[int]
    kinds: list[list[str]]
    keys: list[str]
    views: list[str]
    facts: list[list[str]]
    overwrites: list[bool]
    claims: list[list[str]]
    mailers: list[str]
    asked: list[list[str]]
    outcomes: list[Outcome]
    topics: list[str]
    hearers: list[str]


USUAL = Scope(
    [6, 10, 16, 22],
    [["apply", "apply", "mail", "send", "deliver"],
     ["apply", "apply", "apply", "mail", "link", "answer", "send", "deliver"]],
    ["a", "a", "b"], VIEWS, [FACTS[:3], FACTS[:3], FACTS], [False, False, True],
    [FACTS[:1], FACTS[:1], FACTS[:2], FACTS[:3]], ["email", "email", "backup"], [FACTS[:1], FACTS[:3]],
    ["ok", "ok", "ok", "fail"], ["facts", "orders"], ["email", "email", "view-1"],
)  # fmt: skip
LINKS = Scope(
    [4], [["apply", "mail", "link", "answer"]], ["a"], VIEWS, [FACTS[1:3]], [False], [FACTS[1:2], FACTS[1:3]],
    ["email"], [FACTS[1:3]], ["ok", "fail"], [], [],
)  # fmt: skip
"""Mails whose links are followed, or not."""
FLIGHT = Scope(
    [5], [["apply", "mail", "send", "deliver"]], ["a"], VIEWS[:1], [FACTS[1:3]], [False], [FACTS[1:3]], ["email"], [],
    [], ["orders"], ["email"],
)  # fmt: skip
"""Mails that may still come."""


def history(choose: Choose, scope: Scope = USUAL) -> list[Observation]:
    found: list[Observation] = []
    had: dict[tuple[str, str], list[str]] = {}
    open_links: list[tuple[str, str, list[str]]] = []
    under_way: list[tuple[str, str, str]] = []

    def tell(node: str, body: Body) -> None:
        found.append(Observation(len(found), 1_000 * len(found), node, body))

    likely, overwrites, kinds = choose(scope.facts), choose(scope.overwrites), choose(scope.kinds)
    for _ in range(choose(scope.steps)):
        key = choose(scope.keys)
        match choose(kinds):
            case "apply":
                view = choose(scope.views)
                mine = had.setdefault((key, view), [])
                mine.append(f"{key}:{choose(likely)}")
                came_along = choose([[], [], [f"{key}:{fact}" for fact in likely]]) if overwrites else []
                kept = sorted({u for u in [*mine, *came_along] if choose([True, True, False])}) if overwrites else None
                tell(view, Applied(key, {"status": "placed"}, mine[-1], len(mine), kept))
            case "mail":
                claims = [f"{key}:{fact}" for fact in choose(scope.claims)]
                tell(choose(scope.mailers), Effected("email", key, {"claims": claims}))
            case "link":
                view = choose(scope.views)
                op, asked = f"{key}{len(found)}:link", [f"{key}:{fact}" for fact in choose(scope.asked)]
                tell("client", Invoked(op, "s", "read", key, {"version": asked}, 0, view))
                open_links.append((op, key, had.get((key, view), [])))
            case "answer" if open_links:
                op, key, mine = open_links.pop(0)
                outcome = choose(scope.outcomes)
                answer = {"value": None, "seen": sorted(set(mine))} if outcome == "ok" else None
                tell("client", Completed(op, "s", "read", key, outcome, answer))
            case "send":
                under_way.append((f"m{len(found)}", choose(scope.topics), key))
                tell("tax", Sent(*under_way[-1][:2], "OrderTaxed", key, "c"))
            case "deliver" if under_way:
                message, topic, key = choose(under_way)
                fields = (message, topic, "OrderTaxed", key, "tax", 0)
                node = choose(scope.hearers)
                tell(node, choose([Delivered(*fields), Dropped(*fields, "loss")]))
            case _:
                pass
    return found


class Mail(NamedTuple):
    key: str
    claims: frozenset[str]
    index: int


def definition(observations: list[Observation]) -> dict[str, int]:
    mails = [
        Mail(o.body.key, frozenset(o.body.detail["claims"]), o.index)
        for o in observations
        if isinstance(o.body, Effected)
    ]
    first = [m for m in mails if not any(n[:2] == m[:2] and n.index < m.index for n in mails)]
    reads = [op for op in all_operations(observations) if op.f == "read"]
    views = [view for view in VIEWS if view in {read.target for read in reads}] or VIEWS
    links = [r for r in reads if any(m.key == r.key and m.index < r.completed_index for m in first)]
    short = set()
    for link in links:
        known = [m for m in first if m.key == link.key and m.index < link.completed_index]
        asked = [m for m in known if m.claims <= updates_of(link.asked)]
        mail = (asked or known)[-1] if len(known) > 1 else known[0]
        if link.acknowledged and not mail.claims <= updates_of(link.seen):
            short.add(mail)
    late = {m for m in first if any(not m.claims <= applied(observations[: m.index], v, m.key) for v in views)}
    keys = {o.body.key for o in observations if isinstance(o.body, Applied)}
    return {
        "mails_n": len(mails),
        "premature": len(short if links else late),
        "phantom": sum(not m.claims <= survivors(observations, m.key) for m in first),
        "duplicate": len(mails) - len(first),
        "missing": sum(missing(observations, key) for key in keys),
        "links_n": len(links),
        "links_refused": sum(not link.acknowledged for link in links),
        "never_shown": sum(any(not m.claims <= applied(observations, v, m.key) for v in views) for m in first),
    }


def applied(observations: list[Observation], view: str, key: str) -> set[str]:
    bodies = [o.body for o in observations if o.node == view and isinstance(o.body, Applied) and o.body.key == key]
    return {update for body in bodies for update in {body.update} | updates_of(body.kept)}


def survivors(observations: list[Observation], key: str) -> set[str]:
    """What some view's final state has."""
    found = set()
    for view in VIEWS:
        mine = [o.body for o in observations if o.node == view and isinstance(o.body, Applied) and o.body.key == key]
        if mine:
            found |= applied(observations, view, key) if mine[-1].kept is None else updates_of(mine[-1].kept)
    return found


def missing(observations: list[Observation], key: str) -> bool:
    """The order is valid, taxed and not rejected, was not mailed, and no mailer has a message to come."""
    has = survivors(observations, key)
    mailers = {o.node for o in observations if isinstance(o.body, Effected)}
    mailed = any(isinstance(o.body, Effected) and o.body.key == key for o in observations)
    if mailed or not {f"{key}:OrderValidated", f"{key}:OrderTaxed"} <= has or f"{key}:OrderRejected" in has:
        return False
    arrived = [(o.node, o.body) for o in observations if isinstance(o.body, (Delivered, Dropped))]
    for sent in (o.body for o in observations if isinstance(o.body, Sent) and o.body.key == key):
        reached = {node for node, body in arrived if body.message == sent.message}
        hearing = {node for node, body in arrived if body.topic == sent.topic} & mailers
        if not reached or not hearing <= reached:
            return False
    return True


def agrees(observations: list[Observation]) -> dict[str, int]:
    (result,) = check([EmailTimeliness(header(*VIEWS))], observations)
    expected = definition(observations)
    assert {kind: result.metrics[kind] for kind in KINDS} == expected
    broken = sum(expected[kind] for kind in WRONG)
    assert result.verdict.value == ("failed" if broken else "passed" if expected["mails_n"] else "unknown")
    assert len(result.witnesses) + result.witnesses_skipped == broken
    return expected


@pytest.mark.parametrize("scope", [LINKS, FLIGHT], ids=["links", "flight"])
def test_every_history_of_a_small_scope_is_judged_as_defined(scope: Scope) -> None:
    found = [agrees(observations) for observations in exhaustive(partial(history, scope=scope))]
    assert len(found) > 5_000
    assert sum(any(told[kind] for kind in WRONG) for told in found) * 3 >= len(found)
    assert min(sum(told[kind] > 0 for told in found) for kind in WRONG) >= 400


def test_random_histories_by_seed() -> None:
    found = [agrees(observations) for observations in seeded(history, how_many())]
    assert sum(any(told[kind] for kind in WRONG) for told in found) * 3 >= len(found)
    rare = {kind: sum(told[kind] > 0 for told in found) for kind in KINDS}
    assert min(rare.values()) >= 30, rare
    assert sum(told["mails_n"] > 0 and not told["premature"] for told in found) >= 50


@given(observations=drawn(history))
@settings(max_examples=60, deadline=None)
def test_random_histories(observations: list[Observation]) -> None:
    agrees(observations)
