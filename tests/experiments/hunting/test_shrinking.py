"""Delta debugging: what is left fails, and nothing of it can be left out."""

from hypothesis import given
from hypothesis import strategies as st

from consistency_viz.experiments.hunting.shrinking import Budget, ddmin, least

PLENTY = 100_000


@given(st.integers(1, 24), st.data())
def test_what_is_left_is_exactly_what_was_needed(count, data):
    items = range(count)
    needed = data.draw(st.sets(st.sampled_from(items), max_size=5))
    assert ddmin(items, lambda part: needed <= set(part), Budget(PLENTY)) == tuple(sorted(needed))


@given(st.lists(st.sets(st.integers(0, 9), min_size=1, max_size=3), min_size=1, max_size=4))
def test_what_is_left_fails_and_is_minimal_where_there_are_several_ways_to_fail(ways):
    def fails(part):
        return any(way <= set(part) for way in ways)

    left = ddmin(range(10), fails, Budget(PLENTY))
    assert fails(left)
    assert not any(fails((*left[:n], *left[n + 1 :])) for n in range(len(left)))


def test_what_fails_by_itself_needs_nothing():
    assert ddmin(range(5), lambda part: True, Budget(PLENTY)) == ()
    assert ddmin((), lambda part: True, Budget(PLENTY)) == ()


@given(st.integers(0, 30))
def test_no_more_is_asked_than_the_budget_allows_and_the_answer_still_fails(questions):
    asked = []

    def fails(part):
        asked.append(part)
        return {3, 17} <= set(part)

    left = ddmin(range(20), fails, Budget(questions))
    assert {3, 17} <= set(left)
    assert len(asked) <= questions
    assert len(set(asked)) == len(asked)


@given(st.floats(0, 100))
def test_the_least_value_is_found_about(threshold):
    found = least(0, 100, lambda value: value >= threshold, Budget(PLENTY), steps=12)
    assert found >= threshold
    assert found - threshold <= 100 / 2**12 + 1e-9
