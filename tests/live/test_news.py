"""The quiet socket: only of runs that there are, one channel for all, and a way out while the layer is away."""

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.layers import channel_layers

from consistency_viz.experiments import announcing
from consistency_viz.experiments.models import Run
from consistency_viz.live import news as news_module
from consistency_viz.live.news import NewsConsumer, news

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def page(live_run, settings, server):
    """Connects pages; all are gone at the end."""
    from consistency_viz.experiments.site.environment import channel_layer

    settings.CHANNEL_LAYERS = {"default": channel_layer(server.url)}
    opened = []

    async def page(run_id=live_run.id, address="10.0.0.1"):
        scope = {"type": "websocket", "client": (address, 1), "url_route": {"kwargs": {"run_id": run_id}}}
        opened.append(ApplicationCommunicator(NewsConsumer.as_asgi(), scope))
        await opened[-1].send_input({"type": "websocket.connect"})
        return opened[-1]

    yield page
    for one in opened:
        await one.send_input({"type": "websocket.disconnect", "code": 1001})
        await one.wait(5)
    assert (news()._waiting, news().places._by_run.total()) == ({}, 0)
    for layer in channel_layers.backends.values():
        await layer.close_pools()
    channel_layers.backends.clear()


async def test_a_hundred_pages_share_one_channel_and_all_are_told(page, live_run, redis_client):
    pages = [await page() for _ in range(100)]
    for one in pages:
        assert (await one.receive_output(5))["type"] == "websocket.accept"
    assert len(redis_client.keys("asgi:group:*")) == 1
    assert redis_client.zcard("asgi:group:news") == 1
    await sync_to_async(announcing.announce)(live_run.row, Run(id="newer"))
    for one in pages:
        assert json.loads((await one.receive_output(5))["text"]) == {"kind": "relatives"}


async def test_a_run_that_there_is_not_has_no_news_and_leaves_no_key(page, redis_client):
    stranger = await page("nosuchrun")
    assert (await stranger.receive_output(5))["type"] == "websocket.close"
    assert redis_client.keys("asgi:group:*") == []


async def test_one_address_has_so_many_and_is_asked_to_try_again(page, monkeypatch):
    monkeypatch.setattr("consistency_viz.live.places.SOCKETS_MAX_PER_ADDRESS", 1)
    first, second, other = await page(), await page(), await page(address="10.0.0.2")
    assert (await first.receive_output(5))["type"] == "websocket.accept"
    assert (await second.receive_output(5))["type"] == "websocket.accept"
    assert (await second.receive_output(5))["code"] == news_module.TRY_AGAIN
    assert (await other.receive_output(5))["type"] == "websocket.accept"
    assert await other.receive_nothing()


async def test_without_the_server_a_page_is_asked_to_try_again(page, settings, monkeypatch):
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]}}
    }
    monkeypatch.setattr(news_module, "READY_WITHIN_S", 0.1)
    alone = await page()
    assert (await alone.receive_output(5))["type"] == "websocket.accept"
    assert (await alone.receive_output(5))["code"] == news_module.TRY_AGAIN
    await asyncio.sleep(0)
