"""The past: the page at any instant is the one that was shown live then, however one comes to that instant."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from django.test import AsyncClient

from consistency_viz.experiments import stack
from consistency_viz.experiments.models import Run
from consistency_viz.experiments.simulated_runs import materialise
from consistency_viz.live.about import about
from consistency_viz.live.feed import RunFeed
from consistency_viz.live.frames import Delta, Snapshot
from consistency_viz.live.page.state import PageState
from consistency_viz.live.playback import film as films
from consistency_viz.live.playback import views as playback
from consistency_viz.live.playback.film import Film
from consistency_viz.observation.history import HistoryReader
from tests.live.page_fold import fold, page_of
from workers.model.observation import Applied

SECOND_US = 1_000_000
JUDGED_WHEN_DRAWN = ("window_ms_p50", "window_ms_p99")
"""Figures that a page draws anew once a second of its own; at whole seconds all pages do."""


@pytest.fixture
def kept(settings, tmp_path, db):
    settings.DATA_DIR = tmp_path
    settings.HISTORIES_DIR = tmp_path / "histories"

    def kept(name, seed=7, **changes):
        (scenario,) = [one for one in stack.catalogue() if one.name == name]
        return materialise(scenario.model_copy(update=changes).model_dump(mode="json"), seed)

    return kept


def film_of(run) -> Film:
    known = about(run.id, 0)
    assert known is not None
    return Film(known)


def told(snapshot: Snapshot, *, quantiles: bool = True) -> dict[str, Any]:
    """What a snapshot says of the run, without which frame of which process it is and what only the control knows."""
    page = page_of(snapshot)
    if not quantiles:
        for name in JUDGED_WHEN_DRAWN:
            del page["totals"][name]
        del page["lengths"]
    return {name: page[name] for name in page if name not in ("boot", "seq", "cursor", "run", "instances")}


@pytest.mark.parametrize("name", ["where-is-my-order", "likes"])
def test_the_page_at_an_instant_is_the_one_that_a_feed_showed_then(kept, name):
    run = kept(name)
    known = about(run.id, 0)
    going_on = msgspec.structs.replace(known.run, state="running", ended_us=None)
    live = PageState(known.header, going_on, known.nodes)
    film = Film(known)
    due_us, compared = 0, 0
    with HistoryReader(run.history_path) as reader, film.opened():
        for observation in reader:
            while observation.at_us > due_us:  # twenty frames a second, as a feed makes them
                live.settle()
                live.reach(due_us)
                live.delta("live", 1, "")
                if due_us % (3 * SECOND_US) == 0 and due_us:
                    assert told(film.at(due_us)) == told(live.snapshot("live", 1, "", "joined"))
                    compared += 1
                due_us += 50_000
            live.observe(observation)
    assert compared >= 3


async def test_the_past_of_a_run_is_what_its_viewers_were_shown(live_run, in_thread, until):
    feed = RunFeed(live_run.id)
    feed.start()
    await feed.ready.wait()
    seen: list[Snapshot] = []
    for number in range(4):
        for key in range(number + 1):
            await in_thread(live_run.put_applied, key)
        await until(lambda: json.loads(feed.snapshot("joined")[1])["totals"]["observations"] == live_run.count)
        seen.append(msgspec.json.decode(feed.snapshot("joined")[1], type=Snapshot))
    await in_thread(live_run.end)
    await in_thread(live_run.record_to_end)
    await feed.left()
    film = await in_thread(film_of, live_run.row)
    with film.opened():
        for snapshot in seen:
            assert told(film.at(snapshot.at_us), quantiles=False) == told(snapshot, quantiles=False)


def test_it_does_not_matter_how_one_comes_to_an_instant(kept, monkeypatch):
    monkeypatch.setattr(films, "CHECKPOINT_EVERY", 300)
    monkeypatch.setattr(films, "CHECKPOINTS_BYTES_MAX", 450_000)
    run = kept("where-is-my-order", duration_s=12.0)
    instants = [11 * SECOND_US, 2 * SECOND_US, 7_654_321, 7_654_320, 3 * SECOND_US, 12 * SECOND_US, 0]
    wandering = film_of(run)
    with wandering.opened():
        found = [told(wandering.at(at_us)) for at_us in instants]
    for at_us, page in zip(instants, found, strict=True):
        fresh = film_of(run)
        with fresh.opened():
            assert page == told(fresh.at(at_us))
    assert sum(len(one.pickled) for one in wandering._checkpoints) <= 450_000
    assert len(wandering._checkpoints) > 2


@pytest.mark.parametrize("step_us", [8_000, 50_000, 450_000])
def test_playing_from_one_instant_comes_to_the_page_of_the_other(kept, step_us):
    film = film_of(kept("likes"))
    from_us, to_us = 7 * SECOND_US, 8 * SECOND_US
    with film.opened():
        snapshot, *deltas = film.frames(from_us, to_us, step_us)
        assert (snapshot.at_us, deltas[-1].at_us) == (from_us, to_us)
        page = page_of(snapshot)
        for delta in deltas:
            page = fold(page, delta)
        shown = page_of(film.at(to_us))
    for name in ("boot", "seq", "cursor"):
        del page[name], shown[name]
    assert page == shown


def test_playing_on_in_pieces_shows_one_p99_on_the_whole_page(kept):
    film = film_of(kept("likes"))
    with film.opened():
        page, from_us, shown = page_of(film.at(0)), 0, set()
        while from_us < 16 * SECOND_US:
            _, *deltas = film.frames(from_us, from_us + 1_330_000, 190_000)
            for number, delta in enumerate(deltas):
                assert isinstance(delta, Delta)
                page = fold({**page, "seq": number}, msgspec.structs.replace(delta, seq=number + 1))
                shown.add((page["totals"]["window_ms_p99"], page["lengths"]["ms_p99"]))
            from_us = deltas[-1].at_us
    assert len(shown) > 2
    assert [pair for pair in shown if pair[0] != pair[1]] == []


def test_an_answer_has_its_bounds_and_says_how_far_it_came(kept, monkeypatch):
    film = film_of(kept("likes"))
    with film.opened():
        assert film.frames(0, 30 * SECOND_US, 1_000)[-1].at_us == (films.FRAMES_MAX - 1) * 1_000
        monkeypatch.setattr(films, "OBSERVATIONS_PER_ANSWER_MAX", 100)
        assert film.frames(0, 30 * SECOND_US, SECOND_US)[-1].at_us < 10 * SECOND_US


def test_steps_lead_from_event_to_event_and_back_and_stay_with_a_key_if_there_is_one(kept):
    run = kept("likes")
    film = film_of(run)
    with HistoryReader(run.history_path) as reader:
        observations = list(reader)
    times_us = sorted({one.at_us for one in observations if isinstance(one.body, films.STEPS)})
    key = next(one.body.key for one in observations if isinstance(one.body, Applied))
    of_key_us = sorted(
        {one.at_us for one in observations if isinstance(one.body, films.STEPS) and getattr(one.body, "key", "") == key}
    )
    with film.opened():
        for name, wanted in (("", times_us), (key, of_key_us)):
            at_us, forth = -1, []
            while at_us < wanted[-1]:
                at_us = film.step(at_us, forward=True, key=name)
                forth.append(at_us)
            assert forth == wanted
            middle = len(wanted) // 2
            assert film.step(wanted[middle], forward=False, key=name) == wanted[middle - 1]
        assert film.step(film.end_us, forward=True) == film.end_us
        assert film.step(0, forward=False) == 0


def test_the_past_knows_the_instances_and_what_befell_them(kept):
    film = film_of(kept("forty-three-seconds"))
    states: set[tuple[str, str]] = set()
    with film.opened():
        for second in range(18):
            states |= {(one.node, one.state) for one in film.at(second * SECOND_US).instances}
    assert {state for _, state in states} >= {"alive"}
    assert all(node for node, _ in states)


async def test_a_page_asks_over_http_and_a_wrong_question_is_refused(kept, in_thread, monkeypatch, transactional_db):
    run = await in_thread(kept, "likes")
    client = AsyncClient()
    answer = (await client.get(f"/runs/{run.id}/at?us=7000000")).json()
    assert (answer["start_us"], answer["frames"][0]["at_us"], answer["frames"][0]["kind"]) == (0, 7_000_000, "snapshot")
    after = (await client.get(f"/runs/{run.id}/at?us=7000000&step=next")).json()["frames"][0]["at_us"]
    assert 7_000_000 < after < 8_000_000
    frames = (await client.get(f"/runs/{run.id}/frames?from_us=0&to_us=1000000&step_us=50000")).json()["frames"]
    assert [frame["kind"] for frame in frames] == ["snapshot"] + ["delta"] * 20
    asked = {
        f"/runs/{run.id}/at": 400,
        f"/runs/{run.id}/at?us=1e6": 400,
        f"/runs/{run.id}/at?us=1&step=sideways": 400,
        f"/runs/{run.id}/frames?from_us=0&to_us=1&step_us=0": 400,
        "/runs/nobody/at?us=0": 404,
    }
    for path, status in asked.items():
        response = await client.get(path)
        assert (response.status_code, response.json()["ok"]) == (status, False)
    monkeypatch.setattr(playback, "HISTORY_BYTES_MAX", 1_000)
    assert (await client.get(f"/runs/{run.id}/at?us=0")).status_code == 413
    await in_thread(run.history_path.unlink)
    assert (await client.get(f"/runs/{run.id}/at?us=0")).status_code == 404
    await in_thread(lambda: Run.objects.filter(pk=run.id).update(state="running", ended_at=None))
    assert (await client.get(f"/runs/{run.id}/at?us=0")).json()["frames"] == []
