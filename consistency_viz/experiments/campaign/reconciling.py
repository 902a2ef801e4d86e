"""Sees that running experiments go on: hands out chunks, fills the slots of live runs, ends what is complete.

Rules
1. What is to be done stands in the database alone. A round asks for every chunk that is neither done nor held; so a
   worker, a broker or this process itself may die, and the next round of anybody asks again.
2. Any number of reconcilers may run: to hand out a chunk is one conditional UPDATE, a live run's seed is unique, and to
   end an experiment is a transaction.
3. A chunk that kills its process ``ATTEMPTS_MAX`` times without one run done ends its experiment, and it says why.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from django.db import connections
from django.utils import timezone

from consistency_viz.experiments.campaign import conclusion, live_slots, retention
from consistency_viz.experiments.campaign.models import Chunk, Experiment
from consistency_viz.experiments.campaign.playing import now_us
from consistency_viz.experiments.hunting.models import Hunt

log = logging.getLogger(__name__)

ROUND_S: Final = 0.25
ASKED_FOR_S: Final = 8.0
"""A chunk that was handed out and that nobody took up for so long is handed out again."""

AHEAD: Final = 3
"""Chunks handed out for each process: enough that none waits for a round."""

ATTEMPTS_MAX: Final = 5
PRUNED_EVERY_S: Final = 3_600.0


class Reconciler:
    """One thread of rounds. ``dispatch`` hands a chunk to a queue, ``dispatch_hunt`` a hunt.

    ``processes`` is how many play from the queue.
    """

    def __init__(
        self,
        dispatch: Callable[[int], None],
        processes: int,
        dispatch_hunt: Callable[[int], None] = lambda hunt_id: None,
    ) -> None:
        self._dispatch = dispatch
        self._dispatch_hunt = dispatch_hunt
        self._ahead = AHEAD * max(1, processes)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._pruned_s = float("-inf")

    def start(self) -> None:
        """Begin the rounds."""
        self._thread = threading.Thread(target=self._walk, name="experiments", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the rounds; returns at once."""
        self._stop.set()

    def _walk(self) -> None:
        while not self._stop.wait(ROUND_S):
            try:
                self.round()
            except Exception:
                log.exception("a round over the experiments failed; the next one is in %g s", ROUND_S)
            finally:
                connections.close_all()

    def round(self) -> None:
        """One look at everything that runs."""
        for experiment in Experiment.objects.filter(state=Experiment.State.RUNNING).order_by("started_at", "id"):
            self._look_after(experiment)
        self._hunt()
        live_slots.stop_what_nobody_waits_for()
        if time.monotonic() - self._pruned_s > PRUNED_EVERY_S:
            self._pruned_s = time.monotonic()
            retention.prune_as_configured()

    def _look_after(self, experiment: Experiment) -> None:
        left = experiment.chunks.filter(done=False)
        fatal = left.filter(attempts__gte=ATTEMPTS_MAX, held_until_us__lt=now_us()).first()
        if fatal is not None:
            _fail(experiment, fatal)
        elif not left.exists():
            if conclusion.conclude(experiment):
                log.info("experiment %s is finished", experiment.name)
        elif experiment.engine == Experiment.Engine.LIVE:
            live_slots.fill(experiment)
        else:
            self._hand_out(experiment)

    def _hunt(self) -> None:
        """Ask for every hunt that nobody pursues; end one that kills whoever does."""
        now = now_us()
        due = Hunt.objects.filter(state=Hunt.State.RUNNING, held_until_us__lt=now)
        due.filter(attempts__gte=ATTEMPTS_MAX).update(
            state=Hunt.State.FAILED, reason=f"It ended its process {ATTEMPTS_MAX} times.", ended_at=timezone.now()
        )
        for hunt_id in due.order_by("id").values_list("pk", flat=True)[: self._ahead]:
            until_us = now + int(ASKED_FOR_S * 1_000_000)
            taken = due.filter(pk=hunt_id)
            if taken.update(holder="", held_until_us=until_us) == 1:
                self._dispatch_hunt(hunt_id)

    def _hand_out(self, experiment: Experiment) -> None:
        now = now_us()
        held = experiment.chunks.filter(done=False, held_until_us__gte=now).count()
        due = experiment.chunks.filter(done=False, held_until_us__lt=now).order_by("id")
        for chunk_id in due.values_list("pk", flat=True)[: max(0, self._ahead - held)]:
            until_us = now + int(ASKED_FOR_S * 1_000_000)
            taken = Chunk.objects.filter(pk=chunk_id, done=False, held_until_us__lt=now)
            if taken.update(holder="", held_until_us=until_us) == 1:
                self._dispatch(chunk_id)


def _fail(experiment: Experiment, chunk: Chunk) -> None:
    reason = (
        f"{chunk} ended its process {chunk.attempts} times; is there too little memory? Lower duration_s or the number "
        "of orders."
    )
    log.error("experiment %s failed: %s", experiment.name, reason)
    Experiment.objects.filter(pk=experiment.pk, state=Experiment.State.RUNNING).update(
        state=Experiment.State.FAILED, reason=reason, ended_at=timezone.now()
    )
