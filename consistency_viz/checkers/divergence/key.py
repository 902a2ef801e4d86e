"""What the replicas show for one key, and which updates are only partly applied."""

from __future__ import annotations

from collections import Counter
from operator import itemgetter
from typing import Final, Literal

from consistency_viz.checkers.divergence.canonical import ABSENT, canonical
from consistency_viz.checkers.divergence.settled import SettledUpdates
from workers.model.observation import Applied, Observation

VALUE_ALL: Final = 1
UPDATES_ALL: Final = 2
VALUE_LIVE: Final = 4
UPDATES_LIVE: Final = 8
"""Bits of ``KeyState.diverged``: in which view and scope the key is divergent. Bit i belongs to slot i."""

View = Literal["value", "updates"]
Scope = Literal["all", "live"]

SLOTS: Final[tuple[tuple[View, Scope], ...]] = (
    ("value", "all"),
    ("updates", "all"),
    ("value", "live"),
    ("updates", "live"),
)
"""(view, scope) by slot: the odd ones are of view "updates", the upper two of scope "live"."""


class KeyState:
    """One key. Replicas are numbered; replica i is bit i of a mask.

    ``values`` holds canonical bytes by replica, ``shown`` the observation that made the replica show them (``None``: it
    never applied the key). ``partial`` maps each update that some replicas have and others lack to the mask of those
    that have it, ``origin`` to its first apply; updates that everybody has are in ``settled``.
    """

    __slots__ = (
        "_masks",
        "closed",
        "closed_us",
        "differing",
        "diverged",
        "key",
        "opened_us",
        "origin",
        "partial",
        "settled",
        "shown",
        "touched_us",
        "values",
    )

    def __init__(self, key: str, replicas: int) -> None:
        self.key = key
        self.values: list[bytes] = [ABSENT] * replicas
        self.shown: list[Observation | None] = [None] * replicas
        self.partial: dict[str, int] = {}
        self.origin: dict[str, Observation] = {}
        self.settled = SettledUpdates()
        self.touched_us = -1
        self.diverged = 0
        self.opened_us = [0, 0, 0, 0]
        self.closed_us = [0, 0, 0, 0]
        self.closed = [0, 0, 0, 0]
        self.differing: list[list[str]] = [[], [], [], []]
        self._masks: Counter[int] | None = None

    def apply(self, replica: int, everybody: int, observation: Observation, body: Applied) -> None:
        """``replica`` applied an update; ``everybody`` is the mask of all replicas."""
        value = canonical(body.value)
        if value != self.values[replica] or self.shown[replica] is None:
            self.values[replica] = value
            self.shown[replica] = observation
        update = body.update
        before = self.partial.get(update, 0)
        if not before and update in self.settled:
            return
        after = before | 1 << replica
        if after == before:
            return
        if after == everybody:
            if before:
                del self.partial[update], self.origin[update]
            self.settled.add_new(update)
        else:
            self.partial[update] = after
            if not before:
                self.origin[update] = observation
        if self._masks is not None:
            self._move(before, after, everybody)

    def live_divergence(self, live: tuple[int, ...], mask: int) -> int:
        """The bits of scope "live" for the replicas ``live``, whose mask is ``mask``."""
        if len(live) < 2:
            return 0
        shown = itemgetter(*live)(self.values)
        diverged = VALUE_LIVE if shown.count(shown[0]) != len(shown) else 0
        if any(0 != m & mask != mask for m in self.masks()):
            diverged |= UPDATES_LIVE
        return diverged

    def masks(self) -> Counter[int]:
        """How many partial updates there are by mask.

        A replica that is down for long leaves many partial updates but few masks. Counted from the first question on.
        """
        if self._masks is None:
            self._masks = Counter(self.partial.values())
        return self._masks

    def groups(self, slot: int, replicas: tuple[int, ...]) -> list[list[int]]:
        """``replicas`` by what they show in the slot's view, largest group first."""
        by_content: dict[object, list[int]] = {}
        masks = sorted(self.masks()) if slot & 1 else []
        for replica in replicas:
            content = tuple(m >> replica & 1 for m in masks) if slot & 1 else self.values[replica]
            by_content.setdefault(content, []).append(replica)
        return sorted(by_content.values(), key=len, reverse=True)

    def _move(self, before: int, after: int, everybody: int) -> None:
        masks = self._masks
        if masks is None or not self.partial:
            self._masks = None
            return
        if before:
            masks[before] -= 1
            if not masks[before]:
                del masks[before]
        if after != everybody:
            masks[after] += 1
