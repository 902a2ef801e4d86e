"""The command that checks a recorded history: its exit status, its words and its JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand

from consistency_viz.checkers.registry import UnknownCheckerError
from consistency_viz.checkers.verdict import Verdict
from consistency_viz.experiments.management.commands.check_history import Command
from consistency_viz.observation.checking import BadRequestError, check_file
from consistency_viz.observation.history import HistoryError, HistoryWriter
from workers.model.history import Header
from workers.model.observation import Applied, Observation


def written(path: Path, *replicas_applying: str, scenario: str = "orders") -> Path:
    """A history of two replicas; each named one applies the one update, one millisecond after the other."""
    with HistoryWriter(path, Header(scenario, "broadcast", 7, "simulated", ["view-1", "view-2"])) as writer:
        for i, replica in enumerate(replicas_applying):
            writer.append(Observation(i, (i + 1) * 1000, replica, Applied("k", {"status": "placed"}, "k:placed", 1)))
    return path


@pytest.fixture
def passing(tmp_path: Path) -> Path:
    return written(tmp_path / "passing.jsonl", "view-1", "view-2")


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    return written(tmp_path / "failing.jsonl", "view-1")


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    return written(tmp_path / "empty.jsonl")


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of the command, called as ``manage.py`` calls it."""
    out, err = io.StringIO(), io.StringIO()
    command: BaseCommand = Command(stdout=out, stderr=err)
    with pytest.raises(SystemExit) as exit_:
        command.run_from_argv(["manage.py", "check_history", *arguments])
    return int(exit_.value.code or 0), out.getvalue(), err.getvalue()


@pytest.mark.parametrize(("name", "status"), [("passing", 0), ("failing", 1), ("empty", 2)])
@pytest.mark.parametrize("as_json", [False, True])
def test_the_exit_status_is_the_verdict(request: pytest.FixtureRequest, name: str, status: int, as_json: bool) -> None:
    path = request.getfixturevalue(name)
    assert run(str(path), *(["--json"] if as_json else []))[0] == status


def test_call_command_exits_alike(failing: Path) -> None:
    with pytest.raises(SystemExit) as exit_:
        call_command("check_history", str(failing), stdout=io.StringIO())
    assert exit_.value.code == 1


def test_a_person_reads_a_table_and_the_witnesses(failing: Path) -> None:
    _, out, _ = run(str(failing))
    assert "orders / broadcast, seed 7, simulated: 1 observations in 1 ms" in out
    assert "divergence windows" in out
    joined = " ".join(out.split())
    assert (
        "key k still differed when the run ended: view-1 showed status=placed since 1 ms, view-2 showed nothing"
        in joined
    )
    assert "[observations 0]" in joined
    assert out.rstrip().endswith("Verdict: failed")


def test_a_script_reads_one_object(failing: Path) -> None:
    _, out, err = run(str(failing), "--json")
    report = json.loads(out)
    assert (report["verdict"], report["observations"], report["end_us"], err) == ("failed", 1, 1000, "")
    assert report["header"]["scenario"] == "orders"
    result = report["results"][0]
    assert (result["checker"], result["verdict"]) == ("divergence", "failed")
    assert result["witnesses"][0]["indices"] == [0]
    assert result["metrics"]["value"]["all"]["windows_open"] == 1


def test_a_named_checker_runs_alone(passing: Path) -> None:
    _, out, _ = run(str(passing), "--json", "--checker", "divergence", "--checker", "divergence")
    assert [result["checker"] for result in json.loads(out)["results"]] == ["divergence"]


def test_an_unknown_checker_is_refused_with_the_names_there_are(passing: Path) -> None:
    status, out, err = run(str(passing), "--checker", "divergance")
    assert (status, out) == (3, "")
    assert "'divergance'" in err
    assert "use one of divergence" in err


def test_a_bad_file_is_refused_with_its_place(failing: Path) -> None:
    failing.write_text(failing.read_text().replace('"index":0', '"index":4'))
    status, out, err = run(str(failing), "--json")
    assert (status, out) == (3, "")
    assert f"{failing}, line 2, field index: 4 where 0 was due" in err


