"""What a room makes of the run that it follows: its seats' state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from consistency_viz.experiments import stack
from consistency_viz.live.about import About
from consistency_viz.live.follower import RunFollower
from consistency_viz.live.frames import RunView
from consistency_viz.rooms.offers import Offers
from consistency_viz.rooms.seats import Seats
from workers.cluster.plan import Plan
from workers.model.observation import Observation


class SeatsFollower(RunFollower):
    """One run as the seats of a room see it. ``wake`` calls ``tell``, on the loop's thread."""

    def __init__(self, run_id: str, document: dict[str, Any], tell: Callable[[], None]) -> None:
        super().__init__(run_id)
        self.seats = Seats()
        self.plan: Plan = stack.plan_of(document)
        self.offers = Offers(self.plan)
        self.run_state = "pending"
        self._tell = tell
        self._told = -1

    def begin(self, known: About, status: Any) -> None:
        """Its state, before anything was read."""
        self.run_state = known.run.state

    def observe(self, observation: Observation) -> None:
        """To the seats with it."""
        self.seats.observe(observation)

    def settle(self) -> None:
        """Nothing waits here for what may be later."""

    def reach(self, now_us: int) -> None:
        """Phones show no clock."""

    def note(self, status: Any) -> None:
        """The instances are the dashboard's business."""

    def see(self, run: RunView) -> None:
        """The run's state."""
        if run.state != self.run_state:
            self.run_state = run.state
            self._tell()

    def emit(self, *, is_piece: bool = False) -> None:
        """Caught up, or over."""
        self._tell()

    def tick(self) -> None:
        """Tell of seats that have news."""
        if self.seats.version != self._told:
            self._told = self.seats.version
            self._tell()

    def wake(self) -> None:
        """It is over, or could not be followed."""
        self._tell()
