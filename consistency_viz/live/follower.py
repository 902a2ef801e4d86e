"""Follows one run: from its beginning in the history file, over the stream, to its end in the file again.

Rules
1. It reads what the history file has, then the stream; lapped or cut off there, it goes on from the file.
2. It follows until the run has ended and the rest of its history was read; then it is over.
3. It can be left at any moment. Cancelling is not enough: redis-py swallows a cancellation that arrives as a reply
   does, so ``leave`` also says it in a flag that is looked at after every read.

What is made of what it reads is its subclass' business: frames for watchers (``feed``), seats for a room.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from typing import Any

import redis

from consistency_viz.experiments import stack
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.live.about import About, about, from_database, row_of, run_view
from consistency_viz.live.frames import Refusal, RunView
from consistency_viz.observation.archive import ArchiveReader
from consistency_viz.observation.position import Numbering, Position
from consistency_viz.observation.tail import BATCH_ENTRIES, LappedError, StreamGoneError, Tail
from workers.model.observation import Observation

log = logging.getLogger(__name__)

FRAMES_PER_S = 20
LOOK_S = 0.5
CHUNK_OBSERVATIONS = 1_000

UNKNOWN = Refusal("There is no such run.", "Go back to the list of runs; it may have been deleted.")
GONE = Refusal("The history of this run is gone.", "Run its scenario again; the same seed plays the same workload.")
BROKEN = Refusal("This run cannot be shown.", "The server's log says why; its history can still be downloaded.")


class RunFollower(ABC):
    """One run, read once. ``refusal`` says why it cannot be followed; ``ready`` is set once it has caught up."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.is_over = False
        self.refusal: Refusal | None = None
        self.ready = asyncio.Event()
        self._position = Position()
        self._ended = asyncio.Event()
        self._catching_up = False
        self._clock_us: tuple[int, float] | None = None
        self._leaving = False
        self._task: asyncio.Task[None] | None = None

    # --- what a subclass makes of it -----------------------------------------------------------------------------

    @abstractmethod
    def begin(self, known: About, status: Any) -> None:
        """The run is known, and nothing of it was read yet; ``status`` is the control's, ``None`` if it has none."""

    @abstractmethod
    def observe(self, observation: Observation) -> None:
        """The next observation, each once and in order; while catching up, on another thread."""

    @abstractmethod
    def settle(self) -> None:
        """All that there is was read: whatever may be later has not happened yet."""

    @abstractmethod
    def reach(self, now_us: int) -> None:
        """Recorder time has come this far."""

    @abstractmethod
    def note(self, status: Any) -> None:
        """The control's status, asked for every ``LOOK_S``; never ``None``."""

    @abstractmethod
    def see(self, run: RunView) -> None:
        """The run's row, looked at every ``LOOK_S``."""

    @abstractmethod
    def emit(self, *, is_piece: bool = False) -> None:
        """Tell who listens; ``is_piece``: in the middle of catching up."""

    @abstractmethod
    def tick(self) -> None:
        """Called ``FRAMES_PER_S`` times a second while it follows the stream."""

    @abstractmethod
    def wake(self) -> None:
        """Wake who waits for news: nothing will come any more (over, refused, or broken)."""

    @property
    def is_catching_up(self) -> bool:
        """Whether another thread reads the file right now: what it fills must not be walked through meanwhile."""
        return self._catching_up

    # --- its life ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to follow the run, to its end or until ``leave``."""
        self._task = asyncio.create_task(self._guarded(), name=f"{type(self).__name__} of {self.run_id}")

    def leave(self) -> None:
        """Nobody needs this any more."""
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
            log.exception("%s of run %s broke", type(self).__name__, self.run_id)
            self.refusal = BROKEN
        finally:
            self.is_over = True
            self.ready.set()
            self.wake()

    async def _play(self) -> None:
        known = await self._begin()
        if known is None:
            return
        await self._catch_up(known)
        if known.ended:
            self.reach(known.run.ended_us or 0)
        self.emit()
        self.ready.set()
        if known.ended:
            return
        async with asyncio.TaskGroup() as tasks:
            beside = [tasks.create_task(self._tick()), tasks.create_task(self._look(known))]
            await self._follow(known)
            for task in beside:
                task.cancel()
        self.emit()

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
                self.begin(known, status)
                self._note(status)
                return known
            await asyncio.sleep(LOOK_S)

    async def _follow(self, known: About) -> None:
        """Follow the stream until the run has ended, then read what the file has beyond it."""
        client = stack.tail_client(self.run_id)
        try:
            while not self._ended.is_set():
                try:
                    await self._follow_stream(Tail(client, self.run_id, self._position))
                except LappedError:
                    log.info("who follows run %s was lapped, and goes on from the file", self.run_id)
                except StreamGoneError:
                    await self._wait_ended(LOOK_S)
                await self._catch_up(known)
            await self._catch_up(known)
        finally:
            await client.aclose()

    async def _follow_stream(self, tail: Tail) -> None:
        numbering = Numbering(self._position)
        async for batch in tail.batches():
            if self._leaving:
                raise asyncio.CancelledError
            for entry in batch:
                for observation in numbering.take(entry.at_us, entry.turn):
                    self.observe(observation)
            if len(batch) < BATCH_ENTRIES and tail.away_since_s is None:
                self.settle()
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
                        self.emit(is_piece=True)
                self._position = reader.position
        finally:
            self._catching_up = False
        if known.ended or self._ended.is_set():
            self.settle()

    def _read_piece(self, reader: ArchiveReader) -> int:
        observations = reader.read(CHUNK_OBSERVATIONS)
        for observation in observations:
            self.observe(observation)
        return len(observations)

    async def _tick(self) -> None:
        clock = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(1 / FRAMES_PER_S)
            if self._catching_up:
                continue
            if self._clock_us is not None:
                now_us, taken_s = self._clock_us
                self.reach(now_us + int((clock.time() - taken_s) * 1e6))
            self.tick()

    async def _look(self, known: About) -> None:
        """Look after the run itself: its state, its instances, the server's clock."""
        while True:
            self._note(await self._status())
            row = await from_database(row_of, self.run_id)
            view = None if row is None else run_view(row, known.run.started_us, known.run.partitions, known.run.subject)
            if view is not None:
                self.see(view)
            if row is None or row.ended:
                self._clock_us = None
                self.reach((None if view is None else view.ended_us) or 0)
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
        self.note(status)
        if status.ended_us is None:
            self._clock_us = (status.now_us, asyncio.get_running_loop().time())
        else:
            self._clock_us = None

    async def _wait_ended(self, timeout_s: float) -> None:
        try:
            await asyncio.wait_for(self._ended.wait(), timeout_s)
        except TimeoutError:
            return


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
