"""Simulated runs that are kept: whole and finished, or not there at all."""

import pytest
from django.db import IntegrityError
from django.db.transaction import atomic

from consistency_viz.experiments import simulated_runs, stack
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.findings import findings_of
from consistency_viz.experiments.models import Run, microseconds
from consistency_viz.experiments.simulated_runs import materialise
from consistency_viz.experiments.simulations import simulate_once
from consistency_viz.observation.history import HistoryReader


@pytest.fixture(autouse=True)
def _data(settings, tmp_path, db):
    settings.DATA_DIR = tmp_path
    settings.HISTORIES_DIR = tmp_path / "histories"


def scenario(name="likes"):
    (found,) = [one for one in stack.catalogue() if one.name == name]
    return found


def files(tmp_path):
    return sorted(path.name for path in tmp_path.rglob("*") if path.is_file())


def test_a_kept_run_has_the_history_the_end_and_the_verdicts_that_a_simulation_with_its_seed_has(tmp_path):
    run = materialise(scenario().model_dump(mode="json"), 31)
    once = simulate_once(scenario(), 31, tmp_path / "once.jsonl")
    lines = run.history_path.read_bytes().splitlines()
    assert lines[1:] == (tmp_path / "once.jsonl").read_bytes().splitlines()[1:]
    assert Run.objects.get() == run
    assert (run.engine, run.state, run.seed, run.document["seed"]) == ("simulated", "finished", 31, 31)
    assert (microseconds(run.ended_at), run.started_at) == (round(once.end_ms * 1_000), None)
    found = findings_of(run)
    assert found["passed"] == [name for name, verdict in once.verdicts.items() if verdict == "passed"]


def test_a_scenario_without_an_end_is_played_for_a_minute():
    run = materialise(scenario("demo").model_dump(mode="json"), 1)
    with HistoryReader(run.history_path) as reader:
        last_us = max(observation.at_us for observation in reader)
    assert run.document["duration_s"] == 60.0
    assert 50e6 < last_us <= microseconds(run.ended_at)


def test_a_run_that_would_be_too_large_is_refused_and_leaves_nothing(tmp_path, monkeypatch):
    for bound in ("EVENTS_MAX", "OBSERVATIONS_MAX"):
        with monkeypatch.context() as patch:
            patch.setattr(simulated_runs, bound, 100)
            with pytest.raises(CommandRefused, match="too large to keep"):
                materialise(scenario().model_dump(mode="json"), 1)
    assert (files(tmp_path), Run.objects.count()) == ([], 0)


def test_a_row_that_cannot_be_saved_takes_its_history_along(tmp_path, monkeypatch, make_run):
    there = make_run()
    monkeypatch.setattr(simulated_runs, "new_run_id", lambda: there.id)
    with pytest.raises(IntegrityError), atomic():
        materialise(scenario().model_dump(mode="json"), 1)
    assert (files(tmp_path), Run.objects.count()) == ([], 1)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(CommandRefused, match="out of range"):
        materialise(scenario().model_dump(mode="json"), seed)


def test_what_is_no_scenario_is_refused_with_the_field():
    with pytest.raises(CommandRefused, match="partitions"):
        materialise(scenario().model_dump(mode="json") | {"partitions": 0}, 1)
