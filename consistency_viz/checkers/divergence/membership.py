"""Which replicas are live: scope "live" of the divergence windows.

Rules
1. A replica is live while at least one of its instances is up.
2. An instance's state is that of its highest epoch: ``lost`` or ``fenced`` of an epoch that was replaced says nothing
   about the one that replaced it.
3. That all instances go down because the run ended is no change: who was live at the end is what the end is judged by.
4. Until the history's first ``Changed`` of a replica, all are live: a history without any does not record membership.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workers.model.observation import Changed

RUN_ENDED: Final = "the run ended"
"""The reason of the ``down`` that the end of a run gives every instance."""


class Membership:
    """The live replicas, by number: ``live`` rising, and as a ``mask``. ``everybody`` says that all are."""

    __slots__ = ("_instances", "_known", "everybody", "live", "mask")

    def __init__(self, replicas: Mapping[str, int]) -> None:
        self.mask = (1 << len(replicas)) - 1
        self.live = tuple(range(len(replicas)))
        self.everybody = True
        self._known = False
        self._instances: list[dict[str, tuple[int, bool]]] = [{} for _ in replicas]

    def change(self, replica: int, body: Changed) -> bool:
        """Take note of ``body``; returns whether the set of live replicas is another one now."""
        if body.state == "down" and body.reason == RUN_ENDED:
            return False
        instances = self._instances[replica]
        if body.epoch >= instances.get(body.instance, (body.epoch, False))[0]:
            instances[body.instance] = (body.epoch, body.state == "up")
        if self._known:
            up = any(is_up for _, is_up in instances.values())
            if bool(self.mask >> replica & 1) == up:
                return False
        self._known = True
        live = [r for r, known in enumerate(self._instances) if any(is_up for _, is_up in known.values())]
        before, self.mask = self.mask, sum(1 << r for r in live)
        self.live = tuple(live)
        self.everybody = len(live) == len(self._instances)
        return before != self.mask
