"""The keys on the page: the most recently born, each with what every replica shows for it.

Rules
1. A key is born when it is first heard of: an order is placed, or a replica applies something.
2. Beyond ``KEYS_MAX`` those born first are dropped, when a frame is made and not before, because a page drops by the
   same rule when it gets the frame. A dropped key never comes back; it is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from consistency_viz.live.frames import KEYS_MAX, KeyView, ReplicaValue
from workers.model.observation import Applied

DROPPED_REMEMBERED_MAX = 10_000
DIRTY_MAX = 2 * KEYS_MAX


class _Key:
    """One key as it is collected."""

    __slots__ = ("born_us", "values")

    def __init__(self, born_us: int) -> None:
        self.born_us = born_us
        self.values: dict[str, ReplicaValue] = {}


class KeyTable:
    """All keys on the page, in the order in which they came."""

    def __init__(self) -> None:
        self.dropped = 0
        self._keys: dict[str, _Key] = {}
        self._views: dict[str, KeyView] = {}
        self._dirty: dict[str, None] = {}
        self._gone: dict[str, int] = {}

    def born(self, key: str, at_us: int) -> None:
        """An order was placed under ``key``."""
        if self._key(key, at_us) is not None:
            self._dirty[key] = None

    def applied(self, replica: str, body: Applied, at_us: int) -> None:
        """``replica`` shows another value."""
        key = self._key(body.key, at_us)
        if key is None:
            return
        before = key.values.get(replica)
        key.values[replica] = ReplicaValue(body.value, 1 if before is None else before.updates + 1, at_us)
        self._dirty[body.key] = None

    def touch(self, keys: Iterable[str]) -> None:
        """These began or ceased to differ."""
        for key in keys:
            if key in self._keys:
                self._dirty[key] = None

    def born_us(self, key: str) -> int | None:
        """When a key was born, also if it was dropped since."""
        known = self._keys.get(key)
        return self._gone.get(key) if known is None else known.born_us

    def fold(self, divergence_of: Callable[[str], tuple[bool, bool]]) -> list[KeyView] | None:
        """Lay the changes since the last fold over the table; ``None`` if they are too many for one frame."""
        changed: list[KeyView] = []
        for name in self._dirty:
            key = self._keys[name]
            view = KeyView(name, key.born_us, dict(key.values), *divergence_of(name))
            self._views[name] = view
            changed.append(view)
        fits = len(self._dirty) <= DIRTY_MAX
        self._dirty.clear()
        self._drop_oldest()
        return changed if fits else None

    def views(self) -> list[KeyView]:
        """Every key on the page as of the last fold."""
        return list(self._views.values())

    def _key(self, name: str, at_us: int) -> _Key | None:
        key = self._keys.get(name)
        if key is None and name not in self._gone:
            key = self._keys[name] = _Key(at_us)
        return key

    def _drop_oldest(self) -> None:
        surplus = len(self._views) - KEYS_MAX
        if surplus <= 0:
            return
        for view in sorted(self._views.values(), key=lambda view: view.born_us)[:surplus]:
            del self._views[view.key], self._keys[view.key]
            self._gone[view.key] = view.born_us
        while len(self._gone) > DROPPED_REMEMBERED_MAX:
            del self._gone[next(iter(self._gone))]
        self.dropped += surplus
