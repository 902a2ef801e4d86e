"""Live runs of an experiment: they wait for a slot, leave results, are tried twice, and are stopped with it."""

from __future__ import annotations

from typing import Any

import pytest

from consistency_viz.experiments import stack
from consistency_viz.experiments.campaign import live_slots, storing
from consistency_viz.experiments.campaign.cells import plan
from consistency_viz.experiments.campaign.reconciling import Reconciler
from consistency_viz.experiments.models import Experiment, Result, Run
from consistency_viz.experiments.simulated_runs import materialise
from tests.experiments.campaign.asked import asked
from tests.experiments.conftest import FakeControl

pytestmark = pytest.mark.django_db
EXPECT = [{"metric": "work.messages.sent", "at_most": 1, "variants": ["chain"], "because": "It cannot be."}]


@pytest.fixture
def control(monkeypatch, settings) -> FakeControl:
    fake = FakeControl()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(stack, "control", lambda: fake)
    monkeypatch.setattr(stack, "client", lambda: None)
    return fake


@pytest.fixture
def experiment(control) -> Experiment:
    made = storing.create(plan(asked(engine="live", seeds={"first": 3, "count": 2}, expect=EXPECT), "e.yaml"))
    storing.start(made)
    return made


def look() -> None:
    Reconciler(lambda _: None, processes=1).round()


def end(run: Run, state: str = "finished", **fields: Any) -> None:
    """The run ends as its recorder would say; its history is a real one."""
    played = materialise(run.document, run.seed)
    played.history_path.rename(run.history_path)
    played.delete()
    Run.objects.filter(pk=run.pk).update(state=state, history=run.history_name, ended_at=played.ended_at, **fields)


def active() -> list[Run]:
    return list(Run.objects.exclude(state__in=Run.ENDED))


def test_as_many_runs_go_on_as_there_are_slots_and_one_stays_free(experiment, control):
    look()
    look()
    assert len(active()) == live_slots.SLOTS == 3
    assert len({(run.cell_id, run.seed) for run in active()}) == 3
    assert [call[0] for call in control.calls] == ["create_run"] * 3


def test_runs_that_end_make_room_and_leave_results_and_the_last_ends_the_experiment(experiment):
    for _ in range(10):
        look()
        for run in active():
            end(run)
    experiment.refresh_from_db()
    assert (experiment.state, experiment.verdict) == ("finished", "failed")
    assert Result.objects.count() == Run.objects.filter(experiment=experiment).count() == 4
    finding = experiment.findings.get()
    assert (finding.cell.name, finding.evidence["seeds_not_shown"]) == ("chain", [3, 4])


def test_a_run_that_fails_is_tried_once_more_and_then_said_to_be_broken(experiment):
    for _ in range(20):
        look()
        for run in active():
            failing = run.cell.name == "chain" and run.seed == 3
            end(run, "failed" if failing else "finished", reason="no worker for 60 s" if failing else "")
    experiment.refresh_from_db()
    assert Run.objects.filter(experiment=experiment).count() == 5
    assert [row.error for row in Result.objects.exclude(error="")] == ["failed: no worker for 60 s"]
    assert experiment.state == "finished"


def test_stopping_the_experiment_stops_its_runs_and_no_others(experiment, control):
    look()
    other = Run.objects.create(scenario="s", title="S", design="d", document={}, seed=1, state="running")
    storing.stop(experiment)
    look()
    stopped = {call[1] for call in control.calls if call[0] == "stop_run"}
    assert stopped == {run.pk for run in Run.objects.filter(experiment=experiment)}
    assert other.pk not in stopped
