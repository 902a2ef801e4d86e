"""A viewer's socket: one small question first, then frames for as long as it reads them.

Rules
1. The first message, within ``RESUME_WITHIN_S``, is a ``Resume`` of at most ``RESUME_BYTES_MAX``. Anything else, and
   anything after it, closes this socket and concerns nobody else.
2. The socket holds a cursor and nothing more: a frame is sent when the one before has left. A viewer that is so slow
   that its cursor falls out of the feed's ring is given a snapshot that says so.
3. One address has a limited number of viewers of a run, or one stranger would take all places; the presenter always
   has one.
4. The socket is closed in order (1000) after the last frame of a run that is over, and after a refusal.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack

import msgspec
from channels.generic.websocket import AsyncWebsocketConsumer

from consistency_viz.experiments.commands import presents
from consistency_viz.live.about import from_database
from consistency_viz.live.feed import RunFeed
from consistency_viz.live.feeds import TooManyViewersError, feeds
from consistency_viz.live.frames import Refusal, Resume, decode_resume, encode
from consistency_viz.live.places import address_of

log = logging.getLogger(__name__)

RESUME_WITHIN_S = 5.0
RESUME_BYTES_MAX = 1_000
READY_WITHIN_S = 20.0
IN_ORDER = 1000
NOT_ACCEPTED = 1008
TRY_AGAIN = 1013
BROKEN = 1011

FULL = Refusal("Too many people watch this run here.", "Wait until somebody leaves, then reload the page.")


class RunConsumer(AsyncWebsocketConsumer):
    """One viewer of one run."""

    channel_layer_alias = "none"  # frames come from the feed
    _serving: asyncio.Task[None] | None = None
    _impatience: asyncio.TimerHandle | None = None

    async def connect(self) -> None:
        """Accept, and expect the question soon."""
        await self.accept()
        self._serving = None
        self._impatience = asyncio.get_running_loop().call_later(RESUME_WITHIN_S, self._give_up)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """The question, once."""
        resume = None if self._serving is not None else _resume_of(text_data)
        if resume is None:
            self._stop()
            await self.close(code=NOT_ACCEPTED)
            return
        self._stop()
        self._serving = asyncio.create_task(self._serve(resume))

    async def disconnect(self, code: int) -> None:
        """The viewer has gone."""
        self._stop()

    async def _serve(self, resume: Resume) -> None:
        run_id = self.scope["url_route"]["kwargs"]["run_id"]
        try:
            async with AsyncExitStack() as stack:
                feed = await self._place(run_id, stack)
                await asyncio.wait_for(feed.ready.wait(), READY_WITHIN_S)
                if feed.refusal is not None:
                    await self._refuse(feed.refusal)
                else:
                    await self._send_frames(feed, resume)
        except TooManyViewersError:
            await self._refuse(FULL)
        except TimeoutError:
            await self.close(code=TRY_AGAIN)
        except OSError as error:
            log.debug("a viewer of run %s left in the middle of a frame: %r", run_id, error)
        except Exception:
            log.exception("a viewer of run %s could not be served", run_id)
            await self.close(code=BROKEN)

    async def _place(self, run_id: str, stack: AsyncExitStack) -> RunFeed:
        """The feed, and a place there until ``stack`` is left."""
        address = address_of(self.scope)
        try:
            return await stack.enter_async_context(feeds().watch(run_id, address))
        except TooManyViewersError:
            if not await from_database(presents, self.scope.get("headers", ())):
                raise
            return await stack.enter_async_context(feeds().watch(run_id, address, always=True))

    async def _send_frames(self, feed: RunFeed, resume: Resume) -> None:
        seq, reason = resume.seq, _reason(feed, resume)
        while True:
            missed = feed.after(seq) if not reason else None
            if missed is None:
                seq, text = feed.snapshot("ended" if feed.is_over else reason or "gap")
                reason = ""
                await self.send(text_data=text)
                continue
            for seq, text in missed:  # noqa: B007 - the cursor is where sending stopped
                await self.send(text_data=text)
            if seq != feed.seq:
                continue
            if feed.is_over:
                await (self._refuse(feed.refusal) if feed.refusal else self.close(code=IN_ORDER))
                return
            await feed.news()

    async def _refuse(self, refusal: Refusal) -> None:
        await self.send(text_data=encode(refusal).decode())
        await self.close(code=IN_ORDER)

    def _give_up(self) -> None:
        """Nothing was asked in time."""
        self._serving = asyncio.create_task(self.close(code=NOT_ACCEPTED))

    def _stop(self) -> None:
        if self._impatience is not None:
            self._impatience.cancel()
            self._impatience = None
        if self._serving is not None:
            self._serving.cancel()
            self._serving = None


def _reason(feed: RunFeed, resume: Resume) -> str:
    """Why this viewer needs a snapshot; empty if it can go on where it stopped."""
    if resume.seq < 0:
        return "joined"
    if resume.boot != feed.boot:
        return "restarted"
    return "" if feed.after(resume.seq) is not None else "gap"


def _resume_of(text: str | None) -> Resume | None:
    """The question, or ``None`` if it is none."""
    if text is None or len(text) > RESUME_BYTES_MAX:
        return None
    try:
        return decode_resume(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
