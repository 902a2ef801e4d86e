"""The page of one run at any instant: its history folded by the very code that folds it live.

Rules
1. The page at ``t`` has everything observed up to and including ``t``. It does not matter how one comes to ``t``: by
   playing, or at once.
2. On the way the page is folded every ``GRID_US``, as the feed does live. Where many observations passed since the last
   one, a checkpoint is kept: a later question begins at the nearest one and costs at most their distance.
3. Checkpoints take at most ``CHECKPOINTS_BYTES_MAX``; beyond it every second one goes and they lie twice as far apart.
4. A run that goes on can be asked as far as its history was archived. One thread at a time.
"""

from __future__ import annotations

import gc
import pickle
import threading
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple, cast

import msgspec

from consistency_viz.live.about import About
from consistency_viz.live.frames import Delta, RunView, Snapshot
from consistency_viz.live.page.state import PageState
from consistency_viz.live.playback.index import HistoryIndex, Place
from consistency_viz.live.playback.instances import InstanceTable
from workers.model.observation import Applied, Changed, Completed, Dropped, Effected, Faulted, Invoked

GRID_US: Final = 50_000
CHECKPOINT_EVERY: Final = 4_000
CHECKPOINTS_BYTES_MAX: Final = 16 * 1024 * 1024
FRAMES_MAX: Final = 200
OBSERVATIONS_PER_ANSWER_MAX: Final = 40_000
NEVER_US: Final = 2**62
BOOT: Final = "past"
STEPS = (Applied, Invoked, Completed, Dropped, Effected, Changed, Faulted)
"""What is worth a step: something was seen, asked, answered or lost. A message alone is under way before and after."""


@dataclass
class _Reel:
    """A page on its way through the history; ``place`` is the next line to read."""

    page: PageState
    instances: InstanceTable
    place: Place
    grid_us: int


class _Checkpoint(NamedTuple):
    at_us: int
    number: int
    pickled: bytes


