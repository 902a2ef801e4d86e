"""The updates of one key that every replica has: one set for all replicas, exact, and small where ids count upwards.

An update can be applied again long after everybody had it, so its id cannot be forgotten. But most writers number their
updates, and a gapless run of numbers is two integers however long it is. It is the idea of a causal context: for each
prefix an interval, and a cloud of what does not fit into one yet.
"""

from __future__ import annotations

from typing import Final

_DIGITS: Final = "0123456789"
_DIGITS_MAX: Final = 18


def _split(update: str) -> tuple[str, int]:
    """``update`` as prefix and number, such that both together spell it again; number -1: it has none."""
    prefix = update.rstrip(_DIGITS)
    digits = update[len(prefix) :]
    if not digits or len(digits) > _DIGITS_MAX or (digits[0] == "0" and digits != "0"):
        return update, -1
    return prefix, int(digits)


class SettledUpdates:
    """A set of update ids that only grows."""

    __slots__ = ("_cloud", "_runs")

    def __init__(self) -> None:
        self._runs: dict[str, list[int]] = {}  # prefix to [first, last] of a gapless run
        self._cloud: set[str] | frozenset[str] | tuple[str, ...] = set()

    def __contains__(self, update: object) -> bool:
        if update in self._cloud:
            return True
        if not self._runs or not isinstance(update, str):
            return False
        prefix, number = _split(update)
        run = self._runs.get(prefix)
        return run is not None and run[0] <= number <= run[1]

    def add(self, update: str) -> None:
        if update not in self:
            self.add_new(update)

    def add_new(self, update: str) -> None:
        """Add an update that is not in the set."""
        if not isinstance(self._cloud, set):
            self._cloud = set(self._cloud)
        if update[-1:] not in _DIGITS:  # it has no number
            self._cloud.add(update)
            return
        prefix, number = _split(update)
        if number < 0:
            self._cloud.add(update)
            return
        run = self._runs.get(prefix)
        if run is None:
            self._runs[prefix] = [number, number]
        elif number == run[1] + 1:
            run[1] = number
            self._absorb(prefix, run)
        elif number == run[0] - 1:
            run[0] = number
            self._absorb(prefix, run)
        else:
            self._cloud.add(update)

    def shrink(self) -> None:
        """Take less room until something is added again: most keys never change after they have settled."""
        self._cloud = frozenset(self._cloud) if len(self._cloud) > 4 else tuple(self._cloud)

    def size(self) -> int:
        """How many runs and single ids are kept: what memory grows with."""
        return len(self._runs) + len(self._cloud)

    def _absorb(self, prefix: str, run: list[int]) -> None:
        """Take neighbours of the run out of the cloud."""
        cloud = self._cloud
        if not isinstance(cloud, set):
            return
        while cloud and f"{prefix}{run[1] + 1}" in cloud:
            run[1] += 1
            cloud.discard(f"{prefix}{run[1]}")
        while cloud and run[0] > 0 and f"{prefix}{run[0] - 1}" in cloud:
            run[0] -= 1
            cloud.discard(f"{prefix}{run[0]}")
