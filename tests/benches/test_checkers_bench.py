"""The bench of the checkers: it measures, and the plain search that it compares with is right."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from consistency_viz.benches import checkers
from consistency_viz.benches.plain_search import plain_search
from consistency_viz.checkers.divergence import arrays, batch
from consistency_viz.checkers.linearizable_register.acts import act_of
from consistency_viz.checkers.linearizable_register.search import initially, search
from consistency_viz.checkers.operations import all_operations
from tests.checkers.client_operations import Event, observations, schedules

ARGUMENTS = st.one_of(
    st.tuples(st.just("read"), st.none()),
    st.tuples(st.just("write"), st.sampled_from([1, 2])),
    st.tuples(st.just("cas"), st.sampled_from([[None, 1], [1, 2], [2, 1]])),
)


def test_the_bench_measures_every_ratio() -> None:
    figures, notes = checkers.run(rounds=1, count=10_000, searched=60)
    assert [figure.ratio > 0 for figure in figures] == [True] * 3
    assert len(notes) == 11


def test_the_columns_of_the_bench_are_those_of_its_observations() -> None:
    columns = checkers.apply_columns(2_000)
    found = batch.columns_of(checkers.HEADER, checkers.applies(columns)).columns
    one, other = arrays.windows(columns), arrays.windows(found)
    assert [sorted(zip(w.from_us.tolist(), w.to_us.tolist(), strict=True)) for w in one] == [
        sorted(zip(w.from_us.tolist(), w.to_us.tolist(), strict=True)) for w in other
    ]
    assert [len(w.key) > 300 and (w.to_us >= 0).all() for w in one] == [True] * 4


@given(schedules(ARGUMENTS, lambda f: st.sampled_from([None, 1, 2]), operations_max=14, processes=5))
@settings(max_examples=400, deadline=None, derandomize=True)
def test_the_plain_search_and_the_tuned_one_agree_on_longer_histories(events: list[Event]) -> None:
    acts = [act for operation in all_operations(observations(events)) if (act := act_of(operation)) is not None]
    before: Any = None
    assert (search(initially(before), acts, 10**6).state is not None) == plain_search(before, acts)
