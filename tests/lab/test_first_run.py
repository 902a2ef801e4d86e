from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from consistency_viz.experiments import runs
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.models import Run
from consistency_viz.lab import first_run
from consistency_viz.lab.errors import LabError
from consistency_viz.lab.ports import free_port
from tests.lab.helpers import processes_of


class Control:
    """A stand-in for the remote control of runs: it knows some of them."""

    def __init__(self, *known: str) -> None:
        self.known = known
        self.stopped: list[tuple[str, str]] = []

    def run_status(self, client: object, run: str) -> object:
        return object() if run in self.known else None

    def stop_run(self, client: object, run: str, reason: str) -> None:
        self.stopped.append((run, reason))


def add_run(name: str, state: str = Run.State.RUNNING) -> Run:
    return Run.objects.create(
        id=name, scenario="demo", title="Demo", design="broadcast", document={}, seed=1, state=state
    )


def test_a_scenario_that_is_not_in_the_catalogue_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [SimpleNamespace(name="lost-mail"), SimpleNamespace(name="two-writers")]
    monkeypatch.setattr(first_run.stack, "catalogue", lambda: names)
    first_run.check_scenario("two-writers")
    with pytest.raises(LabError, match=r"--scenario lost: there is no such scenario\. Choose one of lost-mail, two-wr"):
        first_run.check_scenario("lost")


def test_the_scenario_that_the_command_starts_by_default_exists() -> None:
    from consistency_viz.lab.management.commands.lab import SCENARIO_DEFAULT

    first_run.check_scenario(SCENARIO_DEFAULT)


def test_a_refusal_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise CommandRefused("4 runs are active already.", "Stop one of them first.")

    monkeypatch.setattr(runs, "start_run", refuse)
    with pytest.raises(LabError) as caught:
        first_run.start("demo", None)
    assert str(caught.value) == "The scenario demo was not started: 4 runs are active already. Stop one of them first."


@pytest.mark.django_db
def test_runs_that_were_left_behind_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    control = Control("kept")
    monkeypatch.setattr(first_run.stack, "client", object)
    monkeypatch.setattr(first_run.stack, "control", lambda: control)
    for name, state in (("kept", Run.State.RUNNING), ("gone", Run.State.PENDING), ("done", Run.State.FINISHED)):
        add_run(name, state)
    assert first_run.end_leftovers() == 2
    assert control.stopped == [("kept", first_run.LEFT_BEHIND)]
    assert dict(Run.objects.values_list("id", "state")) == {
        "kept": Run.State.RUNNING,  # its recorder says when its history is complete
        "gone": Run.State.STOPPED,
        "done": Run.State.FINISHED,
    }


@pytest.mark.django_db
def test_ending_a_run_waits_for_its_history_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    run = add_run("run")
    monkeypatch.setattr(runs, "stop_run", lambda run: Run.objects.filter(id=run.id).update(state=Run.State.STOPPED))
    first_run.end(run, hopeless=lambda: False)
    assert run.ended

    endless = add_run("endless")
    monkeypatch.setattr(runs, "stop_run", lambda _: None)
    first_run.end(endless, hopeless=lambda: True)
    monkeypatch.setattr(first_run, "END_TIMEOUT_S", 0.1)
    first_run.end(endless, hopeless=lambda: False)
    assert not endless.ended


@pytest.mark.stack
@pytest.mark.slow
def test_the_lab_command_prints_one_link_and_leaves_nothing_behind(tmp_path: Path) -> None:
    environment = {**os.environ, "CV_DATA_DIR": str(tmp_path)}
    environment.pop("REDIS_URL", None)
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "manage.py", "lab", "--no-browser", "--port", str(free_port())]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as lab:
        assert lab.stdout is not None
        printed = ""
        while "Ctrl-C" not in printed and (line := lab.stdout.readline()):
            printed += line
        began_s = time.monotonic()
        lab.send_signal(signal.SIGINT)
        rest = lab.stdout.read()
    links = re.findall(r"http://\S+", printed)
    assert len(links) == 1, printed
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/enter/[\w-]+/\?next=/runs/\w+/", links[0])
    assert (lab.returncode, rest.splitlines()[-2:]) == (0, ["Stopping.", "Stopped."]), printed + rest
    assert time.monotonic() - began_s < 10
    assert processes_of(tmp_path) == []
