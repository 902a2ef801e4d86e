"""The feed of one run: followed once in this process whatever the number of its viewers, its frames encoded once.

Rules
1. A feed reads what the history file has, then the stream; lapped or cut off there, it goes on from the file.
2. Frames are made at most ``FRAMES_PER_S`` times a second and kept in a ring. Viewers hold only a cursor: whoever fell
   out of the ring is given a snapshot, and memory does not grow with slow viewers.
3. It follows until the run has ended and the rest of its history was read; then it is over and says so to all.
4. It can be left at any moment. Cancelling is not enough: redis-py swallows a cancellation that arrives as a reply
   does, so ``leave`` also says it in a flag that is looked at after every read.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from typing import Any

import redis
from django.conf import settings

from consistency_viz.experiments import stack
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.live.about import About, about, from_database, instance_views, row_of, run_view
from consistency_viz.live.frames import Refusal, encode
from consistency_viz.live.page.state import PageState
from consistency_viz.observation.archive import ArchiveReader
from consistency_viz.observation.position import Numbering, Position
from consistency_viz.observation.tail import BATCH_ENTRIES, LappedError, StreamGoneError, Tail, connect

log = logging.getLogger(__name__)

FRAMES_PER_S = 20
HEARTBEAT_S = 0.25
LOOK_S = 0.5
RING_FRAMES = 400
CHUNK_OBSERVATIONS = 1_000

UNKNOWN = Refusal("There is no such run.", "Go back to the list of runs; it may have been deleted.")
GONE = Refusal("The history of this run is gone.", "Run its scenario again; the same seed plays the same workload.")
BROKEN = Refusal("This run cannot be shown.", "The server's log says why; its history can still be downloaded.")


class RunFeed:
    """One run in this process. ``boot`` names this feed: a cursor of another one is worth nothing here."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.boot = secrets.token_hex(6)
        self.seq = 0
        self.is_over = False
        self.refusal: Refusal | None = None
        self.ready = asyncio.Event()
        self._ring: deque[tuple[int, str]] = deque(maxlen=RING_FRAMES)
        self._snapshots: dict[str, str] = {}
        self._news = asyncio.Event()
        self._state: PageState | None = None
        self._position = Position()
        self._ended = asyncio.Event()
        self._catching_up = False
        self._clock_us: tuple[int, float] | None = None
        self._leaving = False
        self._task: asyncio.Task[None] | None = None

    # --- for viewers ---------------------------------------------------------------------------------------------

    def after(self, seq: int) -> list[tuple[int, str]] | None:
        """The frames after ``seq`` in order; ``None`` if the ring does not have them all any more."""
        if seq == self.seq:
            return []
        if not self._ring or not self._ring[0][0] - 1 <= seq < self.seq:
            return None
        return [frame for frame in self._ring if frame[0] > seq]

    def snapshot(self, reason: str) -> tuple[int, str]:
        """Everything as of the last frame; encoded once for all who ask for the same reason."""
        if self._state is None:
            raise RuntimeError("the feed is not ready")
        if reason not in self._snapshots:
            snapshot = self._state.snapshot(self.boot, self.seq, self._cursor, reason)
            self._snapshots[reason] = encode(snapshot).decode()
        return self.seq, self._snapshots[reason]

    async def news(self) -> None:
        """Wait until there is another frame, or the feed is over."""
        if not self.is_over:
            await self._news.wait()

    # --- the life of a feed --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to follow the run, to its end or until ``leave``."""
        self._task = asyncio.create_task(self._guarded(), name=f"feed of {self.run_id}")

    def leave(self) -> None:
        """Nobody needs this feed any more."""
        self._leaving = True
        if self._task is not None:
            self._task.cancel()

    async def left(self) -> None:
        """Wait until nothing of it runs any more."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _guarded(self) -> None:
        try:
            await self._play()
        except Exception:
            log.exception("the feed of run %s broke", self.run_id)
            self.refusal = BROKEN
        finally:
            self.is_over = True
            self.ready.set()
            self._tell()

    async def _play(self) -> None:
        known = await self._begin()
        if known is None:
            return
        await self._catch_up(known)
        if known.ended:
            self._page.reach(known.run.ended_us or 0)
        self._emit()
        self.ready.set()
        if known.ended:
            return
        async with asyncio.TaskGroup() as tasks:
            beside = [tasks.create_task(self._tick()), tasks.create_task(self._look(known))]
            await self._follow(known)
            for task in beside:
                task.cancel()
        self._emit()

    async def _begin(self) -> About | None:
        """Learn what run this is, waiting for one that has not begun yet."""
        while True:
            status = await self._status()
            known = await from_database(about, self.run_id, 0 if status is None else status.started_us)
            if known is None:
                self.refusal = UNKNOWN
                return None
            has_history = await asyncio.to_thread(known.path.exists)
            if known.ended and known.run.state != "failed" and not has_history:
                self.refusal = GONE
                return None
            if known.ended or status is not None:
                self._state = PageState(known.header, known.run, known.nodes)
                self._note(status)
                return known
            await asyncio.sleep(LOOK_S)

    async def _follow(self, known: About) -> None:
        """Follow the stream until the run has ended, then read what the file has beyond it."""
        client = connect(settings.REDIS_URL)
        try:
            while not self._ended.is_set():
                try:
                    await self._follow_stream(Tail(client, self.run_id, self._position))
                except LappedError:
                    log.info("the feed of run %s was lapped; it goes on from the file", self.run_id)
                except StreamGoneError:
                    await self._wait_ended(LOOK_S)
                await self._catch_up(known)
            await self._catch_up(known)
        finally:
            await client.aclose()

    async def _follow_stream(self, tail: Tail) -> None:
        state, numbering = self._page, Numbering(self._position)
        async for batch in tail.batches():
            if self._leaving:
                raise asyncio.CancelledError
            for entry in batch:
                for observation in numbering.take(entry.at_us, entry.turn):
                    state.observe(observation)
            if len(batch) < BATCH_ENTRIES and tail.away_since_s is None:
                state.settle()
            self._position = numbering.position
            if self._ended.is_set():
                return
            await asyncio.sleep(0)

    async def _catch_up(self, known: About) -> None:
        """Read on in the history file, in pieces on another thread; meanwhile frames are only made between pieces.

        Taking observations in leaves alone what a snapshot shows, so viewers may be given snapshots all the time.
        """
        self._catching_up = True
        try:
            reader = await asyncio.to_thread(_open_at, known, self._position)
            if reader is not None:
                with reader:
                    while await asyncio.to_thread(self._read_piece, reader) == CHUNK_OBSERVATIONS:
                        self._emit(keep=False)
                self._position = reader.position
        finally:
            self._catching_up = False
        if known.ended or self._ended.is_set():
            self._page.settle()

    def _read_piece(self, reader: ArchiveReader) -> int:
        observations = reader.read(CHUNK_OBSERVATIONS)
        for observation in observations:
            self._page.observe(observation)
        return len(observations)

    async def _tick(self) -> None:
        """Make frames: when something changed, and now and then because time passes."""
        clock = asyncio.get_running_loop()
        beaten_s = 0.0
        while True:
            await asyncio.sleep(1 / FRAMES_PER_S)
            if self._catching_up:
                continue
            if self._clock_us is not None:
                now_us, taken_s = self._clock_us
                self._page.reach(now_us + int((clock.time() - taken_s) * 1e6))
            if self._page.is_dirty or clock.time() - beaten_s >= HEARTBEAT_S:
                beaten_s = clock.time()
                self._emit()

    async def _look(self, known: About) -> None:
        """Look after the run itself: its state, its instances, the server's clock."""
        while True:
            self._note(await self._status())
            row = await from_database(row_of, self.run_id)
            if row is not None:
                self._page.set_run(run_view(row, known.run.started_us, known.run.partitions, known.run.subject))
            if row is None or row.ended:
                self._clock_us = None
                self._page.reach(self._page.run.ended_us or 0)
                self._ended.set()
                return
            await asyncio.sleep(LOOK_S)

    async def _status(self) -> Any:
        """The run as the control has it, ``None`` if it does not or cannot be asked."""
        try:
            client = stack.client()
            return await asyncio.to_thread(stack.control().run_status, client, self.run_id)
        except (CommandRefused, redis.RedisError):
            return None

    def _note(self, status: Any) -> None:
        if status is None:
            return
        self._page.set_instances(instance_views(status))
        if status.ended_us is None:
            self._clock_us = (status.now_us, asyncio.get_running_loop().time())
        else:
            self._clock_us = None

    async def _wait_ended(self, timeout_s: float) -> None:
        try:
            await asyncio.wait_for(self._ended.wait(), timeout_s)
        except TimeoutError:
            return

    # --- frames --------------------------------------------------------------------------------------------------

    @property
    def _page(self) -> PageState:
        if self._state is None:
            raise RuntimeError("the feed has not begun")
        return self._state

    @property
    def _cursor(self) -> str:
        return f"{self._position.count}@{self._position.at_us}"

    def _emit(self, *, keep: bool = True) -> None:
        """One frame; if it is too large, or not to be kept, the ring is emptied and everybody gets a snapshot."""
        delta = self._page.delta(self.boot, self.seq + 1, self._cursor)
        self._snapshots.clear()
        self.seq += 1
        if delta is None or not keep:
            self._ring.clear()
        else:
            self._ring.append((self.seq, encode(delta).decode()))
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def _open_at(known: About, position: Position) -> ArchiveReader | None:
    """The history file where ``position`` ends; ``None`` if it is not there, or not as far yet."""
    try:
        reader = ArchiveReader(known.path)
    except FileNotFoundError:
        return None
    if reader.skip(position):
        return reader
    reader.close()
    return None
