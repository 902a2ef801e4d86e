"""How long updates took to reach every replica."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from consistency_viz.checkers.applied_order import NEVER, AppliedOrder, Had
from consistency_viz.checkers.operations import Operation
from consistency_viz.checkers.pasts import Pasts
from consistency_viz.checkers.run_set import RunSet
from consistency_viz.checkers.statistics import KaplanMeier, LengthCounts

_QUANTILES: Final = (0.5, 0.95, 0.99)


class Spread:
    """For the end of a history, when all is known."""

    def __init__(
        self,
        order: AppliedOrder,
        pasts: Pasts,
        kept: Mapping[str, Mapping[str, list[str] | None]],
        replicas: tuple[str, ...],
    ) -> None:
        self._order = order
        self._pasts = pasts
        self._replicas = replicas
        self._earlier: dict[tuple[str, str, int], Had] = {}
        self._survivors: dict[str, RunSet] = {}
        for key in order.all_keys():
            self._survivors[key] = self._surviving(key, kept.get(key, {}))
            self._find_successors(key)

    def metrics(self, acknowledged: Mapping[tuple[str, str], Operation], end_us: int) -> dict[str, Any]:
        """Quantiles in milliseconds, with what was censored and superseded."""
        times, waiting, superseded = LengthCounts(), [], 0
        for (key, update), operation in acknowledged.items():
            last_us = self._last_us(key, update)
            if last_us == NEVER[0]:
                waiting.append(max(0, end_us - operation.completed_us))
            elif update not in self._survivors.get(key, RunSet()):
                superseded += 1
            else:
                times.add(max(0, last_us - operation.completed_us))
        services, service_waiting = LengthCounts(), []
        for key in self._order.all_keys():
            for update, had in self._order.updates(key):
                if (key, update) in acknowledged:
                    continue
                first_us, last_us = min(had)[0], self._last_us(key, update)
                if last_us == NEVER[0]:
                    service_waiting.append(max(0, end_us - first_us))
                elif update in self._survivors[key]:
                    services.add(last_us - first_us)
        return {
            "convergence_ms": _figures(times, waiting),
            "converged": times.total,
            "not_everywhere": len(waiting),
            "superseded": superseded,
            "service_ms": _figures(services, service_waiting),
        }

    def _last_us(self, key: str, update: str) -> int:
        had = self._order.first(key, update) or [NEVER] * len(self._replicas)
        return max(
            (min(one, self._earlier.get((key, update, replica), NEVER))[0] for replica, one in enumerate(had)),
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

    def _find_successors(self, key: str) -> None:
        """Where a replica had an update later than one that descends from it, or never: the successor counts."""
        for update, had in self._order.updates(key):
            past = self._pasts.past(key, update)
            if not past:
                continue
            last = self._order.last(key, past)
            if not last:
                continue
            for replica, one in enumerate(had):
                if one == NEVER or last[replica][0] <= one:
                    continue
                for older in past:
                    place = (key, older, replica)
                    if one < self._earlier.get(place, NEVER):
                        self._earlier[place] = one


def _figures(times: LengthCounts, waiting: list[int]) -> dict[str, Any]:
    estimate = KaplanMeier(times, waiting)
    figures: dict[str, Any] = {"n": estimate.n, "censored": estimate.censored}
    for q in _QUANTILES:
        found = estimate.quantile(q)
        value, low, high = (None if us is None else us / 1000 for us in found)
        figures[f"p{round(q * 100)}"] = value
        figures[f"p{round(q * 100)}_interval"] = [low, high]
    return figures
