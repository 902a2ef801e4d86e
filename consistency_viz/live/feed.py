"""The feed of one run: followed once in this process whatever the number of its viewers, its frames encoded once.

Rules
1. Frames are made at most ``FRAMES_PER_S`` times a second and kept in a ring. Viewers hold only a cursor: whoever fell
   out of the ring is given a snapshot, and memory does not grow with slow viewers.
2. When the run is over, and was read to its end, the feed is over and says so to all.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from typing import Any

from consistency_viz.live.about import About, instance_views
from consistency_viz.live.follower import RunFollower
from consistency_viz.live.frames import RunView, encode
from consistency_viz.live.page.state import PageState
from workers.model.observation import Observation

HEARTBEAT_S = 0.25
RING_FRAMES = 400


class RunFeed(RunFollower):
    """One run in this process. ``boot`` names this feed: a cursor of another one is worth nothing here."""

    def __init__(self, run_id: str) -> None:
        super().__init__(run_id)
        self.boot = secrets.token_hex(6)
        self.seq = 0
        self._ring: deque[tuple[int, str]] = deque(maxlen=RING_FRAMES)
        self._snapshots: dict[str, str] = {}
        self._news = asyncio.Event()
        self._state: PageState | None = None
        self._beaten_s = 0.0

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

    # --- what is followed ----------------------------------------------------------------------------------------

    def begin(self, known: About, status: Any) -> None:
        """A page on which nothing has happened yet."""
        self._state = PageState(known.header, known.run, known.nodes)

    def observe(self, observation: Observation) -> None:
        """Onto the page with it."""
        self._page.observe(observation)

    def settle(self) -> None:
        """What was read is the present."""
        self._page.settle()

    def reach(self, now_us: int) -> None:
        """The page's clock."""
        self._page.reach(now_us)

    def note(self, status: Any) -> None:
        """The instances."""
        self._page.set_instances(instance_views(status))

    def see(self, run: RunView) -> None:
        """The run's state and reason."""
        self._page.set_run(run)

    def tick(self) -> None:
        """A frame when something changed, and now and then because time passes."""
        now_s = asyncio.get_running_loop().time()
        if self._page.is_dirty or now_s - self._beaten_s >= HEARTBEAT_S:
            self._beaten_s = now_s
            self.emit()

    def emit(self, *, is_piece: bool = False) -> None:
        """One frame; if it is too large, or a piece, the ring is emptied and everybody gets a snapshot."""
        delta = self._page.delta(self.boot, self.seq + 1, self._cursor)
        self._snapshots.clear()
        self.seq += 1
        if delta is None or is_piece:
            self._ring.clear()
        else:
            self._ring.append((self.seq, encode(delta).decode()))
        self.wake()

    def wake(self) -> None:
        """Wake everybody who waits for news."""
        self._news.set()
        self._news = asyncio.Event()

    # --- frames --------------------------------------------------------------------------------------------------

    @property
    def _page(self) -> PageState:
        if self._state is None:
            raise RuntimeError("the feed has not begun")
        return self._state

    @property
    def _cursor(self) -> str:
        return f"{self._position.count}@{self._position.at_us}"
