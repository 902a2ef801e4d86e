"""Exports are whole or not there, packed where their name says so, and refused before anything is read."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from consistency_viz.observation.checking import BadRequestError, check_file
from consistency_viz.observation.exporting import EXPORT_FORMATS, export_file
from consistency_viz.observation.history import HistoryError
from tests.observation.exports import simulated, written
from workers.model.observation import Applied, Sent

OUT = {"native": "h.jsonl", "jepsen": "h.edn", "shiviz": "h.log", "cloudevents": "h.json"}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "from"
    folder.mkdir()
    return written(folder / "source.jsonl", Sent("m", "t", "T", "k", ""), Applied("k", 1, "u"))


def test_every_format_has_its_writer() -> None:
    assert [*OUT] == list(EXPORT_FORMATS)


def test_a_native_export_is_the_history(tmp_path: Path) -> None:
    source, out, packed = simulated("order-flow"), tmp_path / "h.jsonl", tmp_path / "h.jsonl.gz"
    done = export_file(source, "native", out)
    assert out.read_bytes() == source.read_bytes()
    assert (done.lines, done.left_out) == (done.observations + 1, {})
    export_file(source, "native", packed)
    assert gzip.decompress(packed.read_bytes()) == source.read_bytes()
    assert check_file(packed, ["divergence"]).observations == done.observations
    export_file(packed, "native", tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == source.read_bytes()


@pytest.mark.parametrize("export_format", OUT)
def test_equal_histories_are_equal_files(tmp_path: Path, source: Path, export_format: str) -> None:
    first, second = tmp_path / f"a-{OUT[export_format]}.gz", tmp_path / f"b-{OUT[export_format]}.gz"
    export_file(source, export_format, first)
    export_file(source, export_format, second)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes()[3:8] == bytes(5)  # no name, no time
    plain = tmp_path / OUT[export_format]
    export_file(source, export_format, plain)
    assert gzip.decompress(first.read_bytes()) == plain.read_bytes()


@pytest.mark.parametrize("export_format", OUT)
def test_a_file_that_exists_is_replaced_only_by_force(tmp_path: Path, source: Path, export_format: str) -> None:
    out = tmp_path / OUT[export_format]
    out.write_text("mine")
    with pytest.raises(BadRequestError, match="exists already; name another file, or replace it with --force"):
        export_file(source, export_format, out)
    assert out.read_text() == "mine"
    export_file(source, export_format, out, force=True)
    assert out.read_text() != "mine"


@pytest.mark.parametrize("export_format", OUT)
def test_a_damaged_history_leaves_nothing_behind(tmp_path: Path, source: Path, export_format: str) -> None:
    source.write_bytes(source.read_bytes()[:-5])
    out = tmp_path / "to" / OUT[export_format]
    out.parent.mkdir()
    with pytest.raises(HistoryError, match="line 3: the last line is cut short"):
        export_file(source, export_format, out)
    assert names(out.parent) == []
    out.write_text("mine")
    with pytest.raises(HistoryError):
        export_file(source, export_format, out, force=True)
    assert (names(out.parent), out.read_text()) == ([out.name], "mine")


@pytest.mark.parametrize(
    ("export_format", "name", "problem"),
    [
        ("pdf", "h.pdf", "format 'pdf' is not known; use one of native, jepsen"),
        ("jepsen", "h.txt", r"the ending does not say how .* name the file \*.edn, \*.json, \*.jsonl"),
        ("jepsen", "h.gz", "the ending does not say"),
        ("shiviz", "no/such/folder.log", "there is no folder"),
        ("shiviz", ".", "is a folder; name a file in it"),
    ],
)
def test_what_cannot_be_is_refused_before_the_history_is_opened(
    tmp_path: Path, export_format: str, name: str, problem: str
) -> None:
    with pytest.raises(BadRequestError, match=problem):
        export_file("there-is-no-such-file", export_format, tmp_path / name)
    assert names(tmp_path) == []


def test_a_history_is_never_exported_over_itself(source: Path) -> None:
    before = source.read_bytes()
    with pytest.raises(BadRequestError, match="is the history itself"):
        export_file(source, "native", source, force=True)
    assert source.read_bytes() == before


def test_what_another_wrote_meanwhile_is_kept(tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "h.log"
    fsync = os.fsync

    def others_write(descriptor: int) -> None:
        out.write_text("theirs")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", others_write)
    with pytest.raises(BadRequestError, match="exists by now"):
        export_file(source, "shiviz", out)
    assert (out.read_text(), names(tmp_path)) == ("theirs", ["from", "h.log"])


def test_what_has_no_place_is_counted(tmp_path: Path, source: Path) -> None:
    assert export_file(source, "jepsen", tmp_path / "h.edn").left_out == {"applied": 1, "sent": 1}
    assert export_file(source, "cloudevents", tmp_path / "h").left_out == {"applied": 1}
    assert export_file(source, "shiviz", tmp_path / "h.log").left_out == {}
