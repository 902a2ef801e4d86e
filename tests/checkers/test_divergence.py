"""Divergence windows on tiny literal histories."""

from __future__ import annotations

from typing import Any

import pytest

from consistency_viz.checkers.divergence import Divergence, Window
from consistency_viz.checkers.divergence.canonical import canonical
from consistency_viz.checkers.registry import check
from consistency_viz.checkers.verdict import REFERENCES_MAX, WITNESSES_MAX, Result, Verdict, Witness
from tests.checkers.histories import Step, applied, changed, header, history, sent
from workers.model.history import Header


def windows(head: Header, *steps: Step, view: str = "value", scope: str = "all") -> list[tuple[str, int, int | None]]:
    """(key, from, to) in milliseconds."""
    checker = Divergence(head, watch=True)
    for observation in history(*steps):
        checker.observe(observation)
    checker.advance(10**9)
    found = [w for w in checker.changes() if (w.view, w.scope) == (view, scope)]
    return [(w.key, w.from_us // 1000, None if w.to_us is None else w.to_us // 1000) for w in found]


def finished(head: Header, *steps: Step, end: float | None = None) -> Result:
    return check([Divergence(head)], history(*steps), None if end is None else round(end * 1000))[0]


AB = header("a", "b")
ABC = header("a", "b", "c")


def test_a_window_lasts_from_the_first_apply_to_the_last() -> None:
    steps = (applied("a", "k", 1, "u", at=2), applied("b", "k", 1, "u", at=5), applied("c", "k", 1, "u", at=9))
    assert windows(ABC, *steps) == [("k", 2, 9)]
    assert windows(ABC, *steps, view="updates") == [("k", 2, 9)]


def test_a_replica_that_never_applied_the_key_differs() -> None:
    assert windows(AB, applied("a", "k", 1, "u", at=2)) == [("k", 2, None)]


def test_absent_and_deleted_are_one_value_but_different_updates() -> None:
    steps = (applied("a", "k", None, "deleted", at=2),)
    assert windows(AB, *steps) == []
    assert windows(AB, *steps, view="updates") == [("k", 2, None)]


def test_values_can_agree_by_luck_while_updates_differ() -> None:
    steps = (applied("a", "k", "x", "u1", at=1), applied("b", "k", "x", "u2", at=3), applied("b", "k", "x", "u1", at=6))
    assert windows(AB, *steps) == [("k", 1, 3)]
    assert windows(AB, *steps, view="updates") == [("k", 1, None)]


def test_equal_updates_can_show_different_values() -> None:
    steps = (applied("a", "k", "x", "u", at=1), applied("b", "k", "y", "u", at=1))
    assert windows(AB, *steps) == [("k", 1, None)]
    assert windows(AB, *steps, view="updates") == []


def test_there_is_no_window_where_replicas_differ_only_within_one_instant() -> None:
    steps = (applied("a", "k", 1, "u", at=2), sent("a", at=2), applied("b", "k", 1, "u", at=2))
    assert windows(AB, *steps) == []


def test_a_window_is_not_cut_where_replicas_agree_only_within_one_instant() -> None:
    steps = (
        *(applied("a", "k", 1, "u1", at=1), applied("b", "k", 1, "u1", at=4), applied("b", "k", 2, "u2", at=4)),
        applied("a", "k", 2, "u2", at=7),
    )
    assert windows(AB, *steps) == [("k", 1, 7)]
    assert windows(AB, *steps, view="updates") == [("k", 1, 7)]


def test_a_duplicate_of_an_update_in_flight_changes_nothing() -> None:
    steps = (applied("a", "k", 1, "u", at=1), applied("a", "k", 1, "u", at=2), applied("b", "k", 1, "u", at=4))
    assert windows(AB, *steps, view="updates") == [("k", 1, 4)]


def test_an_update_applied_again_after_everybody_had_it_changes_nothing() -> None:
    steps = (*(applied(n, "k", 1, f"u{i}", at=i) for i in range(5) for n in "ab"), applied("a", "k", 1, "u2", at=9))
    assert windows(AB, *steps, view="updates") == []


def test_the_order_of_members_is_irrelevant_and_one_is_not_true() -> None:
    assert (
        windows(AB, applied("a", "k", {"x": 1, "y": 2}, "u", at=1), applied("b", "k", {"y": 2, "x": 1}, "u", at=1))
        == []
    )
    assert windows(AB, applied("a", "k", 1, "u", at=1), applied("b", "k", True, "u", at=1)) == [("k", 1, None)]
    assert canonical(2**70) != canonical(2**70 + 1)


def test_nodes_that_are_no_replicas_do_not_count() -> None:
    result = finished(AB, applied("client", "k", 1, "u", at=1))
    assert result.verdict is Verdict.UNKNOWN
    assert (result.metrics["keys"], result.metrics["applies"], result.metrics["applies_elsewhere"]) == (0, 0, 1)


def test_a_replica_that_is_down_leaves_scope_live_and_stays_in_scope_all() -> None:
    steps = (
        *(changed(n, "up", at=0) for n in "abc"),
        *(changed("c", "lost", at=1), applied("a", "k", 1, "u", at=2), applied("b", "k", 1, "u", at=4)),
        *(changed("c", "up", at=6, epoch=1), applied("c", "k", 1, "u", at=9)),
    )
    for view in ("value", "updates"):
        assert windows(ABC, *steps, view=view) == [("k", 2, 9)]
        assert windows(ABC, *steps, view=view, scope="live") == [("k", 2, 4), ("k", 6, 9)]


def test_a_replica_is_live_while_one_of_its_instances_is() -> None:
    steps = (
        *(changed("a", "up", at=0), changed("b", "up", at=0, instance="b.1"), changed("b", "up", at=0, instance="b.2")),
        *(applied("a", "k", 1, "u", at=1), changed("b", "down", at=2, instance="b.1")),
        changed("b", "down", at=5, instance="b.2"),
    )
    assert windows(AB, *steps, scope="live") == [("k", 1, 5)]


def test_fencing_the_instance_of_an_epoch_that_was_replaced_takes_nobody_down() -> None:
    steps = (
        *(changed("a", "up", at=0, epoch=1), changed("b", "up", at=0, epoch=2), changed("b", "lost", at=1, epoch=2)),
        *(changed("b", "up", at=2, epoch=3), changed("b", "fenced", at=3, epoch=2), applied("a", "k", 1, "u", at=4)),
    )
    assert windows(AB, *steps, scope="live") == [("k", 4, None)]


def test_without_any_change_of_a_replica_all_are_live() -> None:
    steps = (changed("client", "up", at=0), applied("a", "k", 1, "u", at=1))
    assert windows(AB, *steps, scope="live") == [("k", 1, None)]


def test_global_divergence_is_the_union_of_the_windows_and_not_their_sum() -> None:
    steps = (
        *(applied("a", "k", 1, "u", at=1), applied("a", "l", 1, "v", at=3), applied("b", "k", 1, "u", at=6)),
        *(applied("a", "m", 1, "w", at=8), applied("b", "l", 1, "v", at=8), applied("b", "m", 1, "w", at=10)),
    )
    figures = finished(AB, *steps, end=20).metrics["value"]["all"]
    assert figures["union_ms"] == 9
    assert figures["keys_diverged_max"] == 2
    assert figures["windows_closed"] == 3
    assert figures["longest_ms"] == 5
    assert figures["keys_top"] == [
        {"key": "l", "diverged_ms": 5.0, "windows": 1},
        {"key": "k", "diverged_ms": 5.0, "windows": 1},
        {"key": "m", "diverged_ms": 2.0, "windows": 1},
    ]


def test_an_open_window_is_censored_and_not_closed_at_the_end() -> None:
    steps = (applied("a", "k", 1, "u", at=1), applied("b", "k", 1, "u", at=3), applied("a", "l", 1, "v", at=4))
    figures = finished(AB, *steps, end=104).metrics["value"]["all"]
    assert (figures["windows_closed"], figures["windows_open"]) == (1, 1)
    assert (figures["union_ms"], figures["longest_ms"], figures["longest_is_open"]) == (102, 100, True)
    assert (figures["window_ms_n"], figures["window_ms_p50"], figures["window_ms_p99"]) == (2, 2, None)


def test_replicas_that_agree_at_the_end_pass() -> None:
    result = finished(AB, applied("a", "k", 1, "u", at=1), applied("b", "k", 1, "u", at=3))
    assert (result.verdict, result.reason) == (Verdict.PASSED, "all 2 replicas agreed on all 1 keys at the end")
    assert result.witnesses == []


@pytest.mark.parametrize(
    ("head", "steps"),
    [(AB, ()), (AB, (sent("a", at=1),)), (header("a"), (applied("a", "k", 1, "u", at=1),)), (header(), ())],
)
def test_without_evidence_the_verdict_is_unknown(head: Header, steps: tuple[Step, ...]) -> None:
    assert finished(head, *steps).verdict is Verdict.UNKNOWN


def test_a_failure_says_which_replica_showed_what_since_when() -> None:
    head = header("view-1", "view-2", started_us=1_000_000)
    steps = (
        applied("view-1", "s1-3", {"status": "placed", "net_cents": 5}, "s1-3:placed", at=1001),
        applied("view-2", "s1-3", {"status": "placed", "net_cents": 5}, "s1-3:placed", at=1002.5),
        applied("view-1", "s1-3", {"status": "taxed", "net_cents": 5}, "s1-3:taxed", at=5210),
    )
    result = finished(head, *steps, end=9000)
    assert result.verdict is Verdict.FAILED
    assert result.witnesses == [
        Witness(
            "key s1-3 still differed when the run ended: view-1 showed status=taxed since 4,210 ms, "
            "view-2 showed status=placed since 2.5 ms; "
            "view-2 had not applied s1-3:taxed, applied elsewhere since 4,210 ms",
            [1, 2],
            ["s1-3", "s1-3:taxed", "s1-3:placed"],
        )
    ]


def test_a_failure_by_luck_of_equal_values_names_the_missing_update() -> None:
    result = finished(AB, applied("a", "k", 1, "u1", at=1), applied("b", "k", 1, "u2", at=2))
    assert len(result.witnesses) == 1
    assert result.witnesses[0].text == (
        "key k showed one value at every replica when the run ended, but by luck: they had not applied the "
        "same updates; b had not applied u1, applied elsewhere since 1 ms; "
        "a had not applied u2, applied elsewhere since 2 ms"
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "nothing"),
        (7, "7"),
        (["x"], '["x"]'),
        ("a\x1b[31m", '"a\\u001b[31m"'),
        ("y" * 500, '"' + "y" * 78 + "\u2026"),
    ],
)
def test_values_in_witnesses_are_short_and_cannot_drive_a_terminal(value: Any, words: str) -> None:
    result = finished(AB, applied("b", "k", "z", "v", at=1), applied("a", "k", value, "u", at=1))
    assert f"a showed {words} since 1 ms" in result.witnesses[0].text


