"""Who takes in which kinds of observation: what nobody looks at is handed to nobody.

An observer says so by an attribute ``kinds``, a set of body classes; one without it is given everything. Leaving out
the other kinds never changes its answer: that is what the attribute promises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol, get_args

from workers.model.observation import Applied, Body, Completed, Delivered, Dropped, Invoked, Observation, Sent

Kinds = frozenset[type[Any]]
Take = Callable[[Observation], None]

EVERY_KIND: Final[Kinds] = frozenset(get_args(Body))
MESSAGES: Final[Kinds] = frozenset((Sent, Delivered, Dropped))
APPLIES_AND_OPERATIONS: Final[Kinds] = frozenset((Applied, Invoked, Completed))


class Observer(Protocol):
    """Whoever takes in observations, in recorder order."""

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        ...


def kinds_of(observer: Observer) -> Kinds:
    """The kinds of body that an observer looks at."""
    kinds: Kinds = getattr(observer, "kinds", EVERY_KIND)
    return kinds


def by_kind(observers: Iterable[Observer]) -> Mapping[type[Any], tuple[Take, ...]]:
    """For every kind of body those who take it in, in the order in which they are given."""
    given = list(observers)
    return {kind: tuple(one.observe for one in given if kind in kinds_of(one)) for kind in EVERY_KIND}
