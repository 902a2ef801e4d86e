"""How long updates took to reach every replica."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from consistency_viz.checkers.applied_order import NEVER, AppliedOrder, Had
from consistency_viz.checkers.operations import Operation
from consistency_viz.checkers.pasts import Pasts
from consistency_viz.checkers.run_set import RunSet
from consistency_viz.checkers.statistics import KaplanMeier, LengthCounts

_QUANTILES: Final = (0.5, 0.95, 0.99)


class Spread:
    """How long the updates of keys took, key by key (``take``), each when all is known of it."""

    def __init__(self, order: AppliedOrder, pasts: Pasts, replicas: tuple[str, ...]) -> None:
        self._order = order
        self._pasts = pasts
        self._replicas = replicas
        self._clients, self._services = LengthCounts(), LengthCounts()
        self._waiting_since: list[int] = []
        self._services_since: list[int] = []
        self._superseded = 0

    def take(
        self,
        key: str,
        kept: Mapping[str, list[str] | None],
        acknowledged: Mapping[str, Operation],
        only: Collection[str] | None = None,
    ) -> None:
        """Count the updates of a key, or ``only`` some; ``kept`` is by replica what its value keeps now."""
        survivors = self._surviving(key, kept)
        earlier = self._successors(key)
        for update, operation in acknowledged.items():
            if only is not None and update not in only:
                continue
            last_us = self._last_us(key, update, earlier)
            if last_us == NEVER[0]:
                self._waiting_since.append(operation.completed_us)
            elif update not in survivors:
                self._superseded += 1
            else:
                self._clients.add(max(0, last_us - operation.completed_us))
        for update, had in self._order.updates(key):
            if update in acknowledged or (only is not None and update not in only):
                continue
            first_us, last_us = min(had)[0], self._last_us(key, update, earlier)
            if last_us == NEVER[0]:
                self._services_since.append(first_us)
            elif update in survivors:
                self._services.add(last_us - first_us)

    def metrics(self, end_us: int) -> dict[str, Any]:
        """Quantiles in milliseconds, with what was censored and superseded."""
        waiting = [max(0, end_us - since_us) for since_us in self._waiting_since]
        return {
            "convergence_ms": _figures(self._clients, waiting),
            "converged": self._clients.total,
            "not_everywhere": len(waiting),
            "superseded": self._superseded,
            "service_ms": _figures(self._services, [max(0, end_us - us) for us in self._services_since]),
        }

    def _last_us(self, key: str, update: str, earlier: Mapping[tuple[str, int], Had]) -> int:
        had = self._order.first(key, update) or [NEVER] * len(self._replicas)
        return max(
            (min(one, earlier.get((update, replica), NEVER))[0] for replica, one in enumerate(had)),
            default=NEVER[0],
        )

    def _surviving(self, key: str, kept: Mapping[str, list[str] | None]) -> RunSet:
        """What some final value carries or descends from."""
        found = RunSet()
        for replica in self._replicas:
            if replica in kept:
                listed = kept[replica]
                ids = self._pasts.applied(replica, key) if listed is None else RunSet(listed)
                found = found.union(self._pasts.close(key, ids))
        return found

    def _successors(self, key: str) -> dict[tuple[str, int], Had]:
        """Where a replica had an update later than one that descends from it, or never: the successor counts."""
        earlier: dict[tuple[str, int], Had] = {}
        over = self._order.over(key)
        for update, had in self._order.updates(key):
            past = self._pasts.past(key, update).minus(over)
            if not past:
                continue
            last = self._order.last(key, past)
            if not last:
                continue
            for replica, one in enumerate(had):
                if one == NEVER or last[replica][0] <= one:
                    continue
                for older in past:
                    place = (older, replica)
                    if one < earlier.get(place, NEVER):
                        earlier[place] = one
        return earlier


def _figures(times: LengthCounts, waiting: list[int]) -> dict[str, Any]:
    estimate = KaplanMeier(times, waiting)
    figures: dict[str, Any] = {"n": estimate.n, "censored": estimate.censored}
    for q in _QUANTILES:
        found = estimate.quantile(q)
        value, low, high = (None if us is None else us / 1000 for us in found)
        figures[f"p{round(q * 100)}"] = value
        figures[f"p{round(q * 100)}_interval"] = [low, high]
    return figures
