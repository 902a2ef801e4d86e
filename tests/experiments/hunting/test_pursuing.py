"""A hunt as a row: started from the results, gone on with after a stop or a death, shown, saved as a scenario."""

from __future__ import annotations

from typing import Any

import pytest

from consistency_viz.checkers.verdict import Verdict
from consistency_viz.experiments.campaign import playing, storing
from consistency_viz.experiments.campaign.cells import plan
from consistency_viz.experiments.campaign.reconciling import ATTEMPTS_MAX, Reconciler
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.hunting import pursuing
from consistency_viz.experiments.hunting.hunt import hunt as hunt_at_once
from consistency_viz.experiments.models import Experiment, Finding, Hunt, Scenario
from consistency_viz.experiments.simulations import simulate_once
from tests.experiments.campaign.asked import asked
from workers.cluster.scenario import Scenario as Document
from workers.cluster.scenario_text import parse

pytestmark = pytest.mark.django_db
EXPECT = [{"checker": "divergence", "verdict": "passed", "because": "Replicas agree in the end."}]
WANTED = {"cell": 0, "what": "expectation:0", "first_seed": 1, "seeds": 60, "faults": 6}
FRAGILE = {
    "scenario": "order-of-operations",
    "set": {"workload.orders": 30, "duration_s": 15},
    "variants": [{"name": "as it is"}],
    "seeds": {"first": 1, "count": 1},
    "expect": EXPECT,
}


@pytest.fixture
def experiment() -> Experiment:
    made = storing.create(plan(asked(**FRAGILE), "e.yaml"))
    storing.start(made)
    return made


def begun(experiment: Experiment, **fields: Any) -> Hunt:
    given = {name: value for name, value in {**WANTED, **fields}.items() if name not in ("cell", "what")}
    return pursuing.start(experiment.cells.get(), fields.get("what", "expectation:0"), **given)


def rounds(hunt: Hunt) -> Hunt:
    while hunt.state == Hunt.State.RUNNING:
        Reconciler(playing.play, 1, pursuing.pursue).round()
        hunt.refresh_from_db()
    return hunt


def test_the_presenter_hunts_and_everybody_sees_the_smallest_run_on_its_diagram(client, presenter, experiment):
    answer = presenter.post("/experiments/which/hunts/", WANTED)
    hunt = Hunt.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/experiments/which/hunts/{hunt.pk}/")
    assert 'data-state="running"' in presenter.get(hunt.get_absolute_url()).content.decode()
    rounds(hunt)
    page = presenter.get(hunt.get_absolute_url()).content.decode()
    assert (hunt.state, hunt.run.seed) == ("finished", hunt.found_seed)
    assert f'data-run="{hunt.run.pk}"' in page  # the space-time diagram
    assert f'href="/runs/{hunt.run.pk}/"' in page
    assert page.count("<tr>") == 1 + len(hunt.found["faults"])
    assert "broken by seed" in presenter.get("/experiments/which/").content.decode()
    again = simulate_once(Document.model_validate(hunt.run.document), hunt.found_seed)
    assert [one.verdict for one in again.expectations] == [Verdict.FAILED]
    finding = Finding.objects.get(kind="hunt")
    assert (finding.verdict, finding.evidence["hunt"]) == ("failed", hunt.pk)

    saved = presenter.post(f"{hunt.get_absolute_url()}save/")
    scenario = Scenario.objects.get()
    assert saved.headers["Location"] == f"/admin/experiments/scenario/{scenario.pk}/change/"
    assert scenario.based_on == "order-of-operations"
    kept = parse(scenario.latest.text, "kept.yaml")
    assert [one.verdict for one in simulate_once(kept, kept.seed).expectations] == [Verdict.FAILED]
    assert scenario.name in presenter.get(hunt.get_absolute_url()).content.decode()