def test_witnesses_are_bounded_and_what_is_left_out_is_counted() -> None:
    many = header(*(f"r{i}" for i in range(40)))
    steps = [applied(f"r{i}", f"k{k}", i, f"u{i}", at=k) for k in range(WITNESSES_MAX + 3) for i in range(40)]
    result = finished(many, *steps)
    assert (len(result.witnesses), result.witnesses_skipped) == (WITNESSES_MAX, 3)
    assert all(len(w.indices) <= REFERENCES_MAX and len(w.ids) <= REFERENCES_MAX for w in result.witnesses)
    assert all(len(w.text) < 1000 for w in result.witnesses)


def test_a_failure_of_the_dead_alone_says_that_the_living_agreed() -> None:
    ups = (changed(n, "up", at=0) for n in "abc")
    steps = (*ups, changed("c", "lost", at=1), *(applied(n, "k", 1, "u", at=2) for n in "ab"))
    assert finished(ABC, *steps).reason.endswith("; the live replicas agreed")


@pytest.mark.parametrize(("dead", "words"), [("b", "only one replica was live"), ("ab", "no replica was live")])
def test_of_fewer_than_two_living_nobody_says_that_they_agreed(dead: str, words: str) -> None:
    ups = (changed(n, "up", at=0) for n in "ab")
    steps = (*ups, applied("a", "k", 1, "u", at=1), *(changed(n, "lost", at=2) for n in dead))
    assert finished(AB, *steps).reason.endswith(f"keys; {words}")


