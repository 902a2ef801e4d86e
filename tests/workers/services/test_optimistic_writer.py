import pytest

from tests.workers.support import ORDER, after, context, message, observed, sends, timer, timers
from workers.model.effects import CancelTimer, Send, SetTimer
from workers.model.node import NOTHING
from workers.model.observation import Effected
from workers.services.optimistic_writer import (
    ATTEMPTS_MAX,
    PAUSE_US,
    OptimisticIntake,
    OptimisticMailer,
    OptimisticWriter,
)
from workers.services.whole_orders import mailing, taxation

WRITER = OptimisticWriter(taxation, "store", "store.tax", 150)
PLACED = {"OrderPlaced": ORDER}
TAX = {"tax_cents": 2_278, "total_cents": 14_268}
VALID = {**PLACED, "OrderValidated": {}}
READY = {**VALID, "OrderTaxed": TAX}
DUE = timer("AttemptDue")
COMMAND = message("PlaceOrder", data=ORDER, reply_topic="replies", reply_key="s1")


def versioned(order, version, attempt=1):
    return message("Versioned", data={"order": order, "version": version, "attempt": attempt})


def told(type, attempt=1):
    return message(type, data={"attempt": attempt})


def played(service, *messages, state=None):
    """The state and the last step after these messages."""
    state, step = state or {}, NOTHING
    for given in messages:
        step = service.step(state, given, context(cause_id=given.id))
        state = after(state, step)
    return state, step


PLACED_EVENT = message("OrderPlaced", data=PLACED)


def test_a_writer_reads_before_it_writes():
    _, step = played(WRITER, PLACED_EVENT)
    assert step.effects == (
        Send("store", "Read", "o1", {"attempt": 1}, reply_topic="store.tax", reply_key="o1"),
        SetTimer("attempt:o1:1:read", 150_000, "AttemptDue", "o1", {}),
    )


def test_it_writes_what_it_computes_from_what_it_has_read():
    _, step = played(WRITER, PLACED_EVENT, versioned(VALID, 2))
    [request] = sends(step)
    order = {**VALID, "OrderTaxed": TAX}
    assert request.data == {
        "attempt": 1,
        "expected": 2,
        "fact": "OrderTaxed",
        "order": order,
        "idempotency_key": "o1:OrderTaxed",
    }


def test_a_write_that_is_taken_ends_the_work_for_good():
    state, step = played(WRITER, PLACED_EVENT, versioned(PLACED, 1), told("Written"))
    assert step.effects == (CancelTimer("attempt:o1:1:write"),)
    for late in (PLACED_EVENT, told("Written"), told("Conflict"), DUE, versioned(PLACED, 1)):
        assert WRITER.step(state, late, context()) is NOTHING


def test_after_a_conflict_comes_a_pause_and_then_it_reads_again():
    state, paused = played(WRITER, PLACED_EVENT, versioned(PLACED, 1), told("Conflict"))
    [pause] = timers(paused)
    assert 0.5 * PAUSE_US <= pause.after_us <= 1.5 * PAUSE_US
    assert sends(paused) == []
    state, again = played(WRITER, DUE, state=state)
    assert [(s.type, s.data) for s in sends(again)] == [("Read", {"attempt": 2})]
    _, step = played(WRITER, versioned(VALID, 2, attempt=2), state=state)
    assert (sends(step)[0].data["expected"], sends(step)[0].data["order"]) == (2, {**VALID, "OrderTaxed": TAX})


def test_the_pause_doubles_and_its_jitter_is_drawn_from_the_seed():
    def pause_us(attempt, seed=1):
        state = {"o1": {"attempt": attempt, "phase": "write"}}
        return timers(WRITER.step(state, told("Conflict", attempt), context(seed=seed)))[0].after_us

    assert [round(pause_us(n) / pause_us(1)) for n in range(1, 5)] == [1, 2, 4, 8]
    assert pause_us(1) == pause_us(1) != pause_us(1, seed=2)


