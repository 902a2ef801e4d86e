import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workers.model.values import bodies, json_objects, messages
from workers.model.codec import pack, unpack, unpack_message, unpack_turn
from workers.model.observation import Turn


@given(messages)
def test_a_message_survives_the_wire(message):
    assert unpack_message(pack(message)) == message


@given(st.text(), st.text(), st.integers(0, 2**53), st.lists(bodies, max_size=4))
def test_a_turn_survives_the_wire(node, instance, epoch, its_bodies):
    turn = Turn(node, instance, epoch, its_bodies)
    assert unpack_turn(pack(turn)) == turn


@given(json_objects)
def test_plain_values_survive_the_wire(value):
    assert unpack(pack(value)) == value


def test_what_is_not_a_turn_is_refused():
    with pytest.raises(msgspec.ValidationError):
        unpack_turn(pack(["tax", "tax.1", 1, [["no such kind", "x"]]]))


def test_what_is_cut_short_is_refused():
    with pytest.raises(msgspec.DecodeError):
        unpack_turn(pack(Turn("tax", "tax.1", 1, []))[:-1])
