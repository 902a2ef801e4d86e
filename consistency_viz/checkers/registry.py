"""Every checker by its contract name. A checker is one module and one line here.

Online and offline are the same code: feed each observation to ``observe`` in recorder order, then ``finish`` once. A
checker is asked nothing else by those who only want verdicts.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final, Protocol

from consistency_viz.checkers.causal import Causal
from consistency_viz.checkers.convergence import Convergence
from consistency_viz.checkers.counter import Counter
from consistency_viz.checkers.divergence import Divergence
from consistency_viz.checkers.email_timeliness import EmailTimeliness
from consistency_viz.checkers.evidence import Evidence
from consistency_viz.checkers.invariants import Invariants
from consistency_viz.checkers.kinds import by_kind
from consistency_viz.checkers.linearizable_register import LinearizableRegister
from consistency_viz.checkers.lost_updates import LostUpdates
from consistency_viz.checkers.monotonic_reads import MonotonicReads
from consistency_viz.checkers.monotonic_writes import MonotonicWrites
from consistency_viz.checkers.read_your_writes import ReadYourWrites
from consistency_viz.checkers.set_full import SetFull
from consistency_viz.checkers.single_writer import SingleWriter
from consistency_viz.checkers.staleness import Staleness
from consistency_viz.checkers.verdict import Result
from consistency_viz.checkers.writes_follow_reads import WritesFollowReads
from workers.model.history import Header
from workers.model.observation import Observation


class Checker(Protocol):
    """An incremental checker of one history. It reads observations and the header's replicas, never the design."""

    def observe(self, observation: Observation) -> None:
        """Take in the next observation; times never fall."""
        ...

    def finish(self, end_us: int) -> Result:
        """The history ended at ``end_us``, microseconds by the recorder's clock. Called once, after all of it."""
        ...


OF_EVIDENCE: Final[Mapping[str, Callable[[Header, Evidence], Checker]]] = MappingProxyType(
    {
        "convergence": Convergence,
        "staleness": Staleness,
        "read-your-writes": ReadYourWrites,
        "monotonic-reads": MonotonicReads,
        "monotonic-writes": MonotonicWrites,
        "writes-follow-reads": WritesFollowReads,
        "causal": Causal,
        "lost-updates": LostUpdates,
    }
)
"""Those that judge operations by the same evidence, and share it."""

CHECKERS: Final[Mapping[str, Callable[[Header], Checker]]] = MappingProxyType(
    {
        "divergence": Divergence,
        "linearizable-register": LinearizableRegister,
        "single-writer": SingleWriter,
        "set-full": SetFull,
        "invariants": Invariants,
        "email-timeliness": EmailTimeliness,
        "counter": Counter,
        "convergence": Convergence,
        "staleness": Staleness,
        "read-your-writes": ReadYourWrites,
        "monotonic-reads": MonotonicReads,
        "monotonic-writes": MonotonicWrites,
        "writes-follow-reads": WritesFollowReads,
        "causal": Causal,
        "lost-updates": LostUpdates,
    }
)


class UnknownCheckerError(ValueError):
    """A name that no checker has; ``name`` is it, ``valid`` are those there are."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.valid = list(CHECKERS)
        super().__init__(f"checker {name!r}: there is none of that name; use one of {', '.join(self.valid)}")


def create(header: Header, names: Iterable[str] = ()) -> list[Checker]:
    """Fresh checkers for one history: the named ones, each once, or all. Raises ``UnknownCheckerError``."""
    chosen = list(dict.fromkeys(names)) or list(CHECKERS)
    for name in chosen:
        if name not in CHECKERS:
            raise UnknownCheckerError(name)
    evidence = Evidence()
    return [OF_EVIDENCE[name](header, evidence) if name in OF_EVIDENCE else CHECKERS[name](header) for name in chosen]


def check(checkers: Iterable[Checker], observations: Iterable[Observation], end_us: int | None = None) -> list[Result]:
    """Feed a whole history and finish, at the last observation's time unless ``end_us`` says later."""
    chosen = list(checkers)
    last_us = 0
    takers = by_kind(chosen)
    with _no_search_for_cycles():
        for observation in observations:
            for take in takers[type(observation.body)]:
                take(observation)
            last_us = observation.at_us
        return [checker.finish(last_us if end_us is None else end_us) for checker in chosen]


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Without Python's cyclic collector, as far as it was on.

    Checkers keep millions of small containers and no cycles: looking through them was up to half the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
