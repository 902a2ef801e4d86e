import pytest

from tests.workers.support import INVALID_ORDER, ORDER, after, context, message, sends, timer, timers
from workers.model.effects import CancelTimer, Send, SetTimer
from workers.model.node import NOTHING
from workers.services.checkout import CHAIN, CheckoutService

SERVICE = CheckoutService(timeout_ms=250)
COMMAND = message("PlaceOrder", data=ORDER, reply_topic="replies", reply_key="s1")
TAXED = {"tax_cents": 2_278, "total_cents": 14_268}
ANSWERS = {
    "validate": message("OrderValidated", data={"net_cents": 11_990}),
    "tax": message("OrderTaxed", data=TAXED),
    "commit": message("Committed", data={"version": 3, "step": "commit"}),
    "mail": message("OrderMailed", data={"to": "s1-1@example.org"}),
    "commit-mail": message("Committed", data={"version": 4, "step": "commit-mail"}),
}
STORED = {"OrderPlaced": ORDER, "OrderValidated": {"net_cents": 11_990}, "OrderTaxed": TAXED}


def run(*messages, state=None):
    """The state after ``messages`` and the last step."""
    state, step = state or {}, NOTHING
    for each in messages:
        step = SERVICE.step(state, each, context())
        state = after(state, step)
    return state, step


def until(step):
    """The state in which a checkout waits for the answer to ``step``."""
    steps = list(CHAIN)
    return run(COMMAND, *(ANSWERS[earlier] for earlier in steps[: steps.index(step)]))[0]


def answered(outcome, error="", *, rejected=False):
    data = {"outcome": outcome, "error": error, "rejected": rejected}
    if outcome == "ok":
        data["update"] = "o1:OrderPlaced"
    return Send("replies", "OrderAccepted", "o1", data, partition_key="s1")


def request(topic, type, data, partition_key=""):
    return Send(topic, type, "o1", data, partition_key=partition_key, reply_topic="rpc.order", reply_key="o1")


def test_a_checkout_asks_one_service_after_the_other_and_answers_at_the_end():
    state, asked = {}, []
    for each in (COMMAND, *ANSWERS.values()):
        step = SERVICE.step(state, each, context())
        state = after(state, step)
        asked.extend(sends(step))
    assert asked == [
        request("rpc.validation", "Validate", ORDER),
        request("rpc.tax", "Tax", ORDER),
        request("rpc.store", "Commit", {"step": "commit", "facts": STORED}, "the-one-state"),
        request("rpc.email", "Mail", {"email": "s1-1@example.org", "total_cents": 14_268}),
        request(
            "rpc.store",
            "Commit",
            {"step": "commit-mail", "facts": {"OrderMailed": {"to": "s1-1@example.org"}}},
            "the-one-state",
        ),
        answered("ok"),
    ]


@pytest.mark.parametrize("step", list(CHAIN))
def test_each_hop_has_a_time_out_that_its_answer_cancels(step):
    state = until(step)
    set_by_earlier = SERVICE.step({}, COMMAND, context()) if step == "validate" else None
    if set_by_earlier is not None:
        assert timers(set_by_earlier) == [SetTimer("o1:validate", 250_000, "TimedOut", "o1", {"step": "validate"})]
    answer = SERVICE.step(state, ANSWERS[step], context())
    assert answer.effects[0] == CancelTimer(f"o1:{step}")
    following = [t.name for t in timers(answer)]
    steps = list(CHAIN)
    assert following == [f"o1:{name}" for name in steps[steps.index(step) + 1 :][:1]]


@pytest.mark.parametrize(
    ("step", "outcome", "service"),
    [
        ("validate", "fail", "validation"),
        ("tax", "fail", "tax"),
        ("commit", "info", "store"),
        ("mail", "info", "email"),
        ("commit-mail", "info", "store"),
    ],
)
def test_a_time_out_before_the_commit_is_a_failure_and_after_it_unknown(step, outcome, service):
    state, gave_up = run(timer("TimedOut", data={"step": step}), state=until(step))
    assert gave_up.effects == (answered(outcome, f"{service} did not answer within 250 ms"),)
    assert state["o1"]["step"] == "done"


@pytest.mark.parametrize("step", list(CHAIN))
def test_an_answer_that_comes_after_the_time_out_is_ignored(step):
    state, _ = run(timer("TimedOut", data={"step": step}), state=until(step))
    for answer in ANSWERS.values():
        assert SERVICE.step(state, answer, context()) is NOTHING


@pytest.mark.parametrize("step", list(CHAIN))
def test_an_answer_to_another_step_is_ignored(step):
    state = until(step)
    for name, answer in ANSWERS.items():
        if name != step:
            assert SERVICE.step(state, answer, context()) is NOTHING


@pytest.mark.parametrize("step", list(CHAIN))
def test_the_time_out_of_another_step_is_ignored(step):
    for name in CHAIN:
        if name != step:
            assert SERVICE.step(until(step), timer("TimedOut", data={"step": name}), context()) is NOTHING


def test_a_rejected_order_is_stored_and_answered_without_tax_and_mail():
    command = message("PlaceOrder", data=INVALID_ORDER, reply_topic="replies", reply_key="s1")
    rejected = message("OrderRejected", data={"reason": "r"})
    state, step = run(command, rejected)
    facts = {"OrderPlaced": INVALID_ORDER, "OrderRejected": {"reason": "r"}}
    assert sends(step) == [request("rpc.store", "Commit", {"step": "commit", "facts": facts}, "the-one-state")]
    _, step = run(message("Committed", data={"version": 2, "step": "commit"}), state=state)
    assert step.effects == (CancelTimer("o1:commit"), answered("ok", rejected=True))


def test_a_command_that_comes_again_begins_no_second_checkout():
    assert SERVICE.step(until("tax"), COMMAND, context()) is NOTHING


def test_an_answer_for_an_unknown_order_is_ignored():
    assert SERVICE.step({}, ANSWERS["tax"], context()) is NOTHING
    assert SERVICE.start(context()) is NOTHING
