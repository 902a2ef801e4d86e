"""The supervisor: keeps child processes running, and ends them all, in reverse order, whatever happens.

Rules
1. A child that dies unexpectedly is started again, after a back-off that doubles from ``BACK_OFF_S_FIRST``. A child
   that dies more than ``restarts_max`` times in a row, without staying up ``SETTLED_S`` in between, ends the
   laboratory: ``failure`` says why.
2. A child that was stopped on purpose (``Child.stop``, ``Child.kill(revive=False)``) is left alone.
3. ``stop`` is idempotent and may be called from any thread; ``kill_all`` does not wait and may be called from a signal
   handler.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Self

from consistency_viz.lab.children import Child
from consistency_viz.lab.errors import LabError

WATCH_S = 0.05
BACK_OFF_S_FIRST = 0.1
BACK_OFF_S_MAX = 5.0
SETTLED_S = 30.0


@dataclass
class _Watched:
    """A child under supervision: deaths in a row, and when it may be started again (0: it has not died)."""

    child: Child
    deaths: int = 0
    due_s: float = 0.0


class Supervisor:
    """Watches children from one thread. A context manager: leaving it stops everything."""

    def __init__(self, *, restarts_max: int = 5, tell: Callable[[str], None] = lambda text: None) -> None:
        self.failure: LabError | None = None
        self._restarts_max = restarts_max
        self._tell = tell
        self._watched: list[_Watched] = []
        self._ended = Event()
        self._stop_lock = Lock()
        self._thread: Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def children(self) -> tuple[Child, ...]:
        """The children in the order in which they were added."""
        return tuple(watched.child for watched in self._watched)

    @property
    def ended(self) -> bool:
        """Whether it was stopped, killed, or given up."""
        return self._ended.is_set()

    def add(self, child: Child) -> Child:
        """Take a child, started or not yet, under supervision; later ones are stopped first."""
        self._watched.append(_Watched(child))
        return child

    def watch(self) -> None:
        """Begin to restart what dies."""
        if self._thread is None:
            self._thread = Thread(target=self._watch, name="lab-supervisor", daemon=True)
            self._thread.start()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until stopped; raises ``failure`` if that is why. Returns whether it has ended."""
        ended = self._ended.wait(timeout_s)
        if self.failure is not None:
            raise self.failure
        return ended

    def stop(self) -> None:
        """Stop every child, the last one first, and return when all are gone."""
        self._ended.set()
        with self._stop_lock:
            if self._thread is not None:
                self._thread.join()
            for child in reversed(self.children):
                child.stop()

    def kill_all(self) -> None:
        """Kill every child at once, without waiting for anything."""
        self._ended.set()
        for child in self.children:
            child.kill_now()

    def _watch(self) -> None:
        try:
            while not self._ended.wait(WATCH_S):
                for watched in tuple(self._watched):
                    self._look_after(watched)
        except Exception as error:  # noqa: BLE001 (told by `wait`: a watch that ends silently would be worse)
            self.failure = LabError(f"The supervisor failed: {error!r}.", "This is a bug; please report it.")
            self._ended.set()

    def _look_after(self, watched: _Watched) -> None:
        child, now_s = watched.child, time.monotonic()
        if not child.wanted:
            watched.due_s = 0.0
        elif child.alive:
            child.look_ready()
        elif not watched.due_s:
            if now_s - child.started_s > SETTLED_S:
                watched.deaths = 0
            watched.deaths += 1
            if watched.deaths > self._restarts_max:
                self._give_up(watched)
                return
            back_off_s = min(BACK_OFF_S_FIRST * 2 ** (watched.deaths - 1), BACK_OFF_S_MAX)
            watched.due_s = now_s + back_off_s
            self._tell(f"{child.death().what} Starting it again in {back_off_s:g} s.")
        elif now_s >= watched.due_s:
            watched.due_s = 0.0
            child.revive()

    def _give_up(self, watched: _Watched) -> None:
        child = watched.child
        last = child.death()
        what = f"{child.name} died {watched.deaths} times in a row, so the laboratory ends. The last time: {last.what}"
        self.failure = LabError(what, last.remedy, last.log_tail)
        child.wanted = False
        self._ended.set()