JEPSEN = """{:type :invoke, :f :write, :value [1 5], :process 0, :time 1000000, :index 0}
{:type :ok, :f :write, :value [1 5], :process 0, :time 2000000, :index 1}
{:type :invoke, :f :read, :value [1 nil], :process 1, :time 3000000, :index 2}
{:type :ok, :f :read, :value [1 %s], :process 1, :time 4000000, :index 3}
"""


@pytest.mark.parametrize(("value", "status"), [("5", 0), ("nil", 1), ("6", 1)])
def test_a_jepsen_history_is_checked_by_all_and_those_without_evidence_do_not_decide(
    tmp_path: Path, value: str, status: int
) -> None:
    path = tmp_path / "h.edn"
    path.write_text(JEPSEN % value)
    assert run(str(path), "--format", "jepsen")[0] == status
    assert run(str(path), "--format", "jepsen", "--checker", "linearizable-register")[0] == status
    assert run(str(path), "--format", "jepsen", "--checker", "set-full")[0] == 2


def test_a_jepsen_report_says_what_was_read_and_how_it_was_understood(tmp_path: Path) -> None:
    path = tmp_path / "h.edn"
    path.write_text(JEPSEN % "nil")
    _, out, _ = run(str(path), "--format", "jepsen")
    assert "h.edn, jepsen: 4 events in 4 ms" in out
    assert "every value was taken for [key value]; --not-keyed says otherwise" in out
    assert "divergence windows" not in out
    _, out, _ = run(str(path), "--format", "jepsen", "--json", "--checker", "linearizable-register")
    report = json.loads(out)
    assert report["results"][0]["witnesses"][0]["indices"] == [0, 1, 2, 3]
    assert (report["header"]["driver"], report["observations"]) == ("jepsen", 4)


def test_what_values_mean_can_be_said(tmp_path: Path, passing: Path) -> None:
    path = tmp_path / "h.edn"
    path.write_text(JEPSEN % "nil")
    assert run(str(path), "--format", "jepsen", "--not-keyed")[0] == 1
    assert run(str(path), "--format", "jepsen", "--keyed", "--not-keyed")[0] == 3
    status, _, err = run(str(passing), "--keyed")
    assert (status, "leave --keyed and --not-keyed to --format jepsen" in err) == (3, True)


def test_each_format_names_the_other(tmp_path: Path, passing: Path) -> None:
    path = tmp_path / "h.edn"
    path.write_text(JEPSEN % "5")
    status, out, err = run(str(path))
    assert (status, out) == (3, "")
    assert "read it with --format jepsen" in err
    status, out, err = run(str(passing), "--format", "jepsen")
    assert (status, out) == (3, "")
    assert "line 1: this is a native history, not a Jepsen one; read it with --format native" in err


@pytest.mark.parametrize("arguments", [(), ("x", "--format", "edn"), ("x", "--colour"), ("none.jsonl",)])
def test_wrong_arguments_exit_with_bad_input_and_never_with_unknown(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (3, "")
    assert "rror" in err + capsys.readouterr().err


def test_wrong_arguments_of_a_caller_raise_with_the_status() -> None:
    with pytest.raises(CommandError) as caught:
        call_command("check_history")
    assert caught.value.returncode == 3


def test_what_a_file_says_cannot_drive_the_terminal_nor_the_markup(tmp_path: Path) -> None:
    path = written(tmp_path / "h.jsonl", "view-1", scenario="\x1b[2J[bold]x[/nonsense]")
    _, out, _ = run(str(path))
    assert "\x1b" not in out
    assert "[2J[bold]x[/nonsense] / broadcast" in out


def test_the_logic_is_a_function(passing: Path, failing: Path) -> None:
    assert check_file(passing).verdict is Verdict.PASSED
    assert check_file(failing, ["divergence"]).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"names": ["x"]}, UnknownCheckerError),
        ({"history_format": "edn"}, BadRequestError),
        ({"keyed": True}, BadRequestError),
        ({"names": ["x"], "history_format": "jepsen"}, UnknownCheckerError),
    ],
)
def test_a_wrong_request_is_refused_before_the_file_is_opened(
    arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        check_file("there-is-no-such-file", **arguments)
    with pytest.raises(HistoryError):
        check_file("there-is-no-such-file")
