"""The faults on the page: what was wrong where, and when.

Rules (those of ``withFaults`` in ``static/js/store.js``)
1. A fault is known by its id and its beginning; when it ends it takes its own place.
2. Beyond ``FAULTS_MAX`` those that ended go first, the oldest before others. What went is counted, and
   told no more about.
"""

from __future__ import annotations

from consistency_viz.live.frames import FAULTS_MAX, TARGETS_MAX, FaultView
from consistency_viz.live.page.fault_words import label, mark
from workers.model.observation import Faulted

_Id = tuple[str, int]


class FaultTable:
    """All faults on the page, in the order in which they began."""

    def __init__(self) -> None:
        self.dropped = 0
        self._faults: dict[_Id, FaultView] = {}
        self._changed: dict[_Id, FaultView] = {}
        self._began: dict[str, FaultView] = {}
        self._gone_open: set[_Id] = set()

    def observe(self, body: Faulted, at_us: int) -> FaultView | None:
        """A fault began, or ended. Returns it as it is now; ``None`` for the end of one of which nothing is known."""
        if body.state == "began":
            view = FaultView(body.fault, body.what, body.targets[:TARGETS_MAX], label(body), mark(body), at_us, None)
            self._began[body.fault] = view
        else:
            before = self._began.pop(body.fault, None)
            if before is None:
                return None
            view = FaultView(before.id, before.what, before.targets, before.label, before.mark, before.from_us, at_us)
        self._changed[view.id, view.from_us] = view
        if len(self._began) > FAULTS_MAX:
            del self._began[next(iter(self._began))]
        return view

    def fold(self) -> list[FaultView]:
        """Lay the changes since the last fold over the table; returns them."""
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

    def _make_room(self) -> None:
        surplus = len(self._faults) - FAULTS_MAX
        if surplus <= 0:
            return
        for id_ in sorted(self._faults, key=lambda one: self._faults[one].to_us is None)[:surplus]:
            if self._faults.pop(id_).to_us is None:
                self._gone_open.add(id_)
        self.dropped += surplus
