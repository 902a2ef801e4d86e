"""Runs beside a run: simulated, mended, forked; and that a fork is its original up to the instant of the fork."""

import json

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.test import AsyncClient, Client

from consistency_viz.experiments import alternatives, announcing, stack
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.models import Run
from consistency_viz.experiments.relatives import relatives_of
from consistency_viz.live.news import NewsConsumer
from workers.cluster.fixing import fixed
from workers.cluster.scenario import Scenario

AT_US = 7_300_000


@pytest.fixture(autouse=True)
def _data(settings, tmp_path, db):
    settings.DATA_DIR = tmp_path
    settings.HISTORIES_DIR = tmp_path / "histories"


def lines(run: Run) -> list[bytes]:
    return run.history_path.read_bytes().splitlines()[1:]


def before(run: Run, at_us: int) -> list[bytes]:
    """The lines of a history that are earlier than an instant."""
    return [line for line in lines(run) if int(line.split(b'"at_us":')[1].split(b",")[0]) < at_us]


CHANGES = {
    "cut": {"kind": "cut", "from": "order", "to": "view-1", "for_s": "5"},
    "slow": {"kind": "slow", "from": "order", "to": "tax", "ms": "900", "for_s": ""},
    "lossy": {"kind": "lossy", "from": "validation", "to": "order", "percent": "100", "for_s": "3"},
    "pause": {"kind": "pause", "node": "view-2", "for_s": "4"},
    "crash": {"kind": "crash", "node": "tax", "for_s": "4"},
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_fork_is_its_original_byte_for_byte_up_to_its_instant_and_another_run_after_it(name):
    original = alternatives.simulate("where-is-my-order")
    fork = alternatives.fork(original, AT_US, CHANGES[name])
    prefix = before(original, AT_US)
    assert len(prefix) > 500
    assert before(fork, AT_US) == prefix
    assert lines(fork) != lines(original)
    assert (fork.fork_of, fork.fork_at_us, fork.seed, fork.engine) == (original, AT_US, original.seed, "simulated")


@pytest.mark.parametrize("scenario", ["likes", "forty-three-seconds"])
def test_a_run_that_has_faults_already_is_forked_as_exactly(scenario):
    original = alternatives.simulate(scenario, 5)
    node = stack.plan_of(original.document).replicas[0]
    fork = alternatives.fork(original, AT_US, {"kind": "pause", "node": node, "for_s": "3"})
    assert before(fork, AT_US) == before(original, AT_US) != []
    assert lines(fork) != lines(original)


@pytest.mark.parametrize(
    ("at_us", "change", "complaint"),
    [
        (AT_US, {"kind": "melt"}, "no such change"),
        (AT_US, {"kind": "cut", "from": "order", "to": "order"}, "no link to itself"),
        (AT_US, {"kind": "cut", "from": "order", "to": "nobody"}, "names no service"),
        (AT_US, {"kind": "pause", "node": ""}, "names no service"),
        (AT_US, {"kind": "slow", "from": "order", "to": "tax", "ms": "nan"}, "ms cannot be used"),
        (AT_US, {"kind": "lossy", "from": "order", "to": "tax", "percent": "101"}, "percent cannot be used"),
        (AT_US, {"kind": "pause", "node": "tax", "for_s": "-1"}, "for_s cannot be used"),
        (10**15, {"kind": "pause", "node": "tax"}, "not in the run"),
    ],
)
def test_what_cannot_be_forked_is_refused_and_nothing_is_made(at_us, change, complaint):
    original = alternatives.simulate("where-is-my-order")
    with pytest.raises(CommandRefused, match=complaint):
        alternatives.fork(original, at_us, change)
    assert list(Run.objects.all()) == [original]


def test_a_live_run_cannot_be_forked(make_run):
    with pytest.raises(CommandRefused, match="Only a simulated run"):
        alternatives.fork(make_run(state="finished"), 1, CHANGES["pause"])


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
    answer = presenter.post(f"/runs/{run.id}/fork/", {"at_us": "2000000", "kind": "pause", "node": "us"})
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
