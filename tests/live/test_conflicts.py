"""The conflicts of a run: looked for anew when the history has grown, but of one that goes on not at every question."""

import json

import pytest

from consistency_viz.experiments import stack
from consistency_viz.experiments.simulations import simulate_once
from consistency_viz.live import conflicts


class Row:
    """What the conflicts need of a run's row."""

    def __init__(self, path, *, ended):
        self.history_path, self.ended = path, ended


@pytest.mark.parametrize(("ended", "looked"), [(False, 1), (True, 3)])
def test_a_run_that_goes_on_is_not_looked_through_for_every_line_that_it_gains(tmp_path, monkeypatch, ended, looked):
    path, found = tmp_path / "h.jsonl", []
    monkeypatch.setattr(conflicts, "_found", lambda path: found.append(path) or {"state": "ready"})
    for number in range(3):
        path.write_text("x" * (number + 1))
        assert json.loads(conflicts.conflicts_of(Row(path, ended=ended))) == {"state": "ready"}
    assert len(found) == looked


def test_conflicts_are_those_of_the_history(tmp_path):
    (scenario,) = [one for one in stack.catalogue() if one.name == "where-is-my-order"]
    path = tmp_path / "h.jsonl"
    simulate_once(scenario, scenario.seed, path)
    assert json.loads(conflicts.conflicts_of(Row(path, ended=True)))["state"] == "ready"
