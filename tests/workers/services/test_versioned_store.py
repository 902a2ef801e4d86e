from hypothesis import given
from hypothesis import strategies as st

from tests.workers.support import ORDER, after, context, message, observed, sends
from workers.model.effects import Send
from workers.model.node import NOTHING
from workers.services.versioned_store import VersionedStore

STORE = VersionedStore("changed")
PLACED = {"OrderPlaced": ORDER}
TAXED = {**PLACED, "OrderTaxed": {"tax_cents": 1, "total_cents": 11_991}}
BACK = {"reply_topic": "store.tax", "reply_key": "o1"}


def write(expected, order, fact, token="", attempt=1):
    data = {"expected": expected, "order": order, "fact": fact, "attempt": attempt}
    return message("Write", data={**data, "idempotency_key": token or f"o1:{fact}"}, **BACK)


FIRST = STORE.step({}, write(0, PLACED, "OrderPlaced"), context())
STATE = after({}, FIRST)


def answer(step):
    return [(s.type, s.data) for s in sends(step) if s.topic == "store.tax"]


def test_an_order_that_is_not_there_is_empty_and_has_version_0():
    step = STORE.step({}, message("Read", data={"attempt": 2}, **BACK), context())
    assert answer(step) == [("Versioned", {"version": 0, "order": {}, "attempt": 2})]
    assert STORE.start(context()) is NOTHING


def test_a_write_that_expects_the_version_is_taken_and_announced():
    assert answer(FIRST) == [("Written", {"attempt": 1})]
    assert sends(FIRST)[0] == Send("changed", "OrderPlaced", "o1", PLACED, sequence=1)
    assert [(body.update, body.version) for body in observed(FIRST)] == [("o1:OrderPlaced", 1)]
    read = STORE.step(STATE, message("Read", data={"attempt": 1}, **BACK), context())
    assert answer(read) == [("Versioned", {"version": 1, "order": PLACED, "attempt": 1})]


def test_a_write_that_expects_another_version_is_a_conflict_and_changes_nothing():
    step = STORE.step(STATE, write(0, TAXED, "OrderTaxed", attempt=3), context())
    assert answer(step) == [("Conflict", {"attempt": 3, "version": 1})]
    assert (step.writes, observed(step), len(sends(step))) == ({}, [], 1)


def test_a_write_that_was_taken_before_is_answered_again_and_done_once():
    step = STORE.step(STATE, write(0, PLACED, "OrderPlaced", attempt=2), context())
    assert answer(step) == [("Written", {"attempt": 2})]
    assert (step.writes, observed(step), len(sends(step))) == ({}, [], 1)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5))))
def test_accepted_versions_have_no_gaps_and_one_writer_each(writes):
    state, accepted = {}, []
    for expected, token in writes:
        step = STORE.step(
            state, write(expected, {"OrderPlaced": {**ORDER, "n": token}}, "OrderPlaced", f"{token}"), context()
        )
        accepted += [(s.sequence, token) for s in sends(step) if s.topic == "changed"]
        state = after(state, step)
    assert [version for version, _ in accepted] == list(range(1, len(accepted) + 1))
    assert len({token for _, token in accepted}) == len(accepted)


def test_everything_else_is_ignored():
    assert STORE.step({}, message("Gossip"), context()) is NOTHING
