"""Runs beside a run: simulated, mended, forked; and that a fork is its original up to the instant of the fork."""

import json

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.test import AsyncClient, Client

from consistency_viz.experiments import alternatives, announcing
from consistency_viz.experiments.models import Run
from consistency_viz.experiments.relatives import relatives_of
from consistency_viz.live.news import NewsConsumer
from workers.cluster.fixing import fixed
from workers.cluster.scenario import Scenario

PAUSE = '[{"fault": {"kind": "pause", "node": "us"}}]'


@pytest.fixture(autouse=True)
def _data(settings, tmp_path, db):
    settings.DATA_DIR = tmp_path
    settings.HISTORIES_DIR = tmp_path / "histories"


def test_the_fix_of_a_simulated_run_is_simulated_with_its_seed_and_both_know_each_other():
    broken = alternatives.simulate("likes", 31)
    mended = alternatives.mend(broken)
    document = fixed(Scenario.model_validate(broken.document)).model_dump(mode="json")
    assert (mended.engine, mended.seed, mended.fix_of, mended.document) == ("simulated", 31, broken, document)
    beside = f"/compare/?runs={broken.id},{mended.id}"
    assert [(one["relation"], one["id"], one["beside"]) for one in relatives_of(broken)] == [("fix", mended.id, beside)]
    assert [(one["relation"], one["id"], one["beside"]) for one in relatives_of(mended)] == [
        ("broken", broken.id, beside)
    ]


@pytest.mark.django_db(transaction=True)
def test_the_presenter_simulates_forks_and_mends_and_nobody_else_does(presenter):
    answer = presenter.post("/runs/simulate/", {"scenario": "likes", "seed": "3"})
    run = Run.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/runs/{run.id}/?play=1")
    answer = presenter.post(f"/runs/{run.id}/fork/", {"at_us": "2000000", "changes": PAUSE})
    fork = Run.objects.get(fork_of=run)
    assert answer["Location"] == f"/compare/?runs={run.id},{fork.id}&t=2"
    answer = presenter.post(f"/runs/{run.id}/fix/")
    assert answer["Location"] == f"/compare/?runs={run.id},{Run.objects.get(fix_of=run).id}&play=1"
    found = presenter.get(f"/runs/{run.id}/relatives").json()["relatives"]
    assert [one["relation"] for one in found] == ["fork", "fix"]
    for path in ("/runs/simulate/", f"/runs/{run.id}/fork/", f"/runs/{run.id}/fix/"):
        assert Client().post(path).status_code == 403
    assert presenter.post("/runs/simulate/", {"scenario": "nothing"}).status_code == 404
    assert Run.objects.count() == 3


def test_two_to_four_known_runs_are_shown_side_by_side(client):
    first, second = alternatives.simulate("likes", 3), alternatives.simulate("likes", 4)
    page = client.get(f"/compare/?runs={first.id},{second.id}").content.decode()
    assert "Other seeds" in page
    same = client.get(f"/compare/?runs={first.id},{alternatives.mend(first).id}").content.decode()
    assert "The same seed 3" in same
    for query, status in {
        "": 400,
        f"?runs={first.id}": 400,
        f"?runs={first.id},{first.id}": 400,
        f"?runs={first.id},nobody": 404,
        "?runs=a,b,c,d,e": 404,
    }.items():
        assert client.get(f"/compare/{query}").status_code == status


@pytest.mark.django_db(transaction=True)
async def test_a_page_hears_of_a_new_run_beside_its_own_when_that_is_over_too(in_memory_layer):
    await Run.objects.acreate(id="r1", document={}, seed=1)
    scope = {"type": "websocket", "url_route": {"kwargs": {"run_id": "r1"}}}
    page = ApplicationCommunicator(NewsConsumer.as_asgi(), scope)
    await page.send_input({"type": "websocket.connect"})
    assert (await page.receive_output())["type"] == "websocket.accept"
    for of in ("r2", "r1"):
        await sync_to_async(announcing.announce)(Run(id=of), Run(id="r3"))
    assert json.loads((await page.receive_output())["text"]) == {"kind": "relatives"}
    assert await page.receive_nothing()
    await page.send_input({"type": "websocket.receive", "text": "hello"})
    assert (await page.receive_output())["type"] == "websocket.close"
    await page.send_input({"type": "websocket.disconnect", "code": 1000})
    await page.wait()


@pytest.fixture
def in_memory_layer(settings):
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


@pytest.mark.django_db(transaction=True)
async def test_other_requests_go_on_while_one_is_simulated(presenter):
    client = AsyncClient()
    client.cookies = presenter.cookies
    answer = await client.post("/runs/simulate/", {"scenario": "likes"}, headers={"accept": "application/json"})
    assert answer.json()["ok"]
