"""Client operations out of a history."""

from consistency_viz.checkers.operations import NEVER_US, Operations, all_operations, updates_of
from workers.model.observation import Completed, Dropped, Invoked, Observation


def invoked(index, op="o1", f="write", value=None, **fields):
    body = Invoked(op, "s1", f, "cart-1", value, fields.get("intended_us", 5), fields.get("target", "eu"))
    return Observation(index, 10 * index, "client", body)


def completed(index, op="o1", f="write", outcome="ok", value=None, error=""):
    return Observation(index, 10 * index, "client", Completed(op, "s1", f, "cart-1", outcome, value, error))


def test_an_operation_has_its_argument_its_result_and_both_times():
    begun = invoked(1, value={"value": "x", "base": ["cart-1@eu.1-2"], "version": 2})
    ended = completed(4, value={"update": "cart-1@eu.3", "after": ["cart-1@eu.1-2"], "seen": ["cart-1@us.1"]})
    (found,) = all_operations([begun, ended])
    assert (found.argument, found.base, found.asked) == ("x", ["cart-1@eu.1-2"], 2)
    assert (found.result, found.update, found.after) == (None, "cart-1@eu.3", ["cart-1@eu.1-2"])
    assert (found.intended_us, found.invoked_us, found.completed_us, found.indices) == (5, 10, 40, [1, 4])
    assert found.acknowledged
    assert updates_of(found.after) == {"cart-1@eu.1", "cart-1@eu.2"}


def test_a_plain_value_is_the_whole_of_it():
    (found,) = all_operations([invoked(0, value=3), completed(1, value={"status": "placed"})])
    assert (found.argument, found.result, found.seen) == (3, {"status": "placed"}, None)


def test_an_operation_that_does_not_end_may_have_happened():
    (found,) = all_operations([invoked(0)])
    assert (found.outcome, found.completed_us, found.indices, found.acknowledged) == ("info", NEVER_US, [0], False)


def test_a_completion_of_nothing_is_no_operation_and_other_observations_are_none():
    pairs = Operations()
    lost = Observation(0, 0, "eu", Dropped("m", "t", "T", "k", "us", 0, "loss"))
    assert [pairs.observe(lost), pairs.observe(completed(1))] == [None, None]


def test_only_open_operations_are_kept():
    pairs = Operations()
    for number in range(100):
        pairs.observe(invoked(2 * number, op=f"o{number}"))
        pairs.observe(completed(2 * number + 1, op=f"o{number}"))
    assert pairs.open == {}
