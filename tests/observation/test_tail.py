"""Following a stream without recording it: complete, or it says that it is not."""

import asyncio

import pytest

from consistency_viz.observation import tail as module
from consistency_viz.observation.position import Position
from consistency_viz.observation.stream import observations_key
from consistency_viz.observation.tail import LappedError, StreamGoneError, Tail
from tests.observation.support import applied, put
from workers.runtime.connection import connect_to_run

RUN = "r1"


@pytest.fixture
async def tail_from(server, redis_client, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_MS", 20)
    clients = []

    def tail_from(position=Position()):  # noqa: B008 - it never changes
        clients.append(connect_to_run(server.url, "", RUN))
        return Tail(clients[-1], RUN, position)

    yield tail_from
    for client in clients:
        await client.aclose()


def updates(entries):
    return [body.update for entry in entries for body in entry.turn.bodies]


async def test_batches_come_in_order_and_are_bounded(redis_client, tail_from, monkeypatch):
    monkeypatch.setattr(module, "BATCH_ENTRIES", 2)
    for number in range(5):
        put(redis_client, RUN, 10_000 + number, applied(number))
    tail = tail_from()
    assert [updates(await tail.read()) for _ in range(4)] == [["u0", "u1"], ["u2", "u3"], ["u4"], []]


async def test_a_tail_from_a_position_reads_everything_at_its_time_again(redis_client, tail_from):
    for at_us in (10_000, 10_001, 10_001, 10_002):
        put(redis_client, RUN, at_us, applied(at_us))
    entries = await tail_from(Position(3, 10_001, 2)).read()
    assert [entry.at_us for entry in entries] == [10_001, 10_001, 10_002]


@pytest.mark.parametrize("position", [Position(), Position(1, 10_000, 1)])
async def test_whatever_was_trimmed_before_it_was_read_is_noticed(redis_client, tail_from, position):
    for number in range(5):
        put(redis_client, RUN, 10_000 + number, applied(number))
    redis_client.xtrim(observations_key(RUN), minid="10002", approximate=False)
    with pytest.raises(LappedError):
        await tail_from(position).read()


async def test_trimming_up_to_what_is_known_is_no_gap(redis_client, tail_from):
    for number in range(5):
        put(redis_client, RUN, 10_000 + number, applied(number))
    redis_client.xtrim(observations_key(RUN), minid="10002", approximate=False)
    entries = await tail_from(Position(3, 10_002, 1)).read()
    assert updates(entries) == ["u2", "u3", "u4"]


async def test_a_stream_that_is_not_there_yet_is_waited_for_and_one_that_is_gone_ends_the_tail(redis_client, tail_from):
    tail = tail_from()
    assert await tail.read() == []
    put(redis_client, RUN, 10_000, applied(0))
    assert updates(await tail.read()) == ["u0"]
    redis_client.delete(observations_key(RUN))
    with pytest.raises(StreamGoneError):
        await tail.read()


async def test_a_server_that_goes_away_is_waited_for_and_nothing_is_missed(server, redis_client, tail_from):
    put(redis_client, RUN, 10_000, applied(0))
    seen, tail = [], tail_from()
    async with asyncio.timeout(20):
        async for batch in tail.batches():
            seen += updates(batch)
            if seen == ["u0"] and tail.away_since_s is None and server.alive:
                await asyncio.to_thread(server.kill)
            elif tail.away_since_s is not None and not server.alive:
                await asyncio.to_thread(server.start)
                put(redis_client, RUN, 10_001, applied(1))
            elif len(seen) == 2:
                break
    assert seen == ["u0", "u1"]
    assert tail.away_since_s is None
