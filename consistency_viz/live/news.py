"""A quiet socket beside a run's frames, open after its end too: says that another run belongs beside it now.

Rules
1. It carries no data, only the word that there is something to ask for, so it has nothing to fall behind with.
2. A process hears of news once, on a channel of its own, whatever the number of its sockets, and tells those it
   concerns. While the layer is away nobody is told; when it is back, everybody is: something may have been missed.
3. Only of a run that there is, and as far as there are places.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any, Final
from weakref import WeakKeyDictionary

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer

from consistency_viz.experiments.announcing import GROUP
from consistency_viz.live.about import from_database, row_of
from consistency_viz.live.places import Places, address_of

log = logging.getLogger(__name__)

NOT_ACCEPTED = 1008
TRY_AGAIN = 1013
NEWS = '{"kind": "relatives"}'
READY_WITHIN_S: Final = 5.0
AWAY_S: Final = 2.0
REJOIN_S: Final = 60.0
"""Groups expire (``GROUP_EXPIRY_S`` of the environment), and are gone when the server was emptied; who is still there
says so now and then."""


class News:
    """Everybody of one event loop who wants to hear. The layer is listened to as long as there is anybody."""

    def __init__(self) -> None:
        self.places = Places()
        self._waiting: dict[str, set[NewsConsumer]] = {}
        self._listens = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None

    async def join(self, run_id: str, page: NewsConsumer) -> None:
        """From when this returns on, the page misses nothing. Raises ``TimeoutError`` while the layer is away."""
        self._waiting.setdefault(run_id, set()).add(page)
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        await asyncio.wait_for(self._listens.wait(), READY_WITHIN_S)

    async def leave(self, run_id: str, page: NewsConsumer) -> None:
        """The page has gone; with the last one the listening ends."""
        pages = self._waiting.get(run_id, set())
        pages.discard(page)
        if not pages:
            self._waiting.pop(run_id, None)
        listening = self._listening
        if not self._waiting and listening is not None:
            self._listening = None
            self._listens = asyncio.Event()
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self) -> None:
        layer, was_away = get_channel_layer(), False
        while layer is not None:
            listens = self._listens
            try:
                await self._hear(layer, listens, was_away=was_away)
            except Exception as error:  # noqa: BLE001 - whatever the layer's client raises
                log.debug("news are not heard: %r", error)
            listens.clear()
            was_away = True
            await asyncio.sleep(AWAY_S)

    async def _hear(self, layer: Any, listens: asyncio.Event, *, was_away: bool) -> None:
        channel = await layer.new_channel()
        await layer.group_add(GROUP, channel)
        try:
            listens.set()
            for run_id in list(self._waiting) if was_away else ():
                await self._tell(run_id)
            while True:
                try:
                    message = await asyncio.wait_for(layer.receive(channel), REJOIN_S)
                except TimeoutError:
                    await layer.group_add(GROUP, channel)
                else:
                    await self._tell(str(message.get("of", "")))
        finally:
            with contextlib.suppress(Exception):
                await layer.group_discard(GROUP, channel)

    async def _tell(self, run_id: str) -> None:
        for page in list(self._waiting.get(run_id, ())):
            with contextlib.suppress(Exception):  # it leaves at this moment
                await page.send(text_data=NEWS)


_NEWS: WeakKeyDictionary[asyncio.AbstractEventLoop, News] = WeakKeyDictionary()


def news() -> News:
    """The news of the running loop."""
    return _NEWS.setdefault(asyncio.get_running_loop(), News())


class NewsConsumer(AsyncWebsocketConsumer):
    """One page that wants to hear of new runs beside its own. It has nothing to say."""

    channel_layer_alias = "none"  # it is told by ``News``; a channel for each socket would be a burden on the server
    _place: tuple[str, str] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve it; however that ends, its place is free again."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self._place is not None:
                news().places.leave(*self._place)
                await news().leave(self._place[0], self)

    async def connect(self) -> None:
        """Listen, then accept: whoever asks after that misses nothing."""
        run_id = self.scope["url_route"]["kwargs"]["run_id"]
        place = run_id, address_of(self.scope)
        if not news().places.take(*place):
            await self._not_now()
            return
        self._place = place
        try:
            if await from_database(row_of, run_id) is None:
                await self.close(code=NOT_ACCEPTED)
                return
            await news().join(run_id, self)
        except TimeoutError:
            await self._not_now()
            return
        await self.accept()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Nothing is expected."""
        await self.close(code=NOT_ACCEPTED)

    async def _not_now(self) -> None:
        await self.accept()
        await self.close(code=TRY_AGAIN)
