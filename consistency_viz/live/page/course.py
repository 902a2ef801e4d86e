"""How many keys differed over the whole run, in ever coarser steps: what seconds and windows no longer go back to.

A step tells the most keys that differed in it. Beyond ``COURSE_MAX`` steps every two become one of twice the length, so
that a run of any length is told in 100 to 200 of them.
"""

from __future__ import annotations

from typing import Final

from consistency_viz.live.frames import Course

COURSE_MAX: Final = 200


class CourseTable:
    """The steps of one run; ``view`` is another object only when a step was completed."""

    def __init__(self) -> None:
        self.view = Course()
        self._each_s = 1
        self._most: list[int] = []

    def note(self, second: int, diverged_keys: int) -> None:
        """In this second of the run so many keys differed."""
        while second // self._each_s >= COURSE_MAX:
            self._each_s *= 2
            self._most = [max(self._most[i : i + 2]) for i in range(0, len(self._most), 2)]
        step = second // self._each_s
        known = len(self._most)
        self._most += [0] * (step + 1 - known)
        self._most[step] = max(self._most[step], diverged_keys)
        if len(self._most) != known or self._each_s != self.view.each_s:
            self.view = Course(self._each_s, self._most[:-1])

    def end(self, second: int) -> None:
        """The run ended in this second: no step goes beyond it."""
        steps = second // self._each_s + 1
        if len(self._most) > steps:
            del self._most[steps:]
            self.view = Course(self._each_s, self._most[:-1])