def test_the_end_of_the_run_takes_no_replica_out_of_scope() -> None:
    ends = [changed(n, "down", at=2, reason="the run ended") for n in "ab"]
    result = finished(AB, *(changed(n, "up", at=0) for n in "ab"), applied("a", "k", 1, "u", at=1), *ends)
    assert result.reason.endswith("keys")
    assert result.metrics["value"]["live"]["windows_open"] == 1


def test_a_history_of_nothing_but_the_end_records_no_membership() -> None:
    result = finished(AB, applied("a", "k", 1, "u", at=1), changed("a", "down", at=2, reason="the run ended"))
    assert result.metrics["value"]["live"]["windows_open"] == 1


def test_a_watcher_learns_who_differed_from_the_majority() -> None:
    checker = Divergence(ABC, watch=True)
    for observation in history(applied("a", "k", 1, "u", at=1), sent("a", at=2)):
        checker.observe(observation)
    assert checker.changes()[0] == Window("k", "value", "all", 1000, None, ["a"], ["b", "c"])
    assert checker.open_windows() == [Window("k", "value", "all", 1000, None, ["a"])]
    assert checker.changes() == []


def test_a_watcher_is_not_told_of_the_unheard_where_others_differ_too() -> None:
    checker = Divergence(ABC, watch=True)
    for observation in history(applied("a", "k", 1, "u", at=1), applied("b", "k", 2, "v", at=1), sent("a", at=2)):
        checker.observe(observation)
    assert checker.changes()[0].unheard == []


