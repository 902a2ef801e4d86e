"""Checkers of a run without an end: what has settled is put away, so memory does not grow with what is over.

The checkers themselves are exact and keep what they need until the end of a history; ``check_history`` uses them so. A
live one (``registry.create`` with ``keys_max``) sits behind ``PerKey``:

1. Keys are followed while they are used. Beyond ``keys_max`` those that nobody has touched for longest and of which no
   operation is open are *put away* (``retire``): judged as they stand, and counted.
2. A checker refuses what has not settled yet: an order without its mail, replicas that differ. Beyond
   ``OPEN_MAX_EACH`` times as many keys, new ones are left out.
3. A key that comes back after it was put away is left out, too: its past is gone, and half of a story proves nothing.
   It is recognised (``Forgotten``), so no failure is made up; what is left out is counted, and keeps a checker from
   saying that all was well.
4. Within a key, elements and updates that are over are put away from time to time (``trim``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

import msgspec

from consistency_viz.checkers.findings import in_words
from consistency_viz.checkers.forgotten import Forgotten
from consistency_viz.checkers.kinds import kinds_of
from consistency_viz.checkers.verdict import Result, Verdict
from workers.model.observation import Changed, Completed, Faulted, Invoked, Observation

OPEN_MAX_EACH: Final = 4
TRIM_EVERY: Final = 2_000
"""Observations."""


class Retiring(Protocol):
    """A checker that judges key by key and can put one away."""

    def observe(self, observation: Observation) -> None: ...

    def finish(self, end_us: int) -> Result: ...

    def retire(self, key: str) -> bool:
        """Judge ``key`` as it stands, count it and keep nothing of it; false: it has not settled."""
        ...

    def trim(self) -> int:
        """Put away within keys what is over; how many elements or updates were."""
        ...


class PerKey:
    """The live form of a checker that judges key by key."""

    def __init__(self, checker: Retiring, keys_max: int) -> None:
        self.checker = checker
        self.kinds = kinds_of(checker)
        # What is left out may still say something of no key, such as who follows which topic.
        self._overhear: Callable[[Observation], None] | None = getattr(checker, "overhear", None)
        self._keys_max = self._room_at = keys_max
        self._used: dict[str, int] = {}  # to how many operations are open, longest unused first
        self._gone = Forgotten()
        self._came_back = self._unfollowed = self._trimmed = self._since_trim = 0

    @property
    def name(self) -> str:
        name: str = self.checker.name  # type: ignore[attr-defined]
        return name

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        body = observation.body
        kind = type(body)
        if kind is not Changed and kind is not Faulted:
            step = 1 if kind is Invoked else -1 if kind is Completed else 0
            if step and body.f == "txn":  # type: ignore[union-attr]
                self._touch(keys_of(body))  # type: ignore[arg-type]
            elif not self._follow(body.key, step):  # type: ignore[union-attr]
                if self._overhear is not None:
                    self._overhear(observation)
                return
        self.checker.observe(observation)
        self._since_trim += 1
        if self._since_trim >= TRIM_EVERY:
            self._since_trim = 0
            self._trimmed += self.checker.trim()

    def finish(self, end_us: int) -> Result:
        """The verdict; ``unknown`` instead of ``passed`` where observations were left out."""
        result = self.checker.finish(end_us)
        left_out = self._came_back + self._unfollowed
        told = {
            "keys_put_away": self._gone.count,
            "put_away_within_keys": self._trimmed,
            "observations_left_out": left_out,
        }
        result = msgspec.structs.replace(result, metrics=result.metrics | told)
        if not left_out or result.verdict is not Verdict.PASSED:
            return result
        why = (
            "about keys that came back after they were put away"
            if self._came_back
            else "because too many keys were open"
        )
        reason = f"{in_words(left_out, 'observation')} were left out {why}; of the others: {result.reason}"
        return msgspec.structs.replace(result, verdict=Verdict.UNKNOWN, reason=reason)

    def _follow(self, key: str, step: int) -> bool:
        """Count an operation that begins or ends; false: the observation is left out."""
        used = self._used
        known = used.pop(key, None)
        if known is None:
            if key in self._gone:
                self._came_back += 1
                return False
            if len(used) >= self._room_at:
                self._make_room()
            if len(used) >= OPEN_MAX_EACH * self._keys_max:
                self._unfollowed += 1
                return False
            known = 0
        used[key] = max(0, known + step)
        return True

    def _touch(self, keys: Iterable[str]) -> None:
        """A transaction names them. It makes each a key of two kinds, or says nothing of it, whatever is forgotten."""
        for key in keys:
            self._used[key] = self._used.pop(key, 0)
        if len(self._used) >= self._room_at:
            self._make_room()

    def _make_room(self) -> None:
        """Put away a quarter of the keys, if so many have settled."""
        excess = len(self._used) - 3 * self._keys_max // 4
        for key, open_operations in list(self._used.items()):
            if excess <= 0:
                break
            if not open_operations and self.checker.retire(key):
                del self._used[key]
                self._gone.add(key)
                excess -= 1
        self._room_at = max(self._keys_max, len(self._used) + self._keys_max // 4)


def keys_of(body: Invoked | Completed) -> list[str]:
    """The keys that a transaction names."""
    value: Any = body.value
    steps = value.get("value") if isinstance(value, dict) else value
    if not isinstance(steps, list):
        return []
    named = (step[1] for step in steps if isinstance(step, list) and len(step) == 3)
    return list(dict.fromkeys(key if isinstance(key, str) else msgspec.json.encode(key).decode() for key in named))
