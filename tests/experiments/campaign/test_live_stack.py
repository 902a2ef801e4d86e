"""A live experiment on the real stack: its runs wait for the one slot, are recorded, judged, and sum up to findings."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
import yaml

from consistency_viz.lab.ports import free_port
from consistency_viz.lab.stack import Stack
from consistency_viz.observation.history import HistoryReader
from tests.experiments.campaign.asked import asked
from tests.experiments.campaign.test_killed import WAIT_S, manage

EXPECT = [
    {"metric": "work.messages.sent", "at_least": 1, "because": "Somebody spoke."},
    {"checker": "divergence", "verdict": "passed", "variants": ["chain"], "because": "They agree."},
]


@pytest.mark.stack
@pytest.mark.slow
def test_live_variants_wait_for_the_one_slot_and_leave_runs_results_and_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("CV_LIVE_SLOTS", "1")
    file = tmp_path / "e.yaml"
    settings = {"workload.orders": 8, "workload.orders_per_s": 20, "duration_s": 2, "drain_s": 1, "faults": []}
    fields = {"engine": "live", "seeds": {"first": 5, "count": 1}, "set": settings, "expect": EXPECT}
    file.write_text(yaml.safe_dump(asked(**fields)))
    manage(tmp_path, "migrate", "-v0").communicate(timeout=WAIT_S)
    with Stack(data_dir=tmp_path, redis_url="", simulators=1, web_port=free_port()):
        submitted = manage(tmp_path, "experiment", str(file), "--submit", "--json")
        out, _ = submitted.communicate(timeout=WAIT_S)
    summary = json.loads(out)
    assert (submitted.returncode, summary["verdict"], summary["runs"]) == (0, "passed", 2)
    assert [cell["design"] for cell in summary["cells"]] == ["collisions", "serial-chain"]
    assert all(cell["summary"]["metrics"]["work.operations.place.ok"]["estimate"] == 8 for cell in summary["cells"])
    with sqlite3.connect(tmp_path / "consistency-viz.sqlite3") as database:
        runs = list(
            database.execute(
                "select engine, state, seed, started_at, ended_at, history from experiments_run"
                " where experiment_id is not null order by started_at"
            )
        )
        findings = list(database.execute("select verdict from experiments_finding"))
    assert [run[:3] for run in runs] == [("live", "finished", 5)] * 2
    assert runs[0][4] <= runs[1][3]  # the second waited until the first had ended
    assert findings == [("passed",)] * 3
    for run in runs:
        with HistoryReader(tmp_path / run[5]) as reader:
            assert (reader.header.driver, len(list(reader)) > 0) == ("live", True)