class Film:
    """One run's past. ``known`` may be replaced by what is known now: only its run and its end matter."""

    def __init__(self, known: About) -> None:
        self.known = known
        self._lock = threading.Lock()
        self._index = HistoryIndex(known.path)
        self._checkpoints: list[_Checkpoint] = []
        self._spacing = CHECKPOINT_EVERY

    # --- questions -----------------------------------------------------------------------------------------------

    @contextmanager
    def opened(self) -> Iterator[None]:
        """For the time of some questions: up to date, and nobody else's. Raises ``OSError`` without a history."""
        with self._lock:
            self._index.extend()
            yield

    @property
    def start_us(self) -> int:
        """The instant of the run's beginning."""
        return self.known.run.started_us

    @property
    def end_us(self) -> int:
        """The last instant that can be asked for."""
        return max(self.start_us, self._index.last_us, self.known.run.ended_us or 0)

    def at(self, at_us: int) -> Snapshot:
        """The page at an instant; before the beginning and after the end it is that of those."""
        at_us = self._clipped(at_us)
        reel = self._wound(at_us)
        self._shoot(reel, at_us)
        return reel.page.snapshot(BOOT, 0, "", BOOT)

    def frames(self, from_us: int, to_us: int, step_us: int) -> list[Snapshot | Delta]:
        """The page at ``from_us``, then what changes every ``step_us`` up to ``to_us``.

        At most ``FRAMES_MAX`` frames and, but for the last step, ``OBSERVATIONS_PER_ANSWER_MAX`` observations: the last
        frame's ``at_us`` says how far it came.
        """
        from_us, to_us = self._clipped(from_us), self._clipped(to_us)
        reel = self._wound(from_us)
        self._shoot(reel, from_us)
        reel.grid_us = NEVER_US  # from here on the frames are the folds, and nothing is folded between them
        made: list[Snapshot | Delta] = [reel.page.snapshot(BOOT, 0, "", BOOT)]
        at_us, first = from_us, reel.page.observations
        while at_us < to_us and len(made) < FRAMES_MAX:
            at_us = min(to_us, at_us + step_us)
            self._take(reel, at_us)
            delta = self._shoot(reel, at_us, len(made))
            if delta is not None and len(made) == 1:
                delta = _with_lengths(delta, made[0])
            made.append(delta or reel.page.snapshot(BOOT, len(made), "", BOOT))
            if reel.page.observations - first > OBSERVATIONS_PER_ANSWER_MAX:
                break
        return made

    def step(self, at_us: int, *, forward: bool, key: str = "") -> int:
        """The instant of the next event after (or the last before) ``at_us``, of ``key`` alone if that is named."""
        found = self._index.after(at_us) if forward else self._index.before(at_us)
        for observation in found:
            body = observation.body
            if isinstance(body, STEPS) and (not key or getattr(body, "key", "") == key):
                return observation.at_us
        return self.end_us if forward else self.start_us

    # --- the way there -------------------------------------------------------------------------------------------

    def _clipped(self, at_us: int) -> int:
        return min(max(at_us, self.start_us), self.end_us)

    def _wound(self, at_us: int) -> _Reel:
        """A reel on which everything up to ``at_us`` was taken in, folded at the grid before it."""
        slot = bisect_right(self._checkpoints, at_us, key=lambda one: one.at_us)
        reel = _loaded(self._checkpoints[slot - 1].pickled) if slot else self._fresh()
        self._take(reel, at_us, keep=True)
        return reel

    def _fresh(self) -> _Reel:
        known = self.known
        page = PageState(known.header, _run_at(known.run, self.start_us), known.nodes)
        return _Reel(page, InstanceTable(known.run.partitions), self._index.start(), self.start_us)

    def _take(self, reel: _Reel, until_us: int, *, keep: bool = False) -> None:
        """Take in the observations up to ``until_us``; ``keep`` checkpoints on the way."""
        for observation, after in self._index.read(reel.place):
            if observation.at_us > until_us:
                return
            if observation.at_us > reel.grid_us:
                self._fold(reel, observation.at_us)
                if keep:
                    self._keep(reel)
            reel.page.observe(observation)
            if reel.instances.observe(observation):
                reel.page.set_instances(reel.instances.views())
            reel.place = after

    def _fold(self, reel: _Reel, next_us: int) -> None:
        """Fold at the grid's line at which the past ends, and set the next one beyond ``next_us``."""
        reel.page.settle()
        reel.page.reach(reel.grid_us)
        reel.page.delta(BOOT, 0, "")
        steps = -(-(next_us - self.start_us) // GRID_US)
        reel.grid_us = self.start_us + steps * GRID_US

    def _shoot(self, reel: _Reel, at_us: int, seq: int = 0) -> Delta | None:
        """What changed up to ``at_us``, everything up to which was taken in."""
        page = reel.page
        page.set_run(_run_at(self.known.run, at_us))
        page.settle()
        page.reach(at_us)
        return page.delta(BOOT, seq, "")

    def _keep(self, reel: _Reel) -> None:
        """Keep a checkpoint here, just after a fold, if the last one is far enough."""
        last = self._checkpoints[-1].number if self._checkpoints else 0
        if reel.place.number < last + self._spacing:
            return
        at_us = reel.page.at_us
        self._checkpoints.append(_Checkpoint(at_us, reel.place.number, pickle.dumps(reel, 5)))
        if sum(len(one.pickled) for one in self._checkpoints) > CHECKPOINTS_BYTES_MAX:
            del self._checkpoints[::2]
            self._spacing *= 2


def _with_lengths(delta: Delta, before: Snapshot | Delta) -> Delta:
    """Who plays on has a picture, but its lengths may be of another second: the answer's own are told to them."""
    return delta if delta.lengths else msgspec.structs.replace(delta, lengths=before.lengths)


def _loaded(pickled: bytes) -> _Reel:
    """A reel of our own making. Without the collector: it would look through a million new values in vain."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return cast("_Reel", pickle.loads(pickled))  # noqa: S301 - pickled by ``_keep`` in this very process
    finally:
        if was_enabled:
            gc.enable()


def _run_at(run: RunView, at_us: int) -> RunView:
    """The run as it was: until its end it went on, whatever became of it."""
    if run.ended_us is None or at_us >= run.ended_us:
        return run
    return msgspec.structs.replace(run, state="running", reason="", ended_us=None)
