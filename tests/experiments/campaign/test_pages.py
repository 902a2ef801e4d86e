"""The pages of experiments: everyone sees how one stands, the presenter starts, stops and opens."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from consistency_viz.experiments.campaign import playing, storing
from consistency_viz.experiments.campaign.cells import plan
from consistency_viz.experiments.campaign.dashboards import opened_of
from consistency_viz.experiments.campaign.reconciling import Reconciler
from consistency_viz.experiments.models import Experiment, Run
from tests.experiments.campaign.asked import asked

EXPECT = [{"metric": "work.messages.sent", "at_most": 1, "variants": ["chain"], "because": "It <cannot> be."}]


@pytest.fixture
def experiment(db) -> Experiment:
    return storing.create(plan(asked(expect=EXPECT), "e.yaml"))


@pytest.fixture
def presenter(client, db):
    from consistency_viz.experiments.tokens import issue

    client.get(f"/enter/{issue()}/")
    return client


def test_a_viewer_sees_the_list_and_how_an_experiment_stands_and_commands_nothing(client, experiment):
    assert "Which design?" in client.get("/experiments/").content.decode()
    page = client.get("/experiments/which/").content.decode()
    assert "Nothing was played yet" in page
    assert "<button" not in page.partition("<main")[2]
    assert client.post("/experiments/which/start/").status_code == 403
    assert client.get("/experiments/none/").status_code == 404
    assert client.get("/experiments/which/results/csv/").status_code == 404
    assert client.post("/experiments/which/open/", {"cell": 0, "seed": 3}).status_code == 403


def test_the_presenter_starts_stops_and_opens_a_run_that_shows_why(presenter, experiment):
    assert presenter.post("/experiments/which/start/").status_code == 303
    assert 'data-state="running"' in presenter.get("/experiments/which/").content.decode()
    assert presenter.post("/experiments/which/stop/").status_code == 303
    presenter.post("/experiments/which/start/")
    while experiment.state != Experiment.State.FINISHED:
        Reconciler(playing.play, processes=1).round()
        experiment.refresh_from_db()
    page = presenter.get("/experiments/which/").content.decode()
    assert "not as expected" in page
    assert "It &lt;cannot&gt; be." in page
    response = presenter.post("/experiments/which/cells/1/seeds/3/open/")
    assert response.headers["Location"] == f"/runs/{Run.objects.get().pk}/"
    opened = presenter.post("/experiments/which/open/", {"cell": 1, "seed": 3})
    assert opened.headers["Location"] == f"/runs/{Run.objects.get().pk}/"
    assert presenter.post("/experiments/which/open/", {"cell": 1, "seed": "x"}).status_code == 400
    assert presenter.post("/experiments/which/cells/1/seeds/99/open/").status_code == 404
    assert presenter.post("/experiments/which/start/").status_code == 409


@pytest.mark.parametrize(("group", "status"), [("configurers", 303), ("viewers", 403)])
def test_staff_who_configure_start_hunt_and_open_on_the_pages_and_viewers_look(
    client, experiment, django_user_model, group, status
):
    staff = django_user_model.objects.create_user("someone", is_staff=True)
    staff.groups.add(Group.objects.get(name=group))
    client.force_login(staff)
    assert client.post("/experiments/which/start/").status_code == status
    if status == 403:
        storing.start(experiment)
    hunt = {"cell": 0, "what": "checker:divergence", "first_seed": 1, "seeds": 1, "faults": 0}
    assert client.post("/experiments/which/hunts/", hunt).status_code == status
    assert ("<button" in client.get("/experiments/which/").content.decode().partition("<main")[2]) == (status == 303)


def test_a_stopped_experiment_shows_what_was_played_and_a_running_one_if_asked(presenter, client, experiment):
    storing.start(experiment)
    assert "What it costs" not in client.get("/experiments/which/?so-far").content.decode()  # nothing was played yet
    playing.play(experiment.chunks.first().pk)
    assert "What it costs" not in client.get("/experiments/which/").content.decode()
    assert "What it costs" in client.get("/experiments/which/?so-far").content.decode()
    storing.stop(experiment)
    page = client.get("/experiments/which/").content.decode()
    assert "What it costs" in page
    assert 'class="take"' not in page  # files are of the whole alone


def test_a_run_that_is_kept_is_a_link_for_everybody(presenter, experiment):
    storing.start(experiment)
    playing.play(experiment.chunks.first().pk)
    storing.stop(experiment)
    cell = experiment.cells.get(position=0)
    seed = cell.results.first().seed
    presenter.post(f"/experiments/which/cells/0/seeds/{seed}/open/")
    assert opened_of(experiment) == {f"0:{seed}": f"/runs/{Run.objects.get().pk}/"}
    assert f'"0:{seed}": "/runs/' in Client().get("/experiments/which/").content.decode()
