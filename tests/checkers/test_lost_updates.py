"""Intent loss by hand: who overwrote what, and whether it had seen it."""

from consistency_viz.checkers.lost_updates import LostUpdates
from consistency_viz.checkers.registry import check
from consistency_viz.checkers.verdict import Verdict
from tests.checkers.histories import header, history
from workers.model.observation import Applied, Completed, Invoked

FIRST, SECOND = "k@eu.1", "k@eu.2"


def write(name, update, *, at, base=None, after=()):
    argument = {"value": name} if base is None else {"value": name, "base": base}
    return [
        (at, "client", Invoked(name, f"session of {name}", "write", "k", argument, round(at * 1000), "eu")),
        (
            at + 1,
            "client",
            Completed(name, f"session of {name}", "write", "k", "ok", {"update": update, "after": [*after]}),
        ),
    ]


def everywhere(update, kept, *, at):
    return [(at, node, Applied("k", update, update, 1, kept)) for node in ("eu", "us")]


def judged(*parts):
    steps = sorted((step for part in parts for step in part), key=lambda step: step[0])
    return check([LostUpdates(header("eu", "us"))], history(*steps))[0]


def lost(result):
    return result.metrics["intent_loss"]["count"]


def test_a_blind_write_loses_what_its_replica_had_applied_and_its_client_never_saw():
    result = judged(
        write("first", FIRST, at=1), everywhere(FIRST, [FIRST], at=2),
        write("second", SECOND, at=5, after=[FIRST]), everywhere(SECOND, [SECOND], at=6),
    )  # fmt: skip
    assert (result.verdict, lost(result)) == (Verdict.FAILED, 1)
    assert result.witnesses[0].ids == ["first", FIRST, "k"]


def test_a_write_whose_client_had_seen_the_other_loses_nothing():
    result = judged(
        write("first", FIRST, at=1), everywhere(FIRST, [FIRST], at=2),
        write("second", SECOND, at=5, base=[FIRST], after=[FIRST]), everywhere(SECOND, ["k@eu.1-2"], at=6),
    )  # fmt: skip
    assert (result.verdict, lost(result)) == (Verdict.PASSED, 0)


def test_of_two_writes_from_one_base_the_one_that_was_overwritten_is_lost_and_told_with_its_twin():
    result = judged(
        write("first", FIRST, at=1, base=[]), everywhere(FIRST, [FIRST], at=2),
        write("second", SECOND, at=5, base=[], after=[FIRST]), everywhere(SECOND, [SECOND], at=6),
    )  # fmt: skip
    assert (lost(result), result.metrics["lost_from_one_base"]) == (1, 1)
    assert result.witnesses[0].text == (
        "when the run ended, eu and us showed k without k@eu.1 of session session of first, acknowledged at 2 ms, and "
        "without anything that had seen it; k@eu.2 of session session of second was made from the same version"
    )


def test_siblings_and_updates_that_are_kept_whole_lose_nothing():
    both = ["k@eu.1-2"]
    parts = [write("first", FIRST, at=1), everywhere(FIRST, [FIRST], at=2), write("second", SECOND, at=5)]
    assert lost(judged(*parts, everywhere(SECOND, both, at=6))) == 0
    assert lost(judged(*parts, everywhere(SECOND, None, at=6))) == 0


def test_one_replica_that_still_shows_it_has_not_lost_it():
    parts = [write("first", FIRST, at=1), everywhere(FIRST, [FIRST], at=2), write("second", SECOND, at=5)]
    at_us = [(6, "us", Applied("k", SECOND, SECOND, 2, [SECOND])), (6, "eu", Applied("k", FIRST, SECOND, 2, [FIRST]))]
    assert lost(judged(*parts, at_us)) == 0


def test_an_update_under_way_is_not_lost():
    result = judged(write("first", FIRST, at=1), everywhere(FIRST, [FIRST], at=2)[:1])
    assert (result.verdict, result.metrics["in_flight"]) == (Verdict.UNKNOWN, 1)
