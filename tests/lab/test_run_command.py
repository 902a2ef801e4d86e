"""A live run on the command line: on a stack of its own, with nothing left of it but what was asked for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from consistency_viz.lab.stack import PROJECT
from consistency_viz.observation.history import HistoryReader
from tests.lab.helpers import processes_of, until

SHORT = ("order-flow", "--set", "workload.orders=20", "--set", "workload.orders_per_s=40")
SENT = "expect=[{{metric: work.messages.sent, at_least: {}, because: Somebody spoke.}}]"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def begin(home: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env={**os.environ, "CV_DATA_DIR": str(home), "REDIS_URL": "", "DATABASE_URL": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def manage(home: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error, in a process of its own."""
    process = begin(home, *arguments)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def left_behind(home: Path) -> list[str]:
    return [path.name for path in home.iterdir() if path.name.startswith("run-")]


@pytest.mark.stack
def test_a_run_plays_to_its_end_and_leaves_its_report_its_history_and_nothing_else(home: Path, tmp_path: Path) -> None:
    history, page = tmp_path / "history.jsonl", tmp_path / "report.html"
    status, out, err = manage(
        home, "run", *SHORT, "--set", SENT.format(1), "--seed", "11", "--json",
        "--history", str(history), "--html", str(page),
    )  # fmt: skip
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert (found["scenario"], found["seed"], found["state"]) == ("order-flow", 11, "finished")
    assert (found["expectations"]["verdict"], found["exit_status"]) == ("passed", 0)
    assert found["metrics"]["work"]["operations"]["place"] == {"ok": 20}
    assert found["metrics"]["work"]["operations_open"] == 0
    assert "order-flow, seed 11, live: finished" in page.read_text()
    assert left_behind(home) == []
    assert processes_of(home) == []

    with HistoryReader(history) as reader:
        assert (reader.header.scenario, reader.header.seed, reader.header.driver) == ("order-flow", 11, "live")
        assert sum(1 for _ in reader) == found["observations"]
    _, out, _ = manage(home, "check_history", str(history), "--json")
    report = json.loads(out)
    assert report["verdict"] == found["verdict"]
    assert report["results"] == found["results"]


@pytest.mark.stack
def test_a_live_run_that_fails_its_expectations_exits_with_1(home: Path) -> None:
    found, out, err = manage(home, "run", *SHORT, "--set", SENT.format(1_000_000), "--json")
    report = json.loads(out)
    assert (found, report["exit_status"], report["expectations"]["verdict"]) == (1, 1, "failed"), err


@pytest.mark.stack
def test_a_run_that_is_interrupted_is_recorded_reported_and_cleaned_up(home: Path, tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    process = begin(home, "run", "demo", "--json", "--history", str(history))
    recorded = lambda: [path for path in home.glob("run-*/history.jsonl*") if path.stat().st_size > 5_000]  # noqa: E731
    assert until(recorded, timeout_s=30)
    began_s = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert time.monotonic() - began_s < 15
    found = json.loads(out)
    assert (process.returncode, found["state"], found["reason"]) == (1, "stopped", "stopped by hand"), err
    with HistoryReader(history) as reader:
        assert sum(1 for _ in reader) == found["observations"] > 0
    assert left_behind(home) == []
    assert processes_of(home) == []


@pytest.mark.parametrize("option", ["--history", "--html"])
def test_a_report_that_could_not_be_kept_is_refused_before_anything_starts(home: Path, option: str) -> None:
    status, out, err = manage(home, "run", *SHORT, option, str(home / "no-such-folder" / "report"))
    assert (status, out) == (3, "")
    assert f"{option} {home}/no-such-folder/report: cannot write it: No such file or directory. Name a file" in err
    assert left_behind(home) == []


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (("no-such",), "choose one of one-truth, pull-the-plug, where-is-my-order"),
        ((*SHORT, "--set", "partitions=0"), "partitions = 0"),
        ((*SHORT, "--seed", "many"), "invalid int value"),
        ((*SHORT, "--seed", "-1"), "seed = -1"),
    ],
)
def test_wrong_input_exits_with_3_and_says_what_would_be_right(
    home: Path, arguments: tuple[str, ...], remedy: str
) -> None:
    status, out, err = manage(home, "run", *arguments)
    assert (status, out) == (3, "")
    assert remedy in err
    assert left_behind(home) == []
