"""What is no Jepsen history is refused with its place and a remedy; each file of ``jepsen/bad`` tells its own."""

from __future__ import annotations

import contextlib
import gzip
import io
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consistency_viz.checkers.verdict import Verdict
from consistency_viz.observation.checking import check_file
from consistency_viz.observation.formats import jepsen
from consistency_viz.observation.formats.jepsen import JepsenReader
from consistency_viz.observation.history import HistoryError, Limits

FILES = sorted((Path(__file__).parent / "jepsen" / "bad").glob("*.edn"), key=lambda path: path.name)
INVOKE = '{"type":"invoke","process":0,"f":"write","value":1}'
OK = '{"type":"ok","process":0,"f":"write","value":1}'


def refused(path: Path, limits: Limits | None = None, *, keyed: bool | None = None) -> HistoryError:
    with pytest.raises(HistoryError) as caught:
        check_file(path, (), "jepsen", limits or Limits(), keyed=keyed)
    return caught.value


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_error_is_told_with_its_place(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    told = dict(re.findall(r"^; (\w+) ?(.*)$", text, re.MULTILINE))
    error = refused(path)
    assert (error.file, error.line, error.field) == (str(path), int(told["line"]), told["field"])
    assert told["problem"] in error.problem
    assert told["remedy"] in error.remedy


def test_the_message_is_one_line_for_a_person() -> None:
    path = next(path for path in FILES if path.stem == "time-goes-backwards")
    assert str(refused(path)) == (
        f"{path}, line 6, field time: 9 is before 10, where the history was: time never goes backwards; "
        "sort the events by :time if it is of one clock, else take the :time out: then their order counts"
    )


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", 0, "the file is empty"),
        (INVOKE + "\n" + OK[:-5], 2, "the last event is cut short"),
        (INVOKE + "\n" + OK.replace('"process":', '"process"'), 2, "not JSON"),
        (INVOKE + "\n" + OK.replace('"ok"', '"done"'), 2, "'done' is no type of event"),
        ("[" + INVOKE, 1, "the vector of events is not closed"),
        (INVOKE + "\nnull\n" + OK, 2, "not JSON"),
        ("\n" * 3 + "[1]", 4, "1 is no event"),
        (INVOKE + "\n" + OK.replace('"value"', '"value":2,"value"'), 2, "the member 'value' is there twice"),
        (INVOKE.replace("1}", '{"a":1,"a":2}}'), 1, "the member 'a' is there twice"),
        (INVOKE.replace("1}", "[" * 2000 + "]" * 2000 + "}"), 1, "nested too deeply"),
    ],
)
def test_json_is_refused_alike(tmp_path: Path, text: str, line: int, problem: str) -> None:
    path = tmp_path / "h.jsonl"
    path.write_text(text, encoding="utf-8")
    error = refused(path)
    assert (error.line, problem in error.problem) == (line, True), str(error)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "h.edn"
    path.write_bytes(b'\n{:type :invoke, :process 0, :f :write, :value "\xff"}\n')
    error = refused(path)
    assert (error.line, "not UTF-8" in error.problem) == (2, True)


@pytest.mark.parametrize("history_format", ["native", "jepsen"])
@pytest.mark.parametrize(
    ("begin", "what"),
    [
        (b"\x89PNG\r\n\x1a\n", "a picture (PNG)"),
        (b"PK\x03\x04", "a zip archive"),
        (b"JEPSEN\x00\x01", "Jepsen's binary store"),
        (INVOKE.encode("utf-16"), "text in UTF-16"),
        (b"\x00" * 100, "a binary file"),
    ],
)
def test_what_is_no_text_is_called_by_its_name(tmp_path: Path, begin: bytes, what: str, history_format: str) -> None:
    path = tmp_path / "h"
    path.write_bytes(begin + b"}\n]" * 10)
    with pytest.raises(HistoryError) as caught:
        check_file(path, (), history_format)
    assert (caught.value.line, caught.value.problem) == (0, f"this is {what}, and no history")


def test_colons_within_texts_and_objects_are_no_members_twice(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    path.write_text(INVOKE.replace("1}", '{"a": "b:c", "d": {"a": 1}}}') + "\n", encoding="utf-8")
    assert check_file(path, ["linearizable-register"], "jepsen").observations == 1


def test_limits_come_first(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    path.write_text(f"{INVOKE}\n{OK}\n", encoding="utf-8")
    assert "larger than 60 bytes" in refused(path, Limits(file_bytes_max=60)).problem
    assert "a map longer than 48 bytes" in refused(path, Limits(line_bytes_max=48)).problem
    error = refused(path, Limits(lines_max=1))
    assert (error.line, error.problem) == (2, "more than 1 events")


def test_no_limit_allows_more_events_than_memory_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jepsen, "EVENTS_MAX", 1)
    path = tmp_path / "h.jsonl"
    path.write_text(f"{INVOKE}\n{OK}\n", encoding="utf-8")
    assert refused(path).problem == "more than 1 events"


def test_a_long_map_is_refused_before_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "h.edn"
    path.write_text("{:type :invoke, :value [" + "1 " * 200_000, encoding="utf-8")
    assert "a map longer than 100,000 bytes" in refused(path, Limits(line_bytes_max=100_000)).problem


def test_a_compressed_file_is_measured_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "h.edn.gz"
    path.write_bytes(gzip.compress(b" " * 10_000_000))
    assert "larger than 1,000,000 bytes" in refused(path, Limits(file_bytes_max=1_000_000)).problem


def test_gzip_and_standard_input_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(f"{INVOKE}\n{OK}\n".encode())
    path = tmp_path / "h.jsonl.gz"
    path.write_bytes(packed)
    assert JepsenReader(path).observations == 2
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(packed)))
    assert JepsenReader("-").observations == 2


def test_an_empty_vector_is_a_history_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "h.edn"
    path.write_text("[]", encoding="utf-8")
    assert check_file(path, (), "jepsen").verdict == "unknown"


def test_what_was_said_of_keys_is_held_to(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    path.write_text(f"{INVOKE}\n{OK}\n", encoding="utf-8")
    error = refused(path, keyed=True)
    assert (error.line, error.field, error.problem) == (1, "value", "1 is no [key value]")


PIECES = ["{", "}", "[", "]", "#{", '"', "\\", ";", "#_", "nil", ":nemesis", "-1", "1.5", ":info", ":invoke", "[1 nil]"]
PIECES += [
    ':consistency-viz {"op" "x"}',
    "##NaN",
    "9" * 30,
    ":start",
    ":txn",
    ":cas",
    "[[:r 1 nil]]",
    "\n",
    "\x00",
    "é",
]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from([*FILES, *sorted((FILES[0].parents[1] / "good").glob("*.edn"))]),
    places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 6), st.sampled_from(["", *PIECES])), max_size=3),
    keyed=st.sampled_from([None, True, False]),
)
def test_a_damaged_file_is_read_or_refused_and_nothing_else(
    tmp_path: Path, path: Path, places: list[tuple[float, int, str]], keyed: bool | None
) -> None:
    text = path.read_text(encoding="utf-8")
    for where, cut, piece in places:
        at = int(where * len(text))
        text = text[:at] + piece + text[at + cut :]
    damaged = tmp_path / "h.edn"
    damaged.write_text(text, encoding="utf-8")
    with contextlib.suppress(HistoryError):
        assert check_file(damaged, (), "jepsen", keyed=keyed).verdict in Verdict