def test_who_only_looks_sees_hunts_and_commands_none(client, experiment):
    hunt = begun(experiment)
    for path in ("/experiments/which/hunts/", *(f"{hunt.get_absolute_url()}{name}/" for name in ("stop", "save"))):
        assert client.post(path, WANTED).status_code == 403
    for path in (hunt.get_absolute_url(), "/experiments/which/"):
        page = client.get(path).content.decode()
        assert hunt.expected in page
        assert "<button" not in page.partition("<main")[2]
    assert client.get(f"/experiments/other/hunts/{hunt.pk}/").status_code == 404


def test_a_hunt_that_is_handed_from_process_to_process_catches_what_one_at_once_does(experiment, monkeypatch):
    monkeypatch.setattr(pursuing, "NOTED_S", 0.0)  # noted after every seed
    hunt = begun(experiment)
    tried = []
    while hunt.state == Hunt.State.RUNNING:
        pursuing.pursue(hunt.pk, lambda: True, "another life")
        hunt.refresh_from_db()
        tried.append(hunt.tried)
    assert tried == sorted(set(tried))  # one seed a time, none twice
    document = Document.model_validate(hunt.document)
    at_once = hunt_at_once(document, document.expect[0], range(1, 61), 6)
    assert at_once.quarry is not None
    assert (hunt.tried, hunt.found) == (at_once.tried, pursuing.told(at_once.quarry))


def test_one_that_died_while_it_shrank_shrinks_again_and_one_that_always_dies_is_given_up(experiment):
    hunt = begun(experiment)
    rounds(hunt)
    found = hunt.found
    Hunt.objects.filter(pk=hunt.pk).update(state="running", found=None, run=None, holder="dead", held_until_us=1)
    hunt.refresh_from_db()
    assert rounds(hunt).found == found
    Hunt.objects.filter(pk=hunt.pk).update(state="running", attempts=ATTEMPTS_MAX, holder="dead", held_until_us=1)
    hunt.refresh_from_db()
    assert (rounds(hunt).state, hunt.reason) == ("failed", f"It ended its process {ATTEMPTS_MAX} times.")


def test_a_stopped_hunt_writes_nothing_more_and_goes_on_where_it_was(presenter, experiment, monkeypatch):
    monkeypatch.setattr(pursuing, "NOTED_S", 0.0)
    hunt = begun(experiment, faults=0, seeds=4)

    def stopped() -> bool:
        pursuing.stop(Hunt.objects.get(pk=hunt.pk))
        return False

    pursuing.pursue(hunt.pk, stopped)
    hunt.refresh_from_db()
    assert (hunt.state, hunt.tried) == ("stopped", 1)
    assert presenter.post(f"{hunt.get_absolute_url()}go-on/").status_code == 303
    hunt.refresh_from_db()
    assert (rounds(hunt).state, hunt.tried, hunt.found) == ("finished", 4, None)
    assert "Nothing broke it" in presenter.get(hunt.get_absolute_url()).content.decode()
    assert presenter.post(f"{hunt.get_absolute_url()}stop/").status_code == 409
    assert presenter.post(f"{hunt.get_absolute_url()}save/").status_code == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"what": "checker:luck"},
        {"what": "expectation:1"},
        {"what": ""},
        {"seeds": 0},
        {"faults": 9},
        {"first_seed": -1},
    ],
)
def test_what_cannot_be_hunted_is_refused_with_what_can(experiment, wrong):
    with pytest.raises(CommandRefused) as refused:
        begun(experiment, **wrong)
    assert refused.value.remedy
    assert Hunt.objects.count() == 0


def test_a_checker_can_be_hunted_as_well(experiment):
    hunt = begun(experiment, what="checker:divergence")
    assert hunt.expected == str(Document.model_validate(hunt.document).expect[0])
    assert dict(pursuing.choices(experiment))["checker:staleness"] == "staleness: passed, in every run"
    seldom = {**EXPECT[0], "verdict": "failed", "in_share_of_runs": {"at_least": 0.5}}
    Experiment.objects.update(expect=[seldom, *EXPECT])
    experiment.refresh_from_db()
    assert [value for value, _ in pursuing.choices(experiment)[:2]] == ["expectation:1", "expectation:0"]
