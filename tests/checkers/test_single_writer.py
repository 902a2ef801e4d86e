"""Who wrote, against who was declared to."""

from __future__ import annotations

from consistency_viz.checkers.registry import check
from consistency_viz.checkers.single_writer import SingleWriter
from consistency_viz.checkers.verdict import Result, Verdict
from tests.checkers.histories import Step, header, history
from workers.model.observation import Changed, Effected, Sent

DECLARED: Step = (0, "order", Effected("declares-writers", "orders", {"types": {"OrderPlaced": ["order"]}}))


def wrote(node: str, *, type_: str = "OrderPlaced", topic: str = "orders", at: float = 1) -> Step:
    return at, node, Sent("m1", topic, type_, "s1-1", "c")


def judged(*steps: Step) -> Result:
    return check([SingleWriter(header("eu"))], history(*steps))[0]


def test_without_a_declaration_nothing_is_known() -> None:
    assert judged(wrote("order")).verdict is Verdict.UNKNOWN
    assert judged(DECLARED).verdict is Verdict.UNKNOWN
    assert judged(DECLARED, wrote("tax", topic="elsewhere")).verdict is Verdict.UNKNOWN


def test_the_declared_writer_may_write() -> None:
    result = judged(DECLARED, wrote("order"), wrote("order"))
    assert result.verdict is Verdict.PASSED
    assert result.metrics["writers"] == {"orders": {"OrderPlaced": {"order": 2}}}


def test_another_writer_is_told_even_if_it_wrote_before_the_declaration() -> None:
    result = judged(wrote("tax", at=0), DECLARED)
    assert (result.verdict, result.metrics["messages_uninvited"]) == (Verdict.FAILED, 1)
    assert result.witnesses[0].text == (
        "tax sent 1 message of type OrderPlaced on orders, which only order may, first m1 at 0 ms"
    )


def test_a_type_that_is_not_named_has_no_writer() -> None:
    assert judged(DECLARED, wrote("order", type_="OrderTaxed")).verdict is Verdict.FAILED


def test_a_lower_token_after_a_higher_one_is_a_second_leader() -> None:
    def leads(node: str, token: int, at: float) -> Step:
        return at, node, Effected("leads", "lane-0", {"token": token})

    assert judged(leads("a", 1, 1), leads("b", 2, 2)).verdict is Verdict.UNKNOWN
    result = judged(leads("a", 1, 1), leads("b", 2, 2), leads("a", 1, 3))
    assert (result.verdict, result.metrics["leaders_with_lower_token"]) == (Verdict.FAILED, 1)
    assert result.witnesses[0].indices == [1, 2]


def test_a_refused_writer_is_fencing_at_work() -> None:
    fenced: Step = (2, "order", Changed("order.1", "fenced", 1))
    result = judged(DECLARED, wrote("order"), fenced)
    assert (result.verdict, result.metrics["fenced_n"]) == (Verdict.PASSED, 1)
