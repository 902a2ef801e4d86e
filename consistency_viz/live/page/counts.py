"""What is counted since a run began, and second by second."""

from __future__ import annotations

from consistency_viz.live.frames import SECONDS_MAX, Second
from workers.model.observation import Completed, Delivered, Dropped, Effected, Invoked, Observation, Sent

OPERATIONS_UNDER_WAY_MAX = 20_000
LATENCIES_MAX_PER_SECOND = 5_000
SECONDS_OPEN = 3
EMAIL = "email"
READ = "read"


class Counts:
    """Counts since the run began."""

    def __init__(self) -> None:
        self.updates = 0
        self.outcomes = {"ok": 0, "fail": 0, "info": 0}
        self.emails = 0
        self.reads = 0
        self.sent = 0
        self.delivered = 0
        self.dropped = 0
        self.observations = 0

    def apply(self, observation: Observation) -> None:
        """Count one observation."""
        self.observations += 1
        body = observation.body
        if isinstance(body, Sent):
            self.sent += 1
        elif isinstance(body, Delivered):
            self.delivered += 1
        elif isinstance(body, Dropped):
            self.dropped += 1
        elif isinstance(body, Invoked):
            self.updates += body.f != READ
        elif isinstance(body, Completed):
            if body.f == READ:
                self.reads += 1
            else:
                self.outcomes[body.outcome] += 1
        elif isinstance(body, Effected):
            self.emails += body.effect == EMAIL


class _Tally:
    """One second as it is counted."""

    __slots__ = ("completed", "delivered", "diverged_keys", "dropped", "lag_us", "latencies_us", "ok", "placed", "sent")

    def __init__(self, diverged_keys: int) -> None:
        self.placed = self.completed = self.ok = self.sent = self.delivered = self.dropped = 0
        self.diverged_keys = diverged_keys
        self.latencies_us: list[int] = []
        self.lag_us: dict[str, int] = {}

    def view(self, second: int) -> Second:
        latencies = sorted(self.latencies_us)
        return Second(
            second,
            self.placed,
            self.completed,
            self.sent,
            self.delivered,
            self.dropped,
            self.diverged_keys,
            _quantile_ms(latencies, 0.5),
            _quantile_ms(latencies, 0.99),
            {node: us / 1e3 for node, us in sorted(self.lag_us.items())},
            self.ok,
        )


class SecondTable:
    """The last ``SECONDS_MAX`` seconds, without holes. The latency of an operation counts from its intended start.

    An operation that timed out counts with the time until then: a lower bound is better than leaving the worst out.
    """

    def __init__(self, started_us: int) -> None:
        self._started_us = started_us
        self._tallies: dict[int, _Tally] = {}
        self._views: dict[int, Second] = {}
        self._dirty: set[int] = set()
        self._last = -1
        self._intended_us: dict[str, int] = {}
        self._diverged_keys = 0

    def reach(self, at_us: int) -> None:
        """Time has come to ``at_us``: every second up to it exists."""
        second = max(0, (at_us - self._started_us) // 1_000_000)
        for missing in range(max(self._last + 1, second - SECONDS_MAX + 1), second + 1):
            self._tallies[missing] = _Tally(self._diverged_keys)
            self._dirty.add(missing)
        self._last = max(self._last, second)

    def end(self, at_us: int) -> int:
        """No second after that of ``at_us`` was one of the run's; returns that one."""
        last = max(0, (at_us - self._started_us) // 1_000_000)
        for second in [second for second in self._tallies if second > last]:
            del self._tallies[second]
        for second in [second for second in self._views if second > last]:
            del self._views[second]
        self._dirty = {second for second in self._dirty if second <= last}
        self._last = min(self._last, last)
        if not self._tallies:
            self._tallies[last] = _Tally(self._diverged_keys)
        return last

    def apply(self, observation: Observation) -> None:
        """Count one observation into its second."""
        self.reach(observation.at_us)
        second = self._second(observation.at_us)
        tally = self._tallies[second]
        body = observation.body
        if isinstance(body, Delivered):
            tally.delivered += 1
            lag_us = observation.at_us - body.sent_us
            if lag_us > tally.lag_us.get(observation.node, -1):
                tally.lag_us[observation.node] = lag_us
        elif isinstance(body, Sent):
            tally.sent += 1
        elif isinstance(body, Dropped):
            tally.dropped += 1
        elif isinstance(body, Invoked):
            tally.placed += body.f != READ
            self._remember(body)
        elif isinstance(body, Completed):
            tally.completed += 1
            tally.ok += body.outcome == "ok"
            intended_us = self._intended_us.pop(body.op, None)
            if intended_us is not None and len(tally.latencies_us) < LATENCIES_MAX_PER_SECOND:
                tally.latencies_us.append(observation.at_us - intended_us)
        else:
            return
        self._dirty.add(second)

    def latency_us(self, body: Completed, at_us: int) -> int | None:
        """How long the operation took that ``body`` is about to complete."""
        intended_us = self._intended_us.get(body.op)
        return None if intended_us is None else at_us - intended_us

    def differ(self, at_us: int, diverged_keys: int) -> None:
        """Since ``at_us`` so many keys differ."""
        if diverged_keys == self._diverged_keys:
            return
        self._diverged_keys = diverged_keys
        first = self._second(at_us)
        for second, tally in self._tallies.items():
            if second >= first:
                tally.diverged_keys = diverged_keys
                self._dirty.add(second)

    def fold(self) -> list[Second]:
        """Lay the changes since the last fold over the table, and let go of what can change no more."""
        changed = [self._tallies[second].view(second) for second in sorted(self._dirty)][-SECONDS_MAX:]
        self._dirty.clear()
        if changed:
            self._views.update({view.second: view for view in changed})
            for second in list(self._views)[:-SECONDS_MAX]:
                del self._views[second]
            self._tallies = {s: t for s, t in self._tallies.items() if s > self._last - SECONDS_OPEN}
        return changed

    def views(self) -> list[Second]:
        """Every second on the page as of the last fold."""
        return list(self._views.values())

    def _second(self, at_us: int) -> int:
        """The second of ``at_us``, or the oldest one that can still change."""
        return max((at_us - self._started_us) // 1_000_000, min(self._tallies))

    def _remember(self, body: Invoked) -> None:
        self._intended_us[body.op] = body.intended_us
        if len(self._intended_us) > OPERATIONS_UNDER_WAY_MAX:
            del self._intended_us[next(iter(self._intended_us))]


def _quantile_ms(rising_us: list[int], q: float) -> float | None:
    """The q-quantile of sorted values: the smallest that at least the share q does not exceed."""
    if not rising_us:
        return None
    rank = max(0, -int(-q * len(rising_us) // 1) - 1)
    return rising_us[rank] / 1e3
