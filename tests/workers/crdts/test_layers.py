"""Layers are a dictionary: changes, laid over any version, give what a plain dictionary gives, and touch no other."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.crdts.layers import FEW, Layers, laid, plain
from workers.crdts.or_map import ORMap

CHANGES = st.lists(
    st.dictionaries(st.integers(0, 3 * FEW).map(str), st.sampled_from([{}, {1: "a"}, {2: "b"}]), max_size=4),
    max_size=120,
)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3 * FEW), CHANGES)
def test_any_changes_give_what_a_dictionary_gives_and_every_earlier_version_stays(size, changes):
    entries = {str(number): {0: "first"} for number in range(size)}
    model, versions = dict(entries), []
    for change in changes:
        versions.append((entries, dict(model)))
        entries = laid(entries, dict(change))
        model = {key: value for key, value in {**model, **change}.items() if value}
        assert (entries == model, len(entries)) == (True, len(model))
    assert plain(entries) == dict(entries.items()) == model
    assert {key: entries.get(key) for key in map(str, range(3 * FEW + 1))} == {
        key: model.get(key) for key in map(str, range(3 * FEW + 1))
    }
    assert all(key in entries for key in model)
    assert sorted(entries) == sorted(entries.keys()) == sorted(model)
    assert list(map(len, entries.values())) == [1] * len(model)
    assert all(version == was for version, was in versions)


def test_what_is_not_there_is_missed_as_in_a_dictionary():
    entries = laid({str(number): {1: 1} for number in range(FEW + 1)}, {"0": {}})
    assert type(entries) is Layers
    assert ("0" in entries, entries.get("0"), entries["1"]) == (False, None, {1: 1})
    with pytest.raises(KeyError, match="0"):
        entries["0"]


def test_changes_do_not_pile_up_and_the_shared_layer_stays_shared():
    entries = {str(number): {1: 1} for number in range(900)}
    copies = 0
    for number in range(900):
        before, entries = entries, laid(entries, {str(number): {2: 2}})
        copies += type(entries) is dict
        if type(entries) is Layers and type(before) is Layers:
            assert entries.old is before.old
            assert len(entries.new) <= 30
    assert 20 < copies < 40


def test_a_map_of_many_names_is_equal_and_encoded_alike_however_it_came_about():
    one, deltas = ORMap(), []
    for number in range(4 * FEW):
        one, delta = one.increment("a", f"name-{number % (3 * FEW)}", number)
        deltas.append(delta)
    joined = ORMap()
    for delta in reversed(deltas):
        joined = joined.merge(delta)
    assert joined == one == ORMap.from_bytes(one.to_bytes()) == ORMap.decode(one.encode())
    assert joined.to_bytes() == one.to_bytes() == ORMap.from_bytes(one.to_bytes()).to_bytes()
