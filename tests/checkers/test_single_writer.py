"""Who wrote, against who was declared to."""

from __future__ import annotations

from collections.abc import Sequence

from consistency_viz.checkers.registry import check
from consistency_viz.checkers.single_writer import SingleWriter
from consistency_viz.checkers.verdict import Result, Verdict
from tests.checkers.chance import Choose, exhaustive, how_many, seeded
from tests.checkers.histories import Step, header, history
from workers.model.observation import Changed, Effected, Observation, Sent

DECLARES = "declares-writers"
DECLARED: Step = (0, "order", Effected(DECLARES, "orders", {"types": {"OrderPlaced": ["order"]}}))


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


def small_history(choose: Choose, steps: Sequence[int] = (3, 5, 8, 12)) -> list[Observation]:
    """Two nodes send, are declared, and lead."""
    found: list[Step] = []
    for at in range(1, choose(list(steps)) + 1):
        node = choose(["order", "tax"])
        match choose(["send", "send", "declare", "lead"] if len(steps) > 1 else ["send", "declare", "lead"]):
            case "send":
                found.append(wrote(node, type_=choose(["OrderPlaced", "OrderTaxed"]), at=at))
            case "declare":
                types = {choose(["OrderPlaced", "OrderTaxed"]): [node]}
                found.append((at, "order", Effected(DECLARES, "orders", {"types": types})))
            case _:
                found.append((at, node, Effected("leads", "lane-0", {"token": choose([1, 2])})))
    return history(*found)


def by_definition(seen: list[Observation]) -> tuple[int, int, Verdict]:
    """Messages that nobody allowed, leads that were taken too late, and what follows."""
    matrix = [o.body.detail["types"] for o in seen if isinstance(o.body, Effected) and o.body.effect == DECLARES]
    sent = [(o.node, o.body.type) for o in seen if isinstance(o.body, Sent)] if matrix else []
    uninvited = sum(not any(node in types.get(type_, []) for types in matrix) for node, type_ in sent)
    leads = [
        (o.body.detail["token"], o.node) for o in seen if isinstance(o.body, Effected) and o.body.effect == "leads"
    ]
    late = 0
    for place, (token, node) in enumerate(leads):
        taken = [who for earlier, who in leads[:place] if earlier == token]
        late += any(earlier > token for earlier, _ in leads[:place]) or bool(taken and taken[0] != node)
    verdict = Verdict.FAILED if uninvited or late else Verdict.PASSED if sent else Verdict.UNKNOWN
    return uninvited, late, verdict


def agrees(seen: list[Observation]) -> Verdict:
    result = check([SingleWriter(header("eu"))], seen)[0]
    metrics = result.metrics
    told = metrics["messages_uninvited"], metrics["leaders_with_lower_token"], result.verdict
    assert told == by_definition(seen), seen
    return result.verdict


def test_many_histories_by_seed_agree_with_the_definition() -> None:
    found = [agrees(seen) for seen in seeded(small_history, how_many(5_000))]
    assert found.count(Verdict.FAILED) * 3 >= len(found)
    assert min(found.count(verdict) for verdict in Verdict) * 50 >= len(found)


def test_every_history_of_a_small_scope_agrees_with_the_definition() -> None:
    found = [agrees(seen) for seen in exhaustive(lambda choose: small_history(choose, [4]))]
    assert len(found) == 12**4
    assert found.count(Verdict.FAILED) * 3 >= len(found)
