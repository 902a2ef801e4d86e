"""A quick look for one order: a few configurations are followed instead of all.

Of many clients that are always at work there are too many configurations to follow, and where an order exists the first
few lead to it: those in which as little took effect as had to, since they have most left to choose from. What is found
is an order; that nothing is found says nothing, and the whole ``search`` has to tell.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from consistency_viz.checkers.linearizable_register.acts import CAS, Act
from consistency_viz.checkers.linearizable_register.search import Configuration, Search, State, events_of

STEPS_MAX: Final = 200_000
WRITERS_A_STEP: Final = 32

WIDTH: Final = 24
"""Configurations that are kept when an act has completed."""

MORE: Final = 64
"""Configurations that are developed for more of them when there is one."""


def has_order(state: State, acts: Sequence[Act], steps_max: int) -> tuple[bool, int]:
    """Whether an order of ``acts`` from ``state`` was found, and the steps that this took."""
    run = _Glimpse(state, min(steps_max, STEPS_MAX))
    for position, act in events_of(acts):
        if position == act.invoked:
            run.invoke(act)
        elif not run.complete(act):
            return False, run.steps
        if run.spent:
            return False, run.steps
    return True, run.steps


class _Glimpse(Search):
    """The search with few configurations."""

    def complete(self, act: Act) -> bool:
        """As ``Search.complete``, but of the configurations in which it took effect only some are kept."""
        possible = super().complete(act)
        if len(self.configurations) > WIDTH:
            self.configurations = _laziest(self.configurations)
        return possible

    def _develop(self, act: Act, target: int, waiting: list[Configuration], done: set[Configuration]) -> None:
        """Step by step, all configurations at once, until some are done."""
        seen = set(waiting)
        queue = deque(sorted(waiting, key=_effects))
        left, cost = MORE, 1 + len(self._writers) // WRITERS_A_STEP
        while queue and len(done) < WIDTH and left:
            left -= bool(done)
            self._charge(cost)
            if self.spent:
                return
            value, mask = queue.popleft()
            tried: set[int] = set()
            for bit, other, effect in self._writers:
                if mask & bit or (other.kind == CAS and other.old != value) or effect in tried:
                    continue
                tried.add(effect)
                after = mask | bit | self._bits_reading.get(other.new, 0)
                if after & target:
                    done.add((other.new, after ^ target))
                elif (other.new, after) not in seen:
                    seen.add((other.new, after))
                    queue.append((other.new, after))


def _laziest(configurations: set[Configuration]) -> set[Configuration]:
    """Those in which least took effect, of each value as many."""
    by_value: dict[object, list[Configuration]] = {}
    for one in sorted(configurations, key=_effects):
        by_value.setdefault(one[0], []).append(one)
    each = max(1, WIDTH // len(by_value))
    return {one for alike in by_value.values() for one in alike[:each]}


def _effects(configuration: Configuration) -> tuple[int, int]:
    return configuration[1].bit_count(), configuration[1]
