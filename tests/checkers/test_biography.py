"""Conflicts and their biographies: who wrote what, knowing what, which rule decided, and what was lost."""

from __future__ import annotations

from typing import Any

import pytest

from consistency_viz.checkers.biography import LISTED_MAX, Biography
from consistency_viz.checkers.biography.fields import compared
from consistency_viz.experiments import stack
from consistency_viz.experiments.simulations import simulate_once
from consistency_viz.observation.history import HistoryReader
from workers.model.history import Header
from workers.model.observation import Applied, Body, Completed, Faulted, Invoked, Observation


def history(
    *steps: tuple[str, Body], plan: dict[str, Any] | None = None, design: str = "", replicas: str = "eu us"
) -> dict[str, Any]:
    """The document of a history: each step is a node and what happened there, a millisecond after the one before."""
    biography = Biography(Header("s", design, 1, "simulated", replicas.split(), plan=plan or {}))
    for index, (node, body) in enumerate(steps):
        biography.observe(Observation(index, index * 1_000, node, body))
    return biography.document()


def made(
    op: str, f: str, value: Any, update: str, *, base: list[str] | None = None, after: list[str] | None = None
) -> list[tuple[str, Body]]:
    """A client's operation on the key ``k``, acknowledged."""
    argument = {"value": value} | ({} if base is None else {"base": base})
    result = {"update": update} | ({} if after is None else {"after": after})
    session = op.partition("-")[0]
    return [
        ("client", Invoked(op, session, f, "k", argument, 0)),
        ("client", Completed(op, session, f, "k", "ok", result)),
    ]


def at(node: str, update: str, value: Any, kept: list[str] | None = None) -> tuple[str, Body]:
    return node, Applied("k", value, update, 1, kept)


TWO_WRITES = [
    *made("s1-1", "write", "A", "k@eu.1", base=[]),
    *made("s2-1", "write", "B", "k@us.1", base=[]),
    at("eu", "k@eu.1", "A", ["k@eu.1"]),
    at("us", "k@us.1", "B", ["k@us.1"]),
]
LWW = {"entities": {"k": {"type": "lww-register", "clock": "wall"}}}


def only(document: dict[str, Any]) -> dict[str, Any]:
    (conflict,) = document["conflicts"]
    return dict(conflict)


def test_of_two_writes_that_knew_nothing_of_each_other_one_is_lost_and_both_authors_are_told() -> None:
    arrivals = at("eu", "k@us.1", "B", ["k@us.1"]), at("us", "k@eu.1", "B", ["k@us.1"])
    document = history(*TWO_WRITES, *arrivals, plan=LWW)
    assert document["marks"] == {"concurrent": [4, 5], "merge": [], "gone": [6, 7]}
    conflict = only(document)
    assert (conflict["outcome"], conflict["node"], conflict["update"]) == ("overwritten", "eu", "k@us.1")
    assert (conflict["lost"], conflict["lost_for_good"]) == (["k@eu.1"], ["k@eu.1"])
    assert conflict["text"] == "At eu, k@us.1 replaced k@eu.1 of k. In the end no replica has k@eu.1."
    assert [(a["who"], a["did"], a["what"], a["knew"], a["by"]) for a in conflict["authors"]] == [
        ("s1", "wrote", "A", [], "client"),
        ("s2", "wrote", "B", [], "client"),
    ]
    assert [(m["node"], m["outcome"], m["after"], m["index"]) for m in conflict["meetings"]] == [
        ("eu", "overwritten", "B", 6),
        ("us", "discarded", "B", 7),
    ]
    assert conflict["fields"] == [
        {
            "field": "value",
            "before": "A",
            "after": "B",
            "wrote": {"k@eu.1": "A", "k@us.1": "B"},
            "change": "changed",
        }
    ]


def test_a_write_that_knew_the_other_is_no_conflict() -> None:
    first, second = made("s1-1", "write", "A", "k@eu.1", base=[]), made("s2-1", "write", "B", "k@us.1", base=["k@eu.1"])
    both = ["k@eu.1", "k@us.1"]
    document = history(*first, at("eu", "k@eu.1", "A", ["k@eu.1"]), *second, at("eu", "k@us.1", "B", both))
    assert (document["conflicts"], document["total"], document["commuting"]) == ([], 0, 0)


@pytest.mark.parametrize(
    ("f", "first", "second", "outcome"),
    [
        ("increment", 1, 2, None),
        ("add", "milk", "tea", None),
        ("write", "A", "A", None),
        ("write", "A", "B", "merged"),
        ("append", "A", "B", "merged"),
    ],
)
def test_concurrent_updates_are_a_conflict_only_if_they_do_not_commute(
    f: str, first: Any, second: Any, outcome: str | None
) -> None:
    document = history(
        *made("s1-1", f, first, "k@eu.1", after=[]),
        *made("s2-1", f, second, "k@us.1", after=[]),
        at("eu", "k@eu.1", first),
        at("eu", "k@us.1", second),
    )
    assert [conflict["outcome"] for conflict in document["conflicts"]] == ([] if outcome is None else [outcome])
    assert document["commuting"] == int(outcome is None)


