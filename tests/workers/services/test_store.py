from tests.workers.support import ORDER, after, context, message
from workers.model.effects import Observe, Send
from workers.model.node import NOTHING
from workers.model.observation import Applied
from workers.services.store import GlobalStore

STORE = GlobalStore()
TAXED = {"tax_cents": 2_278, "total_cents": 14_268}
FACTS = {"OrderPlaced": ORDER, "OrderValidated": {}, "OrderTaxed": TAXED}
VALUE = {"status": "taxed", "net_cents": 11_990, **TAXED}


def commit(facts, step="commit"):
    return message("Commit", data={"step": step, "facts": facts}, reply_topic="rpc.order", reply_key="o1")


def committed(version, step="commit"):
    return Send("rpc.order", "Committed", "o1", {"version": version, "step": step}, partition_key="o1")


def test_a_commit_applies_all_its_facts_at_once_and_answers():
    step = STORE.step({}, commit(FACTS), context())
    assert step.writes == {"o1": FACTS}
    shown = [{"status": "placed", "net_cents": 11_990}, {"status": "validated", "net_cents": 11_990}, VALUE]
    applied = [
        Observe(Applied("o1", value, f"o1:{fact}", version))
        for version, (fact, value) in enumerate(zip(FACTS, shown, strict=True), 1)
    ]
    assert step.effects == (*applied, committed(3))


def test_a_commit_that_comes_again_is_answered_and_changes_nothing():
    state = after({}, STORE.step({}, commit(FACTS), context()))
    step = STORE.step(state, commit(FACTS), context())
    assert (step.writes, step.effects) == ({}, (committed(3),))


def test_a_late_copy_of_the_first_commit_does_not_take_back_the_second():
    state = after({}, STORE.step({}, commit(FACTS), context()))
    state = after(state, STORE.step(state, commit({"OrderMailed": {"to": "e"}}, "commit-mail"), context()))
    assert after(state, STORE.step(state, commit(FACTS), context())) == state
    assert state == {"o1": {**FACTS, "OrderMailed": {"to": "e"}}}


def test_a_read_answers_with_the_state_and_carries_the_question_back():
    query = message("Read", data={"query": "q1", "op": "o1:read1"}, reply_topic="rpc.view-1", reply_key="o1")
    empty = {"outcome": "ok", "value": None, "version": 0, "seen": [], "query": "q1", "op": "o1:read1"}
    full = {**empty, "value": VALUE, "version": 3, "seen": sorted(f"o1:{fact}" for fact in FACTS)}
    assert STORE.step({}, query, context()).effects == (
        Send("rpc.view-1", "ReadAnswer", "o1", empty, partition_key="o1"),
    )
    assert STORE.step({"o1": FACTS}, query, context()).effects == (
        Send("rpc.view-1", "ReadAnswer", "o1", full, partition_key="o1"),
    )


def test_anything_else_is_ignored():
    assert STORE.step({}, message("OrderPlaced"), context()) is NOTHING
    assert STORE.start(context()) is NOTHING
