"""The command that exports a run: by its id or by its file, its words and its exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from consistency_viz.experiments.models import Run
from consistency_viz.observation.history import read_history
from tests.experiments.commands import manage
from tests.observation.exports import simulated, written
from workers.model.observation import Sent


@pytest.fixture
def histories(settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path / "var"
    settings.HISTORIES_DIR = settings.DATA_DIR / "histories"
    settings.HISTORIES_DIR.mkdir(parents=True)
    return settings.HISTORIES_DIR


def export(run: object, export_format: str, out: Path, *more: str) -> tuple[int, str, str]:
    return manage("export", str(run), "--format", export_format, "--out", str(out), *more)


def test_a_run_is_exported_by_its_id(histories: Path, make_run, tmp_path: Path) -> None:
    run = make_run(state=Run.State.FINISHED)
    source = written(run.history_path, Sent("m", "t", "T", "k", ""))
    out = tmp_path / "h.jsonl"
    status, told, err = export(run.id, "native", out)
    assert (status, told.strip(), err) == (0, f"{out}: 1 observations as native, 2 lines", "")
    assert out.read_bytes() == source.read_bytes()


def test_a_history_file_needs_no_database(tmp_path: Path) -> None:
    out = tmp_path / "h.edn"
    status, told, _ = export(simulated("order-flow"), "jepsen", out)
    assert status == 0
    assert "left out, for want of a place: 2" in told
    status, told, _ = manage("check_history", str(out), "--format", "jepsen", "--json")
    named = ["staleness", "read-your-writes"]
    found = {r["checker"]: r["verdict"] for r in json.loads(told)["results"]}
    _, told, _ = manage("check_history", str(simulated("order-flow")), "--json")
    native = {r["checker"]: r["verdict"] for r in json.loads(told)["results"]}
    assert [found[name] for name in named] == [native[name] for name in named]


def test_a_script_reads_one_object(tmp_path: Path) -> None:
    out = tmp_path / "h.log"
    status, told, _ = export(simulated("order-flow"), "shiviz", out, "--json")
    observations = len(read_history(simulated("order-flow"))[1])
    assert status == 0
    assert json.loads(told) == {
        "file": str(out),
        "format": "shiviz",
        "observations": observations,
        "lines": len(out.read_text(encoding="utf-8").splitlines()),
        "left_out": {},
    }


def test_an_unknown_run_is_refused_with_those_there_are(histories: Path, make_run, tmp_path: Path) -> None:
    run = make_run(state=Run.State.FINISHED)
    status, told, err = export("nosuchrun", "native", tmp_path / "h")
    assert (status, told) == (3, "")
    assert f"nosuchrun: there is neither a run of that id nor such a file; the latest runs: {run.id}" in err


@pytest.mark.parametrize("state", [Run.State.PENDING, Run.State.RUNNING, Run.State.DRAINING])
def test_a_run_that_goes_on_is_refused(histories: Path, make_run, tmp_path: Path, state: str) -> None:
    run = make_run(state=state)
    written(run.history_path, Sent("m", "t", "T", "k", ""))
    status, _, err = export(run.id, "native", tmp_path / "h")
    assert (status, f"run {run.id} has not ended ({state}); stop it, or wait until it has" in err) == (3, True)
    assert not (tmp_path / "h").exists()


def test_a_run_without_its_history_is_refused(histories: Path, make_run, tmp_path: Path) -> None:
    run = make_run(state=Run.State.FINISHED)
    status, _, err = export(run.id, "native", tmp_path / "h")
    assert (status, f"run {run.id} has no history any more" in err) == (3, True)


def test_html_is_a_report_of_the_run_for_people(histories: Path, make_run, tmp_path: Path) -> None:
    run = make_run(state=Run.State.FINISHED)
    written(run.history_path, Sent("m", "t", "T", "k", ""))
    out = tmp_path / "h.html"
    status, told, _ = export(run.id, "html", out)
    assert (status, told.strip()) == (0, f"{out}: a report of 1 observations, {out.stat().st_size:,} bytes")
    assert export(run.id, "html", out)[0] == 3


def test_an_existing_file_is_kept_without_force(tmp_path: Path) -> None:
    out = tmp_path / "h.log"
    out.write_text("mine")
    status, _, err = export(simulated("order-flow"), "shiviz", out)
    assert (status, "exists already" in err, out.read_text()) == (3, True, "mine")
    assert export(simulated("order-flow"), "shiviz", out, "--force")[0] == 0
    assert out.read_text().startswith("(?<event>")


@pytest.mark.parametrize("arguments", [(), ("x",), ("x", "--format", "dot", "--out", "y"), ("x", "--format", "native")])
def test_wrong_arguments_are_bad_input(arguments: tuple[str, ...]) -> None:
    status, told, err = manage("export", *arguments)
    assert (status, told) == (3, "")
    assert "error" in err


def test_a_file_that_is_no_native_history_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "h.edn"
    path.write_text("{:type :invoke, :process 0, :f :read, :value nil}\n")
    status, _, err = export(path, "shiviz", tmp_path / "h.log")
    assert (status, "this is a Jepsen history in EDN, not a native one" in err) == (3, True)


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b"])
def test_what_can_be_neither_an_id_nor_a_file_is_refused(db, tmp_path: Path, name: str) -> None:
    status, _, err = export(name, "native", tmp_path / "h")
    assert (status, "there is neither a run of that id nor such a file" in err) == (3, True)
