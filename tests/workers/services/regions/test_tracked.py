from hypothesis import given
from hypothesis import strategies as st

from workers.crdts.causal import EMPTY, context_of
from workers.model.updates import runs, update_of
from workers.services.regions.payload import contents, kept, payload
from workers.services.regions.tracked import count, decoded, encoded, listed, new_dots

DOTS = st.sets(st.tuples(st.sampled_from(("ap", "eu", "us")), st.integers(1, 12)))


@given(DOTS)
def test_updates_are_listed_as_the_history_wants_them(dots):
    ids = [update_of("cart-1", *dot) for dot in dots]
    assert listed("cart-1", context_of({}, dots)) == runs([*ids, "cart-1@initial"])


@given(DOTS, DOTS)
def test_new_dots_are_those_that_were_not_there(before, more):
    assert new_dots(context_of({}, before), context_of({}, before | more)) == sorted(more - before)


@given(DOTS)
def test_updates_are_counted_and_travel(dots):
    updates = context_of({}, dots)
    assert count(updates) == len(dots)
    assert decoded(encoded(updates)) == updates
    assert decoded(None) == EMPTY


def test_a_write_keeps_itself_and_what_it_descends_from_and_the_initial_value_is_no_update():
    first = payload("", 0, EMPTY, 5)
    second = payload("eu", 1, context_of({}, [("us", 1)]), 4)
    assert kept([first]) == EMPTY
    assert kept([first, second]) == context_of({}, [("eu", 1), ("us", 1)])
    assert contents([second, first, second]) == [4, 5]