def test_a_watcher_learns_of_all_where_there_is_no_majority() -> None:
    checker = Divergence(AB, watch=True)
    for observation in history(applied("a", "k", 1, "u", at=1), sent("a", at=2)):
        checker.observe(observation)
    assert checker.changes()[0].replicas == ["a", "b"]


def test_an_instant_that_may_go_on_is_not_judged() -> None:
    checker = Divergence(AB, watch=True)
    first, second = history(applied("a", "k", 1, "u", at=1), applied("b", "k", 1, "u", at=1))
    checker.observe(first)
    checker.advance(1000)
    assert checker.diverged_keys() == []
    checker.observe(second)
    checker.advance(2000)
    assert checker.changes() == []


def test_figures_for_a_page_count_open_windows_to_now() -> None:
    checker = Divergence(AB, watch=True)
    steps = (applied("a", "k", 1, "u", at=1), applied("b", "k", 1, "u", at=3), applied("a", "l", 1, "v", at=4))
    for observation in history(*steps):
        checker.observe(observation)
    checker.advance(9000)
    ledger = checker.ledger("value", "all")
    assert (ledger.open, ledger.closed_us.total, ledger.union_us(9000)) == (1, 1, 7000)
    assert checker.window_quantiles_ms((0.5, 0.99), 9000) == [2, None]


@pytest.mark.parametrize("at", [0.5, 2])
def test_time_that_falls_and_observations_after_the_end_are_refused(at: float) -> None:
    checker = Divergence(AB)
    checker.observe(history(applied("a", "k", 1, "u", at=1))[0])
    if at > 1:
        checker.finish(1000)
    with pytest.raises(ValueError, match=r"fell|after the end"):
        checker.observe(history(applied("a", "k", 1, "u", at=at))[0])


def test_a_history_cannot_end_before_its_last_observation_nor_twice() -> None:
    checker = Divergence(AB)
    checker.observe(history(applied("a", "k", 1, "u", at=1))[0])
    with pytest.raises(ValueError, match="cannot end"):
        checker.finish(999)
    checker.finish(1000)
    with pytest.raises(ValueError, match="finished already"):
        checker.finish(1000)


def test_memory_does_not_grow_with_numbered_updates_that_everybody_has() -> None:
    checker = Divergence(AB)
    for observation in history(*(applied(n, "k", i, f"client-1:{i}", at=i) for i in range(2000) for n in "ab")):
        checker.observe(observation)
    state = checker.keys["k"]
    assert (state.settled.size(), len(state.partial), len(state.origin)) == (1, 0, 0)
