"""What each fault touched, as the commands say it: in words, in JSON, and with a warning for what did not bite."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from consistency_viz.experiments.fault_report import summary
from tests.experiments.commands import manage
from tests.workers.support import scenario

FAULTS = [
    {"kind": "link", "source": "order", "target": "view-1", "loss": 1, "at_s": 0.1, "name": "deaf"},
    {"kind": "link", "source": "view-1", "target": "order", "loss": 1, "at_s": 0.1, "name": "idle"},
    {"kind": "pause", "node": "tax", "at_s": 0.2, "for_s": 0.3, "name": "nap"},
]
WHY = "nothing is ever sent on this link"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    workload = {"orders": 20, "orders_per_s": 40, "invalid_share": 0.0, "reads_per_order": 0}
    path = tmp_path / "broken.yaml"
    path.write_text(yaml.safe_dump(scenario(faults=FAULTS, workload=workload)))
    return path


def told(text: str, fault: str) -> str:
    """The line of a fault, without the spaces of its columns."""
    return " ".join(next(line for line in text.splitlines() if line.split()[:1] == [fault]).split())


def test_the_reports_of_a_simulation_and_of_its_history_say_what_was_touched_and_flag_what_was_not(file, tmp_path):
    history = tmp_path / "h.jsonl"
    _, simulated, _ = manage("simulate", str(file), "--history", str(history))
    _, checked, _ = manage("check_history", str(history))
    _, as_json, _ = manage("simulate", str(file), "--json")
    faults = {fault["fault"]: fault for fault in json.loads(as_json)["runs"][0]["faults"]}
    assert {name: fault["nothing"] for name, fault in faults.items()} == {"deaf": False, "idle": True, "nap": False}
    assert faults["deaf"]["messages"] == {"dropped": faults["deaf"]["total"]}
    assert min(faults["deaf"][name] for name in ("total", "nodes", "operations")) > 0
    for text in (simulated, checked):
        assert summary(faults["deaf"]) in told(text, "deaf")
        assert f"touched nothing: {WHY}" in told(text, "idle")
        assert "waited" in told(text, "nap")


def test_a_fault_of_which_nothing_can_be_counted_is_not_called_harmless():
    counted = {"messages": {"dropped": 2, "held": 0}, "total": 2, "nodes": 1, "operations": 0, "nothing": False}
    assert summary({**counted, "note": ""}) == "2 messages (2 dropped), 1 node, 0 operations"
    assert summary({**counted, "nothing": True, "note": ""}) == "what it touched cannot be counted"
