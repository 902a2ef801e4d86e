"""What was found in a run that is over: by the checkers, once, and told with reasons and witnesses."""

import json

import pytest
from django.test import Client

from consistency_viz.experiments import findings, stack, views
from consistency_viz.experiments.findings import findings_of
from consistency_viz.experiments.models import Run
from consistency_viz.experiments.simulations import simulate_once


@pytest.fixture
def ended_run(make_run, settings, tmp_path):
    """The lesson of the lost delta, played in virtual time, as if it had run here."""
    settings.HISTORIES_DIR = tmp_path
    (scenario,) = [one for one in stack.catalogue() if one.name == "lost-delta"]
    run = make_run(
        scenario=scenario.name,
        document=scenario.model_dump(mode="json"),
        seed=scenario.seed,
        state="finished",
        history="histories/x.jsonl",
    )
    simulate_once(scenario, scenario.seed, run.history_path, ("divergence",))
    return run


def test_each_expectation_is_told_with_its_reason_and_each_failed_checker_with_witnesses(ended_run):
    found = findings_of(ended_run)
    assert found["state"] == "ready"
    assert [(one["because"], one["verdict"], one["reason"]) for one in found["expectations"]] == [
        ("Milk was added, never removed, and is nowhere.", "passed", "invariants: failed"),
        ("The milk.", "passed", "invariants.vanished.violations: 1"),
    ]
    (vanished,) = [one for one in found["failed"] if one["checker"] == "invariants"]
    assert any("milk" in witness for witness in vanished["witnesses"])
    assert [bool(places) for places in vanished["places"]] == [True] * len(vanished["witnesses"])
    assert set(found["passed"]) & set(found["unknown"]) == set()


def test_it_is_looked_for_once_and_kept(ended_run):
    found = findings_of(ended_run)
    kept = Run.objects.get(pk=ended_run.pk)
    prices = found.pop("prices")  # told each time, by the list of today
    assert kept.findings == json.loads(json.dumps(found))
    Run.objects.filter(pk=ended_run.pk).update(findings={**found, "observations": -1})
    assert findings_of(Run.objects.get(pk=ended_run.pk))["observations"] == -1
    Run.objects.filter(pk=ended_run.pk).update(findings={"version": 0})
    assert findings_of(Run.objects.get(pk=ended_run.pk)) == {**found, "prices": prices}


def test_what_cannot_be_checked_says_why(ended_run, make_run, monkeypatch):
    assert findings_of(make_run()) == {"state": "pending"}
    assert "gone" in findings_of(make_run(state="failed"))["text"]
    monkeypatch.setattr(findings, "HISTORY_BYTES_MAX", 10)
    assert "check_history" in findings_of(ended_run)["text"]
    monkeypatch.undo()
    ended_run.history_path.write_text("no history\n")
    assert findings_of(ended_run)["text"].startswith("The history cannot be read: ")


def test_everybody_may_ask(ended_run, monkeypatch):
    monkeypatch.setattr(views, "findings_of", lambda run: {"state": "ready", "run": run.id})
    assert Client().get(f"/runs/{ended_run.id}/findings").json() == {"state": "ready", "run": ended_run.id}
    assert Client().post(f"/runs/{ended_run.id}/findings").status_code == 405


def test_every_figure_is_kept_by_the_name_that_simulate_gives_it(ended_run):
    figures = findings_of(ended_run)["figures"]
    assert figures["invariants.vanished.violations"] == 1
    assert all(isinstance(value, int | float) for value in figures.values())
