import pytest

from consistency_viz.observation.archive import ArchiveReader, ArchiveWriter, WriterReplacedError, last_position
from consistency_viz.observation.position import Position
from workers.model.history import Header, header_line
from workers.model.observation import Applied, Observation

HEADER = Header("one-truth", "synchronous", 7, "live", ["view-1"], run="r1")


def seen(index: int, at_us: int) -> Observation:
    return Observation(index, at_us, "view-1", Applied("o1", {"n": index}, f"u{index}"))


def read_all(path):
    reader = ArchiveReader(path)
    try:
        return reader.read(10_000)
    finally:
        reader.close()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "histories" / "r1.jsonl"


def test_a_new_history_begins_with_its_header_and_a_reopened_one_goes_on(path):
    writer = ArchiveWriter(path, HEADER)
    assert writer.position == Position()
    writer.append([seen(0, 10), seen(1, 20), seen(2, 20)])
    writer.close()
    again = ArchiveWriter(path, HEADER)
    assert again.position == Position(3, 20, 2)
    again.append([seen(3, 30)])
    again.close()
    assert path.read_bytes().splitlines()[0] == header_line(HEADER)
    assert read_all(path) == [seen(0, 10), seen(1, 20), seen(2, 20), seen(3, 30)]


def test_whatever_a_crash_tore_off_is_cut_away_wherever_it_tore(path):
    writer = ArchiveWriter(path, HEADER)
    writer.append([seen(0, 10), seen(1, 20)])
    writer.close()
    whole = path.read_bytes()
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        mended = ArchiveWriter(path, HEADER)
        mended.append([seen(i, 10 * (i + 1)) for i in range(mended.position.count, 3)])
        mended.close()
        assert read_all(path) == [seen(0, 10), seen(1, 20), seen(2, 30)], size


def test_the_last_position_is_found_across_blocks_and_torn_tails_are_not_counted(path):
    writer = ArchiveWriter(path, HEADER)
    writer.append([seen(0, 10), *(seen(i, 20) for i in range(1, 2_001))])
    writer.close()
    assert last_position(path) == Position(2_001, 20, 2_000)


def test_a_writer_that_was_replaced_while_it_was_paused_appends_nothing(path):
    paused = ArchiveWriter(path, HEADER)
    paused.append([seen(0, 10)])
    successor = ArchiveWriter(path, HEADER)
    successor.append([seen(1, 20)])
    with pytest.raises(WriterReplacedError):
        paused.append([seen(1, 20)])
    successor.append([seen(2, 30)])
    assert read_all(path) == [seen(0, 10), seen(1, 20), seen(2, 30)]
    paused.close()
    successor.close()


def test_a_gap_is_refused(path):
    writer = ArchiveWriter(path, HEADER)
    with pytest.raises(ValueError, match="observation 1 does not follow on -1"):
        writer.append([seen(1, 10)])
    writer.close()


def test_a_reader_leaves_an_unfinished_line_for_later(path):
    writer = ArchiveWriter(path, HEADER)
    writer.append([seen(0, 10), seen(1, 20)])
    writer.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    reader = ArchiveReader(path)
    assert reader.read(100) == [seen(0, 10)]
    path.write_bytes(whole)
    assert reader.read(100) == [seen(1, 20)]
    assert reader.header == HEADER
    assert reader.position == Position(2, 20, 1)
    reader.close()


def test_a_reader_can_skip_what_its_caller_knows(path):
    writer = ArchiveWriter(path, HEADER)
    writer.append([seen(i, 10 * i) for i in range(5)])
    writer.close()
    reader = ArchiveReader(path)
    assert reader.skip(Position(3, 20, 1))
    assert reader.read(100) == [seen(3, 30), seen(4, 40)]
    assert reader.position == Position(5, 40, 1)
    reader.close()


def test_a_reader_says_when_the_file_is_not_as_far_as_its_caller(path):
    writer = ArchiveWriter(path, HEADER)
    writer.append([seen(0, 10)])
    writer.close()
    reader = ArchiveReader(path)
    assert not reader.skip(Position(3, 20, 1))
    reader.close()
