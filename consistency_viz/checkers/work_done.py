"""What a run did, in numbers: operations by outcome, latency, messages, effects. No verdict, so no checker.

Messages are counted as they are observed, or by the simulator, which knows their numbers (``count_messages``): then
they need not be observed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from consistency_viz.checkers.kinds import APPLIES_AND_OPERATIONS, MESSAGES, Kinds
from consistency_viz.checkers.statistics import KaplanMeier, LengthCounts
from workers.model.observation import (
    Applied,
    Completed,
    Delivered,
    Dropped,
    Effected,
    Invoked,
    Observation,
    Sent,
)

_QUANTILES: Final = (0.5, 0.99)
_READ: Final = "read"
KEYS_MAX: Final = 10_000


class WorkDone:
    """Counts as it goes; memory is bounded by the operations that are open, and ``KEYS_MAX``.

    ``siblings_max``: the most values that a replica showed side by side for a key that is written as a whole.
    ``clients``: over all that ended: how many, the share that succeeded, messages delivered for each.
    ``reads`` and ``updates`` (whatever is no read): latency as below. Without ``messages_observed`` somebody else says
    how many messages there were.
    """

    def __init__(self, *, messages_observed: bool = True) -> None:
        self.kinds: Kinds = APPLIES_AND_OPERATIONS | {Effected} | (MESSAGES if messages_observed else frozenset())
        self._messages: Counter[str] = Counter()
        self._outcomes: dict[str, Counter[str]] = {}
        self._effects: Counter[str] = Counter()
        self._open: dict[str, tuple[str, int]] = {}
        self._latencies: dict[str, LengthCounts] = {}
        self._written: set[str] = set()
        self._siblings_max = 0

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        body = observation.body
        if isinstance(body, Applied):
            if body.key in self._written and isinstance(body.value, list):
                self._siblings_max = max(self._siblings_max, len(body.value))
        elif isinstance(body, Sent):
            self._messages["sent"] += 1
        elif isinstance(body, Delivered):
            self._messages["delivered"] += 1
        elif isinstance(body, Dropped):
            self._messages["dropped"] += 1
        elif isinstance(body, Effected):
            self._effects[body.effect] += 1
        elif isinstance(body, Invoked):
            if body.f == "write" and len(self._written) < KEYS_MAX:
                self._written.add(body.key)
            self._open[body.op] = (body.f, body.intended_us)
        elif isinstance(body, Completed):
            self._outcomes.setdefault(body.f, Counter())[body.outcome] += 1
            began = self._open.pop(body.op, None)
            if began is not None and body.outcome == "ok":
                self._latencies.setdefault(body.f, LengthCounts()).add(observation.at_us - began[1])

    def count_messages(self, counts: Mapping[str, int]) -> None:
        """Add messages that were not observed, by what happened to them: ``sent``, ``delivered``, ``dropped``."""
        self._messages.update({what: count for what, count in counts.items() if count})

    def metrics(self) -> dict[str, Any]:
        """Counts, and the latency in ms of what was answered ok, counted from its intended start."""
        found: dict[str, Any] = {
            "messages": dict(sorted(self._messages.items())),
            "operations": {f: dict(sorted(counts.items())) for f, counts in sorted(self._outcomes.items())},
            "operations_open": len(self._open),
            "effects": dict(sorted(self._effects.items())),
        }
        if self._written:
            found["siblings_max"] = self._siblings_max
        ended = sum(counts.total() for counts in self._outcomes.values())
        if ended:
            succeeded = sum(counts["ok"] for counts in self._outcomes.values())
            each = self._messages["delivered"] / ended
            found["clients"] = {"ended": ended, "ok_share": succeeded / ended, "messages_each": each}
        for f, lengths in sorted(self._latencies.items()):
            found |= _quantiles(f"{f}_latency_ms", lengths)
        for name, of in (("reads", {_READ}), ("updates", self._latencies.keys() - {_READ})):
            together: Counter[int] = Counter()
            for f in of & self._latencies.keys():
                together.update(dict(self._latencies[f].items()))
            if together:
                found[name] = _quantiles("latency_ms", LengthCounts.counted(together.items()))
        return found


def _quantiles(name: str, lengths: LengthCounts) -> dict[str, float | None]:
    """In ms, by ``name`` and the percentile."""
    values_us = zip(_QUANTILES, KaplanMeier(lengths).values(_QUANTILES), strict=True)
    return {f"{name}_p{round(q * 100)}": None if value is None else value / 1_000 for q, value in values_us}
