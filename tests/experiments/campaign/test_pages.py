"""The pages of experiments: everyone sees how one stands, the presenter starts, stops and opens."""

from __future__ import annotations

import pytest

from consistency_viz.experiments.campaign import playing, storing
from consistency_viz.experiments.campaign.cells import plan
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
