"""The compact set of settled updates is a set."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from consistency_viz.checkers.divergence.settled import SettledUpdates

IDS = st.one_of(
    st.builds("{}{}".format, st.sampled_from(["", "a:", "a:1", "b"]), st.integers(0, 12)),
    st.sampled_from(["", "a:", "007", "a:00", "a:01", "9" * 18, "9" * 19, "\u0661", "a:-1"]),
)


@given(st.lists(IDS, max_size=60))
def test_it_contains_what_was_added_and_nothing_else(ids: list[str]) -> None:
    compact, plain = SettledUpdates(), set()
    for update in ids:
        assert (update in compact) == (update in plain)
        compact.add(update)
        plain.add(update)
    candidates = [f"{p}{n}" for p in ("", "a:", "a:1", "b", "0", "a:0") for n in range(130)] + ids
    assert [update in compact for update in candidates] == [update in plain for update in candidates]


@given(st.permutations(range(20)))
def test_gapless_numbers_are_one_run_in_whichever_order_they_came(numbers: list[int]) -> None:
    compact = SettledUpdates()
    for number in numbers:
        compact.add(f"u{number}")
    assert compact.size() == 1


def test_no_update_is_its_own_name_twice() -> None:
    compact = SettledUpdates()
    compact.add("a:01")
    assert "a:1" not in compact
