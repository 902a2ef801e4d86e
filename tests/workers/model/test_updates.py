"""Sets of updates, written short and read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.model.updates import expand, runs, update_of

IDS = st.builds(update_of, st.sampled_from(["cart-1", "a@b.2"]), st.sampled_from(["eu", "us"]), st.integers(1, 30))
PLAIN = st.sampled_from(["s1-1:OrderPlaced", "cart-1@initial", "x.1-2", ""])


def test_neighbours_become_one_run_and_others_stand_for_themselves():
    ids = ["cart-1@eu.2", "cart-1@eu.1", "cart-1@us.9", "cart-1@eu.3", "s1-1:OrderPlaced", "cart-1@eu.5"]
    assert runs(ids) == ["cart-1@eu.1-3", "cart-1@eu.5", "cart-1@us.9", "s1-1:OrderPlaced"]


@given(st.sets(IDS | PLAIN))
def test_what_is_written_short_is_read_back(ids):
    assert set(expand(runs(ids))) == ids
    assert runs(runs(ids)) == runs(ids)


@pytest.mark.parametrize("entry", ["k@eu.5-4", "k@eu.1-9999999"])
def test_a_run_that_makes_no_sense_is_refused(entry):
    with pytest.raises(ValueError, match="is no run of updates"):
        list(expand([entry]))
