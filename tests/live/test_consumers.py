"""A viewer's socket: what it may say, what it is sent, and that nobody else pays for it."""

import asyncio
import os
import random

import pytest

from consistency_viz.live import consumers
from consistency_viz.live import feed as feed_module
from consistency_viz.live.feeds import TooManyViewersError, feeds
from tests.live.viewer import ORIGIN, Viewer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def connect(live_run):
    """Connected viewers of the run (or another), all gone at the end."""
    from consistency_viz.asgi import application

    viewers = []

    async def connect(run_id=live_run.id, headers=ORIGIN):
        viewers.append(Viewer(application, run_id, headers))
        assert await viewers[-1].connect()
        return viewers[-1]

    yield connect
    for viewer in viewers:
        await viewer.leave()
    await feeds().close()


async def test_a_viewer_gets_a_snapshot_then_deltas_one_by_one(live_run, connect):
    live_run.put_applied(0)
    viewer = await connect()
    await viewer.resume()
    first = await viewer.frame()
    assert (first["kind"], first["reason"], first["run"]["id"]) == ("snapshot", "joined", live_run.id)
    live_run.put_applied(1)
    frames = [await viewer.frame() for _ in range(4)]
    assert [(f["kind"], f["seq"], f["boot"]) for f in frames] == [
        ("delta", first["seq"] + n, first["boot"]) for n in range(1, 5)
    ]


async def test_a_viewer_that_comes_back_goes_on_where_it_stopped(live_run, connect):
    viewer = await connect()
    await viewer.resume()
    first = await viewer.frame()
    await viewer.leave()
    live_run.put_applied(0)
    again = await connect()
    await again.resume(first["boot"], first["seq"])
    frame = await again.frame()
    assert (frame["kind"], frame["seq"]) == ("delta", first["seq"] + 1)


@pytest.mark.parametrize(
    ("boot", "seq", "reason"), [("other", 3, "restarted"), (None, 10**6, "gap"), (None, -1, "joined")]
)
async def test_a_cursor_that_is_worth_nothing_gets_a_snapshot_that_says_why(connect, boot, seq, reason):
    viewer = await connect()
    await viewer.resume()
    known = (await viewer.frame())["boot"]
    other = await connect()
    await other.resume(known if boot is None else boot, seq)
    frame = await other.frame()
    assert (frame["kind"], frame["reason"]) == ("snapshot", reason)


async def test_a_slow_viewer_skips_to_a_snapshot_and_the_feed_keeps_no_more_for_it(live_run, monkeypatch, until):
    monkeypatch.setattr(feed_module, "RING_FRAMES", 5)
    gate, sent = asyncio.Event(), []
    consumer = consumers.RunConsumer()

    async def slow_send(text_data):
        sent.append(text_data)
        await gate.wait()

    consumer.send = slow_send
    consumer.scope = {"url_route": {"kwargs": {"run_id": live_run.id}}}
    serving = asyncio.create_task(consumer._serve(consumers.Resume()))
    await until(lambda: len(sent) == 1)
    async with feeds().watch(live_run.id) as feed:
        start = feed.seq
        for number in range(400):
            live_run.put_applied(number)
            if number % 40 == 0:
                await asyncio.sleep(0.06)
        await until(lambda: feed.seq > start + 8)
        assert len(feed._ring) <= 5
        assert len(sent) == 1
        gate.set()
        await until(lambda: len(sent) > 1)
    assert '"reason":"gap"' in sent[1]
    serving.cancel()
    await feeds().close()


async def test_a_finished_run_is_sent_once_and_the_socket_is_closed_in_order(live_run, connect, in_thread):
    live_run.put_applied(0)
    live_run.end()
    await in_thread(live_run.record_to_end)
    viewer = await connect()
    await viewer.resume()
    frame = await viewer.frame()
    assert (frame["reason"], frame["run"]["state"], frame["totals"]["observations"]) == ("ended", "finished", 1)
    assert await viewer.frame() == {"close_code": 1000}


async def test_a_run_that_ends_before_their_eyes_ends_with_its_state_and_a_close(live_run, connect, in_thread):
    viewer = await connect()
    await viewer.resume()
    await viewer.frame()
    live_run.end("stopped")
    await in_thread(live_run.record_to_end)
    frames = [await viewer.frame()]
    while "close_code" not in frames[-1]:
        frames.append(await viewer.frame())
    assert [f["run"]["state"] for f in frames[:-1] if f["run"]][-1] == "stopped"
    assert frames[-1] == {"close_code": 1000}


async def test_an_unknown_run_is_refused_with_a_remedy(connect):
    viewer = await connect("nosuchrun")
    await viewer.resume()
    frame = await viewer.frame()
    assert (frame["kind"], frame["text"]) == ("refusal", "There is no such run.")
    assert frame["remedy"]
    assert await viewer.frame() == {"close_code": 1000}


