"""Histories as files: what is written is read, and what is damaged is refused with its place."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency_viz.observation.history import HistoryError, HistoryReader, HistoryWriter, Limits, read_history
from workers.model.history import Header, expand, header_line, line
from workers.model.observation import Applied, Changed, Completed, Delivered, Observation, Sent, Turn

HEADER = Header("scenario", "design", 7, "simulated", ["a", "b"], plan={"seed": 7})
OBSERVATIONS = [
    Observation(0, 5, "a", Changed("a.1", "up", 1)),
    Observation(1, 5, "a", Applied("k", {"status": "placed", "tags": ["x", None, True]}, "u", 1)),
    Observation(2, 9, "b", Delivered("m", "t", "T", "k", "a", 5, 1)),
    Observation(3, 9, "c", Completed("o", "s", "read", "k", "info", None, "timeout")),
]
HEAD = header_line(HEADER)
LINES = [HEAD, *(line(o) for o in OBSERVATIONS)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    return folder / "run.jsonl"


def refused(path: Path, *lines: bytes, limits: Limits | None = None, end: bytes = b"\n") -> HistoryError:
    """The error of reading a file of these lines to its end."""
    path.write_bytes(b"\n".join(lines) + end)
    with pytest.raises(HistoryError) as caught:
        read_history(path, limits or Limits())
    assert str(caught.value).startswith(str(path))
    assert str(caught.value).endswith("; " + caught.value.remedy)
    return caught.value


def with_field(observation: Observation, **fields: Any) -> bytes:
    """A line with fields set, or removed where the value is ``...``."""
    plain = msgspec.json.decode(line(observation)) | fields
    return msgspec.json.encode({name: value for name, value in plain.items() if value is not ...})


def test_what_was_written_is_read(path: Path) -> None:
    with HistoryWriter(path, HEADER) as writer:
        for observation in OBSERVATIONS:
            writer.append(observation)
    assert read_history(path) == (HEADER, OBSERVATIONS)
    assert path.read_bytes() == b"\n".join(LINES) + b"\n"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.tuples(st.integers(0, 3), st.text(max_size=5), json_values), max_size=12))
@settings(max_examples=60, deadline=None)
def test_any_value_survives_the_file(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, str, Any]]
) -> None:
    path = tmp_path_factory.mktemp("h") / "run.jsonl"
    turns, at_us = [], 0
    for dt_us, key, value in steps:
        at_us += dt_us
        turns.append((at_us, Turn("a", "a.1", 1, [Applied(key, value, "u"), Sent("m", "t", "T", key, "c")])))
    with HistoryWriter(path, HEADER) as writer:
        for observation in expand(turns):
            writer.append(observation)
    assert read_history(path) == (HEADER, list(expand(turns)))


def test_gzip_is_read_whatever_its_name(path: Path) -> None:
    path.write_bytes(gzip.compress(b"\n".join(LINES) + b"\n"))
    assert read_history(path) == (HEADER, OBSERVATIONS)


@pytest.mark.parametrize("packed", [False, True])
def test_a_hyphen_is_standard_input(monkeypatch: pytest.MonkeyPatch, packed: bool) -> None:
    content = b"\n".join(LINES) + b"\n"
    stdin = io.TextIOWrapper(io.BytesIO(gzip.compress(content) if packed else content))
    monkeypatch.setattr("sys.stdin", stdin)
    assert read_history("-") == (HEADER, OBSERVATIONS)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    with pytest.raises(HistoryError, match=r"^standard input, line 1: the file is empty"):
        read_history("-")


def test_a_reader_says_how_far_it_is(path: Path) -> None:
    path.write_bytes(b"\n".join(LINES) + b"\n")
    with HistoryReader(path) as reader:
        stream = iter(reader)
        next(stream)
        assert (reader.header, reader.observations, reader.last_us) == (HEADER, 1, 5)


def test_a_last_line_without_its_newline_is_whole(path: Path) -> None:
    path.write_bytes(b"\n".join(LINES))
    assert read_history(path)[1] == OBSERVATIONS


def test_a_history_may_have_no_observations(path: Path) -> None:
    path.write_bytes(HEAD + b"\n")
    assert read_history(path) == (HEADER, [])


@pytest.mark.parametrize("cut", [1, 30, 60])
def test_a_last_line_cut_short_is_an_error(path: Path, cut: int) -> None:
    error = refused(path, *LINES[:3], LINES[3][:-cut], end=b"")
    assert (error.line, error.field) == (4, "")
    assert "cut short" in error.problem


@pytest.mark.parametrize(
    ("fields", "field", "problem"),
    [
        ({"index": 3}, "index", "3 where 2 was due: lines are missing"),
        ({"index": 1}, "index", "1 where 2 was due: lines are repeated or reordered"),
        ({"index": "2"}, "index", "Expected `int`, got `str`"),
        ({"index": True}, "index", "Expected `int`, got `bool`"),
        ({"at_us": 4}, "at_us", "4 is before 5"),
        ({"at_us": 9.5}, "at_us", "Expected `int`, got `float`"),
        ({"kind": "delievered"}, "kind", "Invalid value 'delievered'"),
        ({"kind": ["delivered"]}, "kind", "Expected `str`"),
        ({"kind": ...}, "kind", "missing required field `kind`"),
        ({"node": ...}, "node", "missing required field `node`"),
        ({"source": ...}, "source", "missing required field `source`"),
        ({"sent_us": None}, "sent_us", "Expected `int`, got `null`"),
        ({"colour": "red"}, "colour", "unknown field `colour`"),
    ],
)
def test_a_wrong_field_is_named_with_its_line_and_value(
    path: Path, fields: dict[str, Any], field: str, problem: str
) -> None:
    error = refused(path, *LINES[:3], with_field(OBSERVATIONS[2], **fields), LINES[4])
    assert (error.file, error.line, error.field) == (str(path), 4, field)
    assert problem in error.problem
    assert error.value == (None if fields[field] is ... else fields[field]) if field in fields else error.value is None
    assert f"line 4, field {field}: " in str(error)


def test_a_wrong_state_is_named(path: Path) -> None:
    error = refused(path, HEAD, with_field(OBSERVATIONS[0], state="dead"))
    assert (error.field, error.value, error.problem) == (
        "state",
        "dead",
        "Invalid enum value 'dead' - at `$.state`, in 'dead'",
    )


def test_the_first_observation_has_index_0(path: Path) -> None:
    assert refused(path, HEAD, *LINES[2:]).field == "index"


def test_a_time_before_0_is_refused(path: Path) -> None:
    assert refused(path, HEAD, with_field(OBSERVATIONS[0], at_us=-1)).field == "at_us"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"", "an empty line"),
        (b"{", "not JSON"),
        (b"[]", "Expected `object`"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 9999, ""),
    ],
)
def test_a_line_that_is_no_observation_is_refused(path: Path, line: bytes, problem: str) -> None:
    error = refused(path, HEAD, LINES[1], line, LINES[3])
    assert error.line == 3
    assert problem in error.problem


def test_a_value_nested_too_deeply_is_refused(path: Path) -> None:
    deep = LINES[2].replace(b'"status":"placed"', b'"status":' + b"[" * 9999 + b"]" * 9999)
    assert refused(path, HEAD, LINES[1], deep).problem == "nested too deeply"


@pytest.mark.parametrize("version", [0, 4, "1", True, None])
def test_a_version_that_is_not_known_is_refused(path: Path, version: Any) -> None:
    plain = msgspec.json.decode(HEAD) | {"history": version}
    error = refused(path, msgspec.json.encode(plain), *LINES[1:])
    assert (error.line, error.field, error.value) == (1, "history", version)
    assert "reads versions 1 to 3" in error.remedy


def test_a_missing_header_is_said_to_be_missing(path: Path) -> None:
    error = refused(path, *LINES[1:])
    assert (error.line, error.field) == (1, "history")
    assert error.problem.endswith("it is an observation")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"replicas": "a"}, "replicas"),
        ({"seed": "x"}, "seed"),
        ({"sede": 1}, "sede"),
        ({"replicas": ["a", "a"]}, "replicas"),
    ],
)
def test_a_wrong_header_is_refused(path: Path, fields: dict[str, Any], field: str) -> None:
    error = refused(path, msgspec.json.encode(msgspec.json.decode(HEAD) | fields), *LINES[1:])
    assert (error.line, error.field) == (1, field)


@pytest.mark.parametrize(
    "first",
    [
        b"{:type :invoke, :f :read, :value nil, :process 0, :time 12, :index 0}",
        b"[{:process 0, :type :ok}",
        b'#jepsen.history.Op{:index 0, :time 3, :type :invoke, :process 0, :f :txn, :value [[:r "x" nil]]}',
        b'{"type":"invoke","f":"read","value":null,"process":0,"time":12,"index":0}',
    ],
)
def test_a_jepsen_history_is_recognised_and_its_format_named(path: Path, first: bytes) -> None:
    error = refused(path, first)
    assert "Jepsen" in error.problem
    assert error.remedy == "read it with --format jepsen"


@pytest.mark.parametrize(
    ("first", "problem"),
    [
        (b"", "first line is empty"),
        (b"hello", "not JSON"),
        (b"(?<event>.*)\\n(?<host>\\S*) (?<clock>{.*})", "ShiViz"),
        (b'{"specversion":"1.0","id":"1"}', "CloudEvents"),
        (b"{}", "no header"),
        (b"[1]", "no header"),
        (b"\x80\x81", "not JSON"),
    ],
)
def test_another_file_is_refused(path: Path, first: bytes, problem: str) -> None:
    error = refused(path, first, b"")
    assert error.line == 1
    assert problem in error.problem


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="cannot be opened: No such file"):
        read_history(tmp_path / "none.jsonl")
    with pytest.raises(HistoryError, match="is a folder"):
        read_history(tmp_path)


def test_a_damaged_gzip_file_is_refused(path: Path) -> None:
    packed = gzip.compress(b"\n".join(LINES) + b"\n")
    for damaged in (packed[:-12], packed[:30] + b"zzzz" + packed[34:], packed[:6]):
        path.write_bytes(damaged)
        with pytest.raises(HistoryError, match="damaged or cut short"):
            read_history(path)


def test_limits_come_before_parsing(path: Path) -> None:
    size = sum(len(raw) + 1 for raw in LINES)
    assert "larger than 100 bytes" in refused(path, *LINES, limits=Limits(file_bytes_max=100)).problem
    assert refused(path, *LINES, limits=Limits(lines_max=3)).line == 5
    long_line = refused(path, HEAD, LINES[1], b"x" * 500, limits=Limits(line_bytes_max=400))
    assert (long_line.line, long_line.problem) == (3, "a line longer than 400 bytes")
    path.write_bytes(b"\n".join(LINES) + b"\n")
    assert read_history(path, Limits(size, max(map(len, LINES)) + 1, 4)) == (HEADER, OBSERVATIONS)


def test_a_small_gzip_file_cannot_unpack_beyond_the_limit(path: Path) -> None:
    many = (line(Observation(i, 5, "a", Sent("m", "t", "T", "k", "c"))) for i in range(500))
    packed = gzip.compress(b"\n".join([HEAD, *many]))
    path.write_bytes(packed)
    with pytest.raises(HistoryError, match=f"larger than {len(packed):,} bytes"):
        read_history(path, Limits(file_bytes_max=len(packed)))


@pytest.mark.parametrize("packed", [False, True])
def test_a_line_without_end_is_not_held_in_memory(path: Path, packed: bool) -> None:
    content = HEAD + b"\n" + b" " * 40_000_000
    path.write_bytes(gzip.compress(content, 1) if packed else content)
    del content
    tracemalloc.start()
    with pytest.raises(HistoryError, match="a line longer than"):
        read_history(path)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 8 * Limits().line_bytes_max


def test_a_file_is_never_there_without_its_header(path: Path) -> None:
    writer = HistoryWriter(path, HEADER)
    assert read_history(path) == (HEADER, [])
    writer.append(OBSERVATIONS[0])
    writer.flush()
    assert read_history(path) == (HEADER, OBSERVATIONS[:1])
    writer.close()
    writer.close()
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_writer_that_cannot_begin_leaves_what_was_there(path: Path) -> None:
    path.write_text("old")
    with pytest.raises(TypeError):
        HistoryWriter(path, Header("s", "d", 1, "x", [object()]))  # type: ignore[list-item]
    assert (path.read_text(), [p.name for p in path.parent.iterdir()]) == ("old", [path.name])


@pytest.mark.parametrize(
    "wrong", [Observation(2, 9, "a", OBSERVATIONS[1].body), Observation(1, 4, "a", OBSERVATIONS[1].body)]
)
def test_a_writer_refuses_what_is_out_of_order(path: Path, wrong: Observation) -> None:
    with HistoryWriter(path, HEADER) as writer:
        writer.append(OBSERVATIONS[0])
        with pytest.raises(ValueError, match="append in recorder order"):
            writer.append(wrong)
    assert read_history(path) == (HEADER, OBSERVATIONS[:1])
