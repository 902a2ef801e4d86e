from hypothesis import given
from hypothesis import strategies as st

from consistency_viz.observation.position import Numbering, Position
from workers.model.observation import Applied, Turn


def turn(*numbers: int) -> Turn:
    return Turn("v", "v.1", 1, [Applied("k", n, f"u{n}") for n in numbers])


def test_a_position_counts_how_many_observations_share_the_last_time():
    assert Position().advanced(5).advanced(5, 2).advanced(9) == Position(4, 9, 1)
    assert Position().advanced(5).advanced(5, 2) == Position(3, 5, 3)


def test_everything_at_the_last_known_time_is_read_again():
    assert Position().read_after == "0-0"
    assert Position(3, 700, 1).read_after == f"699-{2**64 - 1}"


def test_known_bodies_at_the_last_time_are_passed_over_and_the_rest_is_numbered_on():
    numbering = Numbering(Position(3, 700, 3))
    assert numbering.take(700, turn(1, 2)) == []
    assert [o.index for o in numbering.take(700, turn(3, 4))] == [3]
    assert [o.index for o in numbering.take(701, turn(5, 6))] == [4, 5]
    assert numbering.position == Position(6, 701, 2)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 3)), max_size=12), st.data())
def test_stopping_after_any_line_and_going_on_from_the_stream_gives_the_same_history(shape, data):
    """A recorder may die after any line, also in the middle of a turn, and several turns may share a time."""
    entries, at_us, number = [], 1, 0
    for step, bodies in shape:
        at_us += step
        entries.append((at_us, turn(*range(number, number + bodies))))
        number += bodies
    whole_numbering = Numbering(Position())
    whole = [o for at, t in entries for o in whole_numbering.take(at, t)]
    kept = whole[: data.draw(st.integers(0, len(whole)))]
    position = Position()
    for observation in kept:
        position = position.advanced(observation.at_us)
    numbering = Numbering(position)
    rest = [o for at, t in entries if at >= position.at_us for o in numbering.take(at, t)]
    assert kept + rest == whole
