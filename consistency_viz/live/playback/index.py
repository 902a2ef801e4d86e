"""Where in a history file a moment is: every ``STRIDE`` lines one place, whatever the length of the file.

The file may still grow: ``extend`` takes in what was added since. A line counts once its newline is there.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from workers.model.history import parse
from workers.model.observation import Observation

STRIDE: Final = 128


class _Time(msgspec.Struct):
    at_us: int


_time_of = msgspec.json.Decoder(_Time).decode


class Place(NamedTuple):
    """The line of observation number ``number`` begins at ``offset``."""

    offset: int
    number: int


class HistoryIndex:
    """The places of one history file. ``count`` observations are known, the last at ``last_us`` (-1: none)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self.last_us = -1
        self._offsets = array("q")
        self._times_us = array("q")
        self._end = 0

    def extend(self) -> None:
        """Take in the lines that are new; raises ``OSError`` as the file system does."""
        with self.path.open("rb") as file:
            if not self._end:
                header = file.readline()
                if not header.endswith(b"\n"):
                    return
                self._end = len(header)
            file.seek(self._end)
            last = b""
            for line in file:
                if not line.endswith(b"\n"):
                    break
                if self.count % STRIDE == 0:
                    self._offsets.append(self._end)
                    self._times_us.append(_time_of(line).at_us)
                self._end += len(line)
                self.count += 1
                last = line
            if last:
                self.last_us = _time_of(last).at_us

    def read(self, place: Place) -> Iterator[tuple[Observation, Place]]:
        """The observations from a place on, as far as the index knows them, each with the place after it."""
        offset, count = place
        with self.path.open("rb") as file:
            file.seek(offset)
            while count < self.count:
                line = file.readline()
                offset, count = offset + len(line), count + 1
                yield parse(line), Place(offset, count)

    def start(self) -> Place:
        """Where the first observation is."""
        return Place(self._offsets[0] if self._offsets else self._end, 0)

    def after(self, at_us: int) -> Iterator[Observation]:
        """The observations later than ``at_us``, in order."""
        slot = max(0, bisect_right(self._times_us, at_us) - 1)
        for observation in self._from_slot(slot):
            if observation.at_us > at_us:
                yield observation

    def before(self, at_us: int) -> Iterator[Observation]:
        """The observations earlier than ``at_us``, the latest first."""
        for slot in range(bisect_right(self._times_us, at_us) - 1, -1, -1):
            last = min(self.count, (slot + 1) * STRIDE)
            part = list(islice(self._from_slot(slot), last - slot * STRIDE))
            yield from (one for one in reversed(part) if one.at_us < at_us)

    def _from_slot(self, slot: int) -> Iterator[Observation]:
        if slot < len(self._offsets):
            for observation, _ in self.read(Place(self._offsets[slot], slot * STRIDE)):
                yield observation
