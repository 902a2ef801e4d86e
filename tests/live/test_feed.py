"""One feed for all viewers of a run: complete whichever way the observations reach it."""

import asyncio
import random

import msgspec
import pytest

from consistency_viz.live.feed import RunFeed
from consistency_viz.live.feeds import Feeds
from consistency_viz.live.follower import GONE, UNKNOWN
from consistency_viz.live.frames import Delta
from consistency_viz.observation import recorder as recorder_module
from tests.live.page_fold import fold
from workers.runtime import control

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def play():
    """Starts feeds and ends them with the test."""
    feeds = []

    def play(run_id):
        feeds.append(RunFeed(run_id))
        feeds[-1].start()
        return feeds[-1]

    yield play
    for feed in feeds:
        feed.leave()
        await feed.left()


def shown(feed, reason="joined"):
    return msgspec.json.decode(feed.snapshot(reason)[1])


async def test_a_feed_follows_the_stream_and_its_frames_fold_to_its_snapshots(live_run, play, until):
    live_run.put_applied(0)
    feed = play(live_run.id)
    await feed.ready.wait()
    first = shown(feed)
    page = {name: value for name, value in first.items() if name not in ("kind", "reason")}
    for number in range(1, 30):
        live_run.put_applied(number)
        await asyncio.sleep(0.01)
    await until(lambda: shown(feed)["totals"]["observations"] == 30)
    frames = feed.after(first["seq"])
    for _, text in frames:
        page = fold(page, msgspec.json.decode(text, type=Delta))
    last = shown(feed)
    assert page == {name: value for name, value in last.items() if name not in ("kind", "reason")}
    assert [seq for seq, _ in frames] == list(range(first["seq"] + 1, last["seq"] + 1))


async def test_a_late_feed_reads_the_file_first_and_sees_what_was_trimmed(
    live_run, play, until, monkeypatch, in_thread
):
    monkeypatch.setattr(recorder_module, "KEEP_US", 0)
    recorder = live_run.recorder()
    for number in range(10):
        live_run.put_applied(number)
    await in_thread(recorder.step)
    await in_thread(recorder.save)
    for number in range(10, 15):
        live_run.put_applied(number)
    feed = play(live_run.id)
    await feed.ready.wait()
    await until(lambda: shown(feed)["totals"]["observations"] == 15)
    assert [key["key"] for key in shown(feed)["keys"]] == [f"o{n}" for n in range(15)]
    recorder.close()


async def test_a_feed_that_was_lapped_goes_on_from_the_file_and_misses_nothing(
    live_run, play, until, monkeypatch, caplog
):
    caplog.set_level("INFO", logger="consistency_viz")
    monkeypatch.setattr(recorder_module, "KEEP_US", 0)
    live_run.put_applied(0)
    feed = play(live_run.id)
    await until(lambda: feed.ready.is_set() and shown(feed)["totals"]["observations"] == 1)

    def burst():
        """While the loop is held up, more happens than the stream keeps."""
        recorder = live_run.recorder()
        for number in range(1, 200):
            live_run.put_applied(number)
        recorder.step()
        recorder.save()
        recorder.close()

    burst()
    await until(lambda: shown(feed)["totals"]["observations"] == 200)
    assert "was lapped" in caplog.text


async def test_a_feed_ends_with_its_run_and_has_everything(live_run, play, until, in_thread):
    feed = play(live_run.id)
    await feed.ready.wait()
    for number in range(5):
        live_run.put_applied(number)
    live_run.end()
    await in_thread(live_run.record_to_end)
    await until(lambda: feed.is_over)
    last = shown(feed, "ended")
    assert (last["run"]["state"], last["run"]["reason"]) == ("finished", "all orders are done")
    assert last["totals"]["observations"] == 5
    assert last["run"]["ended_us"] == last["at_us"]


async def test_a_finished_run_is_shown_from_its_archive_as_it_was_shown_live(live_run, play, until, in_thread):
    feed = play(live_run.id)
    await feed.ready.wait()
    for number in range(1_500):
        live_run.put_applied(number)
    live_run.end()
    await in_thread(live_run.record_to_end)
    await until(lambda: feed.is_over)
    again = play(live_run.id)
    await until(lambda: again.is_over)
    assert control.run_status(live_run.client, live_run.id) is None
    same = ("at_us", "run", "nodes", "replicas", "totals", "keys", "keys_dropped", "seconds", "sentences")
    online, archived = shown(feed, "ended"), shown(again, "ended")
    assert {name: online[name] for name in same} == {name: archived[name] for name in same}


async def test_a_restarted_server_is_waited_for(live_run, server, play, until, in_thread):
    live_run.put_applied(0)
    feed = play(live_run.id)
    await feed.ready.wait()
    await in_thread(server.kill)
    await asyncio.sleep(0.3)
    await in_thread(server.start)
    live_run.put_applied(1)
    await until(lambda: shown(feed)["totals"]["observations"] == 2, timeout_s=10)


async def test_an_unknown_run_and_one_whose_history_is_gone_are_refused(live_run, play, in_thread):
    unknown = play("nosuchrun")
    await unknown.ready.wait()
    assert unknown.refusal == UNKNOWN
    live_run.end()
    await in_thread(live_run.record_to_end)
    live_run.row.history_path.unlink()
    gone = play(live_run.id)
    await gone.ready.wait()
    assert gone.refusal == GONE


async def test_a_feed_can_be_left_at_any_moment(live_run):
    """In particular while a reply arrives: redis-py swallows that cancellation."""
    rng = random.Random(1)
    for number in range(60):
        feed = RunFeed(live_run.id)
        feed.start()
        await feed.ready.wait()
        live_run.put_applied(number)
        await asyncio.sleep(rng.random() * 0.03)
        live_run.put_applied(number)
        await asyncio.sleep(0)
        feed.leave()
        async with asyncio.timeout(3):
            await feed.left()


async def test_frames_are_not_made_more_often_than_a_page_can_show(live_run, play):
    feed = play(live_run.id)
    await feed.ready.wait()
    before = feed.seq
    for number in range(100):
        live_run.put_applied(number)
        await asyncio.sleep(0.01)
    assert feed.seq - before <= 30


async def test_all_viewers_share_a_feed_which_stays_a_moment_after_the_last(live_run, monkeypatch, until):
    monkeypatch.setattr("consistency_viz.live.feeds.GRACE_S", 0.1)
    feeds = Feeds()
    async with feeds.watch(live_run.id) as first, feeds.watch(live_run.id) as second:
        assert first is second
    async with feeds.watch(live_run.id) as third:
        assert third is first
        await asyncio.sleep(0.2)
        assert not third.is_over
    await until(lambda: first.is_over)
    async with feeds.watch(live_run.id) as fresh:
        assert fresh is not first
    await feeds.close()
