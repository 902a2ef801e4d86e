"""An experiment on the real stack goes on through kill -9 of its worker and of the web server, and loses nothing."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
import yaml

from consistency_viz.experiments.campaign.alone import play_all, simulated
from consistency_viz.experiments.campaign.cells import parse_experiment
from consistency_viz.experiments.campaign.conclusion import summary_of
from consistency_viz.lab.ports import free_port
from consistency_viz.lab.stack import PROJECT, SIMULATOR_TMP, Stack
from tests.experiments.campaign.asked import asked

RUNS = int(os.environ.get("CV_KILLED_RUNS", "120"))
"""The figure that is published is of 1,000."""

WAIT_S = max(60.0, RUNS / 4)


def manage(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "CV_DATA_DIR": str(folder), "REDIS_URL": ""}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True)


def kept(folder: Path) -> set[tuple[int, int, int]]:
    """The results that are there: row, cell and seed."""
    with sqlite3.connect(f"file:{folder / 'consistency-viz.sqlite3'}?mode=ro", uri=True) as database:
        return set(database.execute("select id, cell_id, seed from experiments_result"))


def wait_for(folder: Path, count: int) -> set[tuple[int, int, int]]:
    deadline_s = time.monotonic() + WAIT_S
    while len(found := kept(folder)) < count:
        assert time.monotonic() < deadline_s, f"{len(found)} of {count} results"
        time.sleep(0.05)
    return found


@pytest.mark.stack
@pytest.mark.slow
def test_after_a_kill_of_worker_and_web_server_exactly_the_missing_runs_are_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "")  # it looks into the file
    file = tmp_path / "e.yaml"
    expect = [{"checker": "lost-updates", "verdict": "failed", "variants": ["as it is"], "because": "They collide."}]
    file.write_text(yaml.safe_dump(asked(seeds={"count": RUNS // 2}, expect=expect)))
    manage(tmp_path, "migrate", "-v0").communicate(timeout=WAIT_S)
    with Stack(data_dir=tmp_path, redis_url="", workers=0, simulators=2, web_port=free_port()) as stack:
        submitted = manage(tmp_path, "experiment", str(file), "--submit", "--json")
        before = wait_for(tmp_path, RUNS // 12)
        assert stack.simulator is not None
        assert stack.web is not None
        assert list(tmp_path.glob(f"{SIMULATOR_TMP}/pymp-*"))
        stack.simulator.kill()
        stack.web.kill()
        out, _ = submitted.communicate(timeout=WAIT_S)
    assert not (tmp_path / SIMULATOR_TMP).exists()  # what a pool leaves behind when it is killed
    after = kept(tmp_path)
    assert len(before) < RUNS
    assert before <= after  # the same rows: nothing was played twice
    assert len(after) == len({(cell, seed) for _, cell, seed in after}) == RUNS
    planned = parse_experiment(file.read_text(), "e.yaml")
    again = planned.experiment.model_dump(mode="json", by_alias=True, exclude_unset=True)
    undisturbed = summary_of(again, play_all(planned, simulated(planned, jobs=1), lambda *_: None))
    assert {**json.loads(out), "experiment": {}} == json.loads(msgspec.json.encode(undisturbed | {"experiment": {}}))
