"""The divergence windows on the page: which are told to open, which to close, and which make room.

Rules (those of ``withWindows`` in ``static/js/store.js``)
1. A window is known by key, view and beginning; one that closes takes the place of the open one.
2. Beyond ``WINDOWS_MAX`` the oldest closed ones go first: an open window is still news. What went is counted, and told
   no more about.
"""

from __future__ import annotations

from typing import NamedTuple

from consistency_viz.live.frames import WINDOWS_MAX, WindowView

_Id = tuple[str, str, int]


class WindowChanges(NamedTuple):
    """What a frame says about windows. ``fits`` is false if it would be too long for a frame."""

    opened: list[WindowView]
    closed: list[WindowView]
    fits: bool


class WindowTable:
    """All windows on the page, in the order in which they opened."""

    def __init__(self) -> None:
        self.dropped = 0
        self._windows: dict[_Id, WindowView] = {}
        self._opened: dict[_Id, WindowView] = {}
        self._closed: dict[_Id, WindowView] = {}
        self._dropped_open: set[_Id] = set()

    def change(self, window: WindowView) -> None:
        """A window opened, or closed; one that did both since the last fold is told once, as closed."""
        id_ = (window.key, window.view, window.from_us)
        if id_ in self._windows:
            self._closed[id_] = window
        elif id_ in self._dropped_open:
            self._dropped_open.discard(id_)
        else:
            self._opened[id_] = window

    def fold(self) -> WindowChanges:
        """Lay the changes since the last fold over the table."""
        opened, closed = list(self._opened.values()), list(self._closed.values())
        self._windows.update(self._opened)
        self._windows.update(self._closed)
        self._opened.clear()
        self._closed.clear()
        self._make_room()
        return WindowChanges(opened, closed, len(opened) <= WINDOWS_MAX)

    def views(self) -> list[WindowView]:
        """Every window on the page as of the last fold."""
        return list(self._windows.values())

    def _make_room(self) -> None:
        surplus = len(self._windows) - WINDOWS_MAX
        if surplus <= 0:
            return
        closed = [id_ for id_, window in self._windows.items() if window.to_us is not None]
        still_open = [id_ for id_, window in self._windows.items() if window.to_us is None]
        for id_ in [*closed, *still_open][:surplus]:
            if self._windows.pop(id_).to_us is None:
                self._dropped_open.add(id_)
        self.dropped += surplus