@pytest.mark.parametrize(("removed", "is_conflict"), [("milk", True), ("tea", False)])
def test_an_addition_and_a_removal_conflict_if_they_are_about_one_element(removed: str, is_conflict: bool) -> None:
    document = history(
        *made("s1-1", "add", "milk", "k@eu.1", after=[]),
        *made("s2-1", "remove", removed, "k@us.1", after=[]),
        at("eu", "k@eu.1", ["milk"]),
        at("eu", "k@us.1", ["milk"]),
    )
    assert bool(document["conflicts"]) == is_conflict


def test_siblings_are_both_kept_and_each_is_a_row() -> None:
    both = ["k@eu.1", "k@us.1"]
    conflict = only(history(*TWO_WRITES[:4], at("eu", "k@eu.1", ["A"], both[:1]), at("eu", "k@us.1", ["A", "B"], both)))
    assert (conflict["outcome"], conflict["lost"]) == ("siblings", [])
    assert [(row["field"], row["change"]) for row in conflict["fields"]] == [("B", "new"), ("A", "same")]


def test_whose_clock_was_wrong_is_told_where_timestamps_decide() -> None:
    fault = Faulted("f", "clock", "began", ["us"], {"offset_ms": 60_000.0})
    steps = [("", fault), *TWO_WRITES, at("eu", "k@us.1", "B", ["k@us.1"])]
    assert only(history(*steps, plan=LWW))["rule"] == (
        "The write with the later timestamp wins; of two with the same one, the greater replica's. "
        "The clock of us was 60 s ahead."
    )
    over = Faulted("f", "clock", "ended", ["us"])
    assert "clock of us" not in only(history(steps[0], ("", over), *steps[1:], plan=LWW))["rule"]


def test_a_whole_order_that_overwrites_another_takes_its_fields_away() -> None:
    placed, taxed = {"net_cents": 100, "status": "placed"}, {"net_cents": 100, "status": "taxed", "tax_cents": 19}
    validated = {"net_cents": 100, "status": "validated"}
    conflict = only(
        history(
            at("eu", "k:OrderPlaced", placed, ["k:OrderPlaced"]),
            at("eu", "k:OrderTaxed", taxed, ["k:OrderPlaced", "k:OrderTaxed"]),
            at("eu", "k:OrderValidated", validated, ["k:OrderPlaced", "k:OrderValidated"]),
            at("us", "k:OrderTaxed", taxed, ["k:OrderPlaced", "k:OrderTaxed"]),
            design="collisions",
        )
    )
    assert (conflict["rule"], conflict["lost"], conflict["lost_for_good"]) == (
        "The whole order that arrives last is the order.",
        ["k:OrderTaxed"],
        [],
    )
    assert conflict["text"].endswith("In the end only us still has k:OrderTaxed.")
    assert {row["field"]: row["change"] for row in conflict["fields"]} == {
        "status": "changed",
        "tax_cents": "gone",
        "net_cents": "same",
    }


def test_what_arrives_in_one_turn_has_not_met_itself() -> None:
    biography = Biography(Header("s", "", 1, "simulated", ["eu"]))
    applied = [Applied("k", "A", "k@eu.1", 1, ["k@eu.1"]), Applied("k", "B", "k@us.1", 2, ["k@us.1"])]
    steps = [body for _, body in TWO_WRITES[:4]]
    for index, body in enumerate(steps):
        biography.observe(Observation(index, 0, "client", body))
    for index, body in enumerate(applied):
        biography.observe(Observation(4 + index, 9, "eu", body))
    assert biography.document()["total"] == 0


SHIPPED = [
    ("undead-cart-item", {"back"}),
    ("lost-delta", {"gone"}),
    ("clock-from-the-future", {"discarded"}),
    ("sibling-explosion", {"siblings"}),
    ("tax-added-twice", {"again"}),
    ("validation-meets-tax", {"overwritten"}),
    ("the-tie", {"discarded"}),
]


@pytest.mark.parametrize(("name", "outcomes"), SHIPPED, ids=[name for name, _ in SHIPPED])
def test_the_lessons_conflicts_are_found(name: str, outcomes: set[str], tmp_path: Any) -> None:
    document = biography_of(name, tmp_path / "run.jsonl")
    assert outcomes <= set(document["counts"])
    assert sum(document["counts"].values()) == document["total"]
    assert len(document["conflicts"]) == min(LISTED_MAX, document["total"])
    ranks = [conflict["outcome"] in ("siblings", "merged") for conflict in document["conflicts"]]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("name", ["one-truth", "add-against-remove"])
def test_where_nothing_has_to_be_decided_there_is_no_conflict_that_costs_anything(name: str, tmp_path: Any) -> None:
    document = biography_of(name, tmp_path / "run.jsonl")
    assert set(document["counts"]) <= {"merged"}


def biography_of(name: str, path: Any) -> dict[str, Any]:
    scenario = next(one for one in stack.catalogue() if one.name == name)
    simulate_once(scenario, scenario.seed, path, ("divergence",))
    with HistoryReader(path) as reader:
        biography = Biography(reader.header)
        for observation in reader:
            biography.observe(observation)
    return biography.document()


def test_rows_that_differ_come_first_and_absent_is_said() -> None:
    rows = compared({"a": 1, "b": 2}, {"a": 1, "c": [3]}, {"u": {"c": [3]}})
    assert [(row["field"], row["before"], row["after"], row["change"]) for row in rows] == [
        ("b", "2", "nothing", "gone"),
        ("c", "nothing", "[3]", "new"),
        ("a", "1", "1", "same"),
    ]
    assert rows[1]["wrote"] == {"u": "[3]"}
