"""The faults on the page: what was wrong where, and when.

Rules (those of ``withFaults`` in ``static/js/store.js``)
1. A fault is known by its id and its beginning; when it ends it takes its own place.
2. What it touched so far is told again with every frame in which that changed.
3. Beyond ``FAULTS_MAX`` those that ended go first, the oldest before others. What went is counted, and
   told no more about.
"""

from __future__ import annotations

from typing import Final

import msgspec

from consistency_viz.checkers.fault_touch import FaultTouch, Touch
from consistency_viz.live.frames import FAULTS_MAX, TARGETS_MAX, FaultView, TouchView
from consistency_viz.live.page.fault_words import label, mark
from workers.model.observation import Faulted, Observation

_Id = tuple[str, int]
REMEMBERED: Final = 4_000
"""Messages of which the page knows from which operation they follow: it is copied at every checkpoint of a run."""


class FaultTable:
    """All faults on the page, in the order in which they began."""

    def __init__(self) -> None:
        self.dropped = 0
        self._faults: dict[_Id, FaultView] = {}
        self._changed: dict[_Id, FaultView] = {}
        self._began: dict[str, FaultView] = {}
        self._gone_open: set[_Id] = set()
        self._touch = FaultTouch(REMEMBERED)

    def count(self, observation: Observation) -> None:
        """Whatever was observed may be a message that a fault touched."""
        self._touch.observe(observation)

    def observe(self, body: Faulted, at_us: int) -> FaultView | None:
        """A fault began, or ended. Returns it as it is now; ``None`` for the end of one of which nothing is known."""
        if body.state == "began":
            view = FaultView(body.fault, body.what, body.targets[:TARGETS_MAX], label(body), mark(body), at_us, None)
            self._began[body.fault] = view
        else:
            before = self._began.pop(body.fault, None)
            if before is None:
                return None
            view = msgspec.structs.replace(before, to_us=at_us)
        self._changed[view.id, view.from_us] = view
        if len(self._began) > FAULTS_MAX:
            del self._began[next(iter(self._began))]
        return view

    def fold(self) -> list[FaultView]:
        """Lay the changes since the last fold over the table; returns them."""
        self._count_touched()
        for id_ in self._gone_open & self._changed.keys():
            del self._changed[id_]
            self._gone_open.discard(id_)
        changed = list(self._changed.values())
        self._faults.update(self._changed)
        self._changed.clear()
        self._make_room()
        return changed

    def views(self) -> list[FaultView]:
        """Every fault on the page as of the last fold."""
        return list(self._faults.values())

    def _count_touched(self) -> None:
        """Tell of what was touched where it is more than was told."""
        for touch in self._touch.report() if len(self._touch) else ():
            id_ = (touch.fault, touch.began_us)
            known = self._changed.get(id_) or self._faults.get(id_)
            if known is None:
                continue
            touched = _touched(touch)
            if touched != known.touched:
                self._changed[id_] = msgspec.structs.replace(known, touched=touched)

    def _make_room(self) -> None:
        surplus = len(self._faults) - FAULTS_MAX
        if surplus <= 0:
            return
        for id_ in sorted(self._faults, key=lambda one: self._faults[one].to_us is None)[:surplus]:
            if self._faults.pop(id_).to_us is None:
                self._gone_open.add(id_)
        self.dropped += surplus


def _touched(touch: Touch) -> TouchView:
    kinds = {kind: count for kind, count in touch.messages.items() if count}
    return TouchView(touch.total, touch.nodes, touch.operations, kinds, touch.note, bool(touch.messages))
