"""Mails that come too early, speak of nothing, come twice, or never."""

from __future__ import annotations

from typing import Any

from consistency_viz.checkers.email_timeliness import EmailTimeliness
from consistency_viz.checkers.registry import check
from consistency_viz.checkers.verdict import Result, Verdict
from tests.checkers.histories import Step, applied, header, history
from workers.model.observation import Applied, Completed, Delivered, Effected, Invoked, Sent

KEY = "s1-1"
CLAIMS = [f"{KEY}:OrderPlaced", f"{KEY}:OrderTaxed", f"{KEY}:OrderValidated"]


def judged(*steps: Step) -> Result:
    return check([EmailTimeliness(header("view-1", "view-2"))], history(*sorted(steps, key=lambda s: s[0])))[0]


def counts(result: Result) -> dict[str, int]:
    return {kind: n for kind in ("premature", "phantom", "duplicate", "missing") if (n := result.metrics[kind])}


def shown(
    view: str, *, at: float, facts: tuple[str, ...] = ("OrderPlaced", "OrderValidated", "OrderTaxed")
) -> list[Step]:
    return [applied(view, KEY, {"status": "taxed"}, f"{KEY}:{fact}", at=at) for fact in facts]


def mail(*, at: float, **detail: Any) -> Step:
    return at, "email", Effected("email", KEY, {"claims": CLAIMS, "version": 3, **detail})


def link(view: str, *, at: float, version: int, outcome: Any = "ok", value: Any = None) -> list[Step]:
    op = f"{KEY}:link"
    answer = {"value": value, "version": version}
    return [
        (at, "client", Invoked(op, "s1", "read", KEY, {"version": 3}, round(at * 1000), view)),
        (at + 1, "client", Completed(op, "s1", "read", KEY, outcome, answer if outcome == "ok" else None)),
    ]


def test_without_mails_nothing_is_known() -> None:
    assert judged(*shown("view-1", at=1, facts=("OrderPlaced",))).verdict is Verdict.UNKNOWN


def test_a_mail_after_every_view_is_in_time_and_lags_nothing() -> None:
    result = judged(*shown("view-1", at=1), *shown("view-2", at=2), mail(at=3))
    assert (result.verdict, result.metrics["lag_ms"]["p100"]) == (Verdict.PASSED, 0.0)


def test_a_mail_before_a_view_shows_what_it_claims_is_premature() -> None:
    result = judged(*shown("view-1", at=1), *shown("view-2", at=7), mail(at=3))
    assert (counts(result), result.metrics["lag_ms"]["p100"]) == ({"premature": 1}, 4.0)
    assert result.witnesses[0].text == (
        "the mail about s1-1 was sent at 3 ms, before view-2 showed s1-1:OrderPlaced, s1-1:OrderTaxed and "
        "s1-1:OrderValidated: view-2 did 4 ms later"
    )
    assert len(result.witnesses[0].indices) == 2


def test_a_followed_link_decides() -> None:
    early = [*shown("view-1", at=1), *shown("view-2", at=7), mail(at=3)]
    assert counts(judged(*early, *link("view-1", at=8, version=3))) == {}
    result = judged(*early, *link("view-2", at=4, version=0))
    assert (counts(result), result.metrics["links_premature"]) == ({"premature": 1}, 1)
    assert result.witnesses[0].ids[:2] == [KEY, f"{KEY}:link"]


def test_a_link_that_is_refused_is_not_premature() -> None:
    result = judged(*shown("view-1", at=1), mail(at=3), *link("view-1", at=4, version=0, outcome="fail"))
    assert (counts(result).get("premature"), result.metrics["links_refused"]) == (None, 1)


def test_a_mail_about_what_never_was_is_a_phantom() -> None:
    facts = ("OrderPlaced", "OrderRejected", "OrderTaxed")
    result = judged(*shown("view-1", at=5, facts=facts), *shown("view-2", at=5, facts=facts), mail(at=3))
    assert counts(result)["phantom"] == 1
    assert result.witnesses[-1].text.endswith("claims what no replica has in the end: s1-1:OrderValidated")


def test_two_mails_about_one_order_are_one_too_many_and_two_subjects_are_two_mails() -> None:
    both = [*shown("view-1", at=1), *shown("view-2", at=1)]
    assert counts(judged(*both, mail(at=3), mail(at=4))) == {"duplicate": 1}
    assert counts(judged(*both, mail(at=3), mail(at=4, subject="sorry"))) == {}
    assert counts(judged(*both, mail(at=3), mail(at=4, claims=CLAIMS[:1]))) == {}


def about(message: str, *, at: float, delivered: str = "") -> list[Step]:
    steps: list[Step] = [(at, "tax", Sent(message, "facts", "OrderTaxed", KEY, "c"))]
    if delivered:
        steps.append((at + 1, delivered, Delivered(message, "facts", "OrderTaxed", KEY, "tax", round(at * 1000))))
    return steps


def test_an_order_that_is_due_and_was_not_mailed_is_missing_unless_something_is_on_its_way() -> None:
    both = [*shown("view-1", at=1), *shown("view-2", at=1)]
    assert counts(judged(*both, *about("m1", at=2, delivered="email"))) == {"missing": 1}
    assert counts(judged(*both, *about("m1", at=2))) == {}
    other: Step = (0.5, "email", Effected("email", "s1-2", {}))
    heard: Step = (0.6, "email", Delivered("m0", "facts", "OrderTaxed", "s1-2", "tax", 0))
    assert counts(judged(other, heard, *both, *about("m1", at=2, delivered="view-1"))) == {}
    assert counts(judged(other, heard, *both, *about("m1", at=2, delivered="email"))) == {"missing": 1}


def test_a_rejected_order_needs_no_mail() -> None:
    facts = ("OrderPlaced", "OrderValidated", "OrderTaxed", "OrderRejected")
    assert judged(*shown("view-1", at=1, facts=facts)).verdict is Verdict.UNKNOWN


def test_what_a_value_keeps_is_shown_although_it_was_never_applied_by_itself() -> None:
    facts = [f"{KEY}:{fact}" for fact in ("OrderPlaced", "OrderTaxed", "OrderValidated")]
    both: list[Step] = [(1, view, Applied(KEY, {}, facts[1], 1, facts)) for view in ("view-1", "view-2")]
    assert counts(judged(*both, mail(at=3, claims=facts))) == {}
    assert counts(judged(*both, *about("m1", at=2, delivered="email"))) == {"missing": 1}