@pytest.mark.parametrize(
    "headers",
    [
        [(b"host", b"localhost:8000")],
        [(b"host", b"localhost:8000"), (b"origin", b"null")],
        [(b"host", b"localhost:8000"), (b"origin", b"http://evil.example")],
        [(b"host", b"localhost:8000"), (b"origin", b"http://localhost:9000")],
        [(b"host", b"localhost:8000"), (b"origin", b"http://localhost:8000.evil.example")],
        [(b"host", b"localhost:8000"), (b"origin", b"http://user@localhost:8000")],
        [(b"host", b"localhost:8000"), (b"origin", b"file://localhost:8000")],
        [(b"host", b"evil.example"), (b"origin", b"http://evil.example")],
        [*ORIGIN, (b"origin", b"http://evil.example")],
        [(b"host", b"localhost:8000"), (b"origin", b"http://[")],
        [(b"host", b"localhost:8000"), (b"origin", b"\xff")],
    ],
)
async def test_a_socket_from_elsewhere_is_refused_at_the_handshake(live_run, headers):
    from consistency_viz.asgi import application

    viewer = Viewer(application, live_run.id, headers)
    assert not await viewer.connect()


async def test_who_asks_nothing_is_closed_after_a_moment(connect, monkeypatch):
    monkeypatch.setattr(consumers, "RESUME_WITHIN_S", 0.05)
    viewer = await connect()
    assert await viewer.frame() == {"close_code": consumers.NOT_ACCEPTED}


async def test_whoever_speaks_twice_is_closed(connect):
    viewer = await connect()
    await viewer.resume()
    await viewer.frame()
    await viewer.resume()
    frame = await viewer.frame()
    while frame.get("kind") == "delta":
        frame = await viewer.frame()
    assert frame == {"close_code": consumers.NOT_ACCEPTED}


def fuzz(rng: random.Random) -> tuple[str | None, bytes | None]:
    """Something that is no question: text or bytes."""
    kind = rng.randrange(7)
    if kind == 0:
        return None, os.urandom(rng.randrange(1, 200))
    if kind == 1:
        return "".join(chr(rng.randrange(1, 0xD800)) for _ in range(rng.randrange(1, 50))), None
    if kind == 2:
        return '{"kind":"resume","boot":"' + "x" * rng.randrange(1_000, 50_000) + '","seq":1}', None
    wrong = (
        '{"kind":"snapshot"}',
        '{"kind":"resume","seq":"1"}',
        '{"kind":"resume","seq":1e99}',
        "[" * 500,
        "null",
        "[]",
    )
    return rng.choice(wrong) + " " * rng.randrange(3), None


async def test_five_hundred_bad_frames_close_their_senders_and_concern_nobody_else(live_run, connect):
    rng = random.Random(7)
    good = await connect()
    await good.resume()
    await good.frame()
    for _ in range(500):
        offender = await connect()
        text, raw = fuzz(rng)
        await offender.say(text, raw)
        assert await offender.frame() == {"close_code": consumers.NOT_ACCEPTED}, (text, raw)
        await offender.leave()
    live_run.put_applied(1)
    frame = await good.frame()
    while frame["totals"]["observations"] == 0:
        assert frame["kind"] == "delta"
        frame = await good.frame()


async def test_too_many_viewers_of_one_run_are_refused(connect, monkeypatch):
    monkeypatch.setattr("consistency_viz.live.places.SOCKETS_MAX_PER_RUN", 1)
    first, second = await connect(), await connect()
    await first.resume()
    await first.frame()
    await second.resume()
    assert (await second.frame())["text"] == consumers.FULL.text


async def test_one_address_cannot_take_every_place_but_the_presenter_finds_one(connect, monkeypatch, client, in_thread):
    from consistency_viz.experiments.tokens import issue

    monkeypatch.setattr("consistency_viz.live.places.SOCKETS_MAX_PER_ADDRESS", 0)
    stranger = await connect()
    await stranger.resume()
    assert (await stranger.frame())["text"] == consumers.FULL.text
    await in_thread(lambda: client.get(f"/enter/{issue()}/"))
    cookie = f"cv_session={client.cookies['cv_session'].value}".encode()
    presenter = await connect(headers=[*ORIGIN, (b"cookie", cookie)])
    await presenter.resume()
    assert (await presenter.frame())["kind"] == "snapshot"


async def test_feeds_that_nobody_watches_make_room_and_those_that_are_watched_do_not(live_run, monkeypatch):
    monkeypatch.setattr("consistency_viz.live.feeds.FEEDS_MAX", 1)
    async with feeds().watch("first"):
        with pytest.raises(TooManyViewersError):
            async with feeds().watch("second"):
                pass
    async with feeds().watch("second"):
        assert list(feeds()._watched) == ["second"]
    await feeds().close()