def test_a_time_out_is_an_attempt_that_failed_and_its_late_answer_counts_all_the_same():
    state, step = played(WRITER, PLACED_EVENT, versioned(PLACED, 1), DUE)
    assert (state["o1"]["phase"], state["o1"]["attempt"], len(timers(step))) == ("pause", 2, 1)
    ended, _ = played(WRITER, told("Written", attempt=1), state=state)
    assert ended["o1"]["phase"] == "done"


def test_each_attempt_has_timers_of_its_own_and_leaves_none_behind():
    state, begun = played(WRITER, PLACED_EVENT)
    left = {timer.name for timer in timers(begun)}
    named = set(left)
    conflicts = [given for n in (1, 2, 3) for given in (versioned(PLACED, 1, attempt=n), told("Conflict", n), DUE)]
    for given in (*conflicts, told("Written", 4)):
        if given is DUE:
            left.clear()
        step = WRITER.step(state, given, context())
        state = after(state, step)
        left -= {effect.name for effect in step.effects if isinstance(effect, CancelTimer)}
        assert named.isdisjoint(timer.name for timer in timers(step))
        left |= {timer.name for timer in timers(step)}
        named |= left
        assert len(left) == (given.type != "Written")


@pytest.mark.parametrize("late", [versioned(PLACED, 1, attempt=1), told("Conflict", attempt=1)])
def test_what_belongs_to_an_earlier_attempt_is_ignored(late):
    state, _ = played(WRITER, PLACED_EVENT, versioned(PLACED, 1), told("Conflict"), DUE)
    assert WRITER.step(state, late, context()) is NOTHING


def test_after_the_last_attempt_it_gives_up():
    state = {"o1": {"attempt": ATTEMPTS_MAX, "phase": "write"}}
    ended, step = played(WRITER, told("Conflict", ATTEMPTS_MAX), state=state)
    assert (ended["o1"]["phase"], timers(step)) == ("gave up", [])
    assert observed(step) == [Effected("gave-up", "o1", {"writer": "n", "attempts": ATTEMPTS_MAX})]
    assert WRITER.step(ended, PLACED_EVENT, context()) is NOTHING


def test_what_is_in_the_store_already_is_not_written_again():
    state, step = played(WRITER, PLACED_EVENT, versioned(READY, 3))
    assert (state["o1"]["phase"], sends(step)) == ("done", [])


@pytest.mark.parametrize(
    "other", [message("OrderValidated", data={"OrderValidated": {}}), told("Written"), versioned({}, 0), DUE]
)
def test_what_gives_nothing_to_do_is_ignored(other):
    assert WRITER.step({}, other, context()) is NOTHING
    assert WRITER.start(context()) is NOTHING


def test_an_order_is_answered_when_it_is_in_the_store():
    intake = OptimisticIntake("store", "store.order", 150)
    state, waiting = played(intake, COMMAND, versioned({}, 0))
    assert [s.topic for s in sends(waiting)] == ["store"]
    assert (sends(waiting)[0].data["expected"], sends(waiting)[0].data["order"]) == (0, PLACED)
    assert intake.step(state, COMMAND, context()) is NOTHING
    state, step = played(intake, told("Written"), state=state)
    accepted = Send("replies", "OrderAccepted", "o1", {"outcome": "ok", "update": "o1:OrderPlaced"}, partition_key="s1")
    assert sends(step) == [accepted]
    assert sends(intake.step(state, COMMAND, context())) == [accepted]


def test_an_order_that_could_not_be_written_has_an_unknown_outcome():
    intake = OptimisticIntake("store", "store.order", 150)
    state, _ = played(intake, COMMAND)
    state["o1"] = {**state["o1"], "attempt": ATTEMPTS_MAX}
    [answer] = sends(intake.step(state, DUE, context()))
    assert answer.data == {"outcome": "info", "error": "the store did not answer in 8 attempts"}


def test_the_mail_goes_out_when_it_is_in_the_store_that_it_does():
    mailer = OptimisticMailer(mailing, "store", "store.email", 150)
    state, step = played(mailer, message("OrderTaxed", data=READY), versioned(READY, 3))
    assert observed(step) == []
    state, step = played(mailer, told("Written"), state=state)
    assert [(body.key, body.detail["total_cents"]) for body in observed(step)] == [("o1", 14_268)]
    assert mailer.step(state, told("Written"), context()) is NOTHING
