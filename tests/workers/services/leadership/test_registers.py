from itertools import permutations

from tests.workers.support import after, context, message, observed, sends
from workers.services.leadership.registers import ABSENT, RegisterView, announced, written

KEY = "account-1"
VIEW = RegisterView()


def writes(count):
    """What the storage announces of so many writes by two writers in turn."""
    register, said = ABSENT, []
    for number in range(count):
        op = f"s1-{number}"
        register = written(KEY, register, f"writer-{'ab'[number % 2]}", op, op)
        send = announced("changes", KEY, register, register["done"][op]["update"])[1]
        said.append(message(send.type, KEY, send.data, id=op))
    return register, said


def test_a_view_shows_the_same_and_has_applied_the_same_in_whatever_order_writes_come():
    register, said = writes(4)
    for order in permutations(said):
        state, updates = {}, []
        for announcement in (*order, order[0]):
            step = VIEW.step(state, announcement, context())
            state, updates = after(state, step), [*updates, *(body.update for body in observed(step))]
        copy = state[KEY]
        assert (copy["value"], sorted(copy["seen"]), copy["missing"]) == (
            register["value"],
            sorted(register["seen"]),
            [],
        )
        assert len(updates) == len(set(updates)) == 4


def test_a_read_tells_what_is_shown_and_which_updates_were_applied():
    _, said = writes(2)
    state = after({}, VIEW.step({}, said[1], context()))
    [answer] = sends(VIEW.step(state, message("Read", KEY, {"op": "s9-1"}, reply_topic="answers"), context()))
    assert answer.data == {"op": "s9-1", "value": "s1-1", "seen": [f"{KEY}@writer-b.1"]}


def test_what_was_written_from_an_old_version_descends_from_that_version_only():
    register, _ = writes(3)
    base = {"version": 1, "kept": [f"{KEY}@writer-a.1"]}
    late = written(KEY, register, "writer-a", "s7-1", "s7-1", base)
    assert late["kept"] == [f"{KEY}@writer-a.1", f"{KEY}@writer-a.3"]
    following = written(KEY, late, "writer-b", "s8-1", "s8-1", {"version": 4, "kept": late["kept"]})
    assert following["kept"] == [f"{KEY}@writer-a.1", f"{KEY}@writer-a.3", f"{KEY}@writer-b.2"]
