"""Every checker by its contract name. A checker is one module and one line here.

Online and offline are the same code: feed each observation to ``observe`` in recorder order, then ``finish`` once. A
checker is asked nothing else by those who only want verdicts. For a run without an end there is ``create_live``.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final, Protocol

from consistency_viz.checkers.causal import Causal
from consistency_viz.checkers.chapters import OBSERVATIONS, AtTheEnd, Chapters, InChapters, Member
from consistency_viz.checkers.convergence import Convergence
from consistency_viz.checkers.counter import Counter
from consistency_viz.checkers.divergence import Divergence
from consistency_viz.checkers.email_timeliness import EmailTimeliness
from consistency_viz.checkers.evidence import Evidence
from consistency_viz.checkers.invariants import Invariants
from consistency_viz.checkers.kinds import by_kind
from consistency_viz.checkers.linearizable_register import LinearizableRegister
from consistency_viz.checkers.live import PerKey, Retiring
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


PER_KEY: Final[Mapping[str, Callable[[Header], Retiring]]] = MappingProxyType(
    {
        "linearizable-register": LinearizableRegister,
        "set-full": SetFull,
        "invariants": Invariants,
        "email-timeliness": EmailTimeliness,
        "counter": Counter,
        "convergence": Convergence,
    }
)
"""Those whose live form puts keys away (``live``)."""

BY_CHAPTER: Final[Mapping[str, Callable[[Header, Evidence], InChapters]]] = MappingProxyType(
    {
        "read-your-writes": ReadYourWrites,
        "monotonic-reads": MonotonicReads,
        "monotonic-writes": MonotonicWrites,
        "writes-follow-reads": WritesFollowReads,
        "causal": Causal,
    }
)
"""Those, beside ``staleness``, whose live form judges chapter by chapter (``chapters``)."""


def create_live(
    header: Header, names: Iterable[str] = (), *, keys_max: int = 10_000, chapter: int = OBSERVATIONS
) -> list[Checker]:
    """As ``create``, in bounded memory however long the run: ``keys_max`` keys, a ``chapter`` of observations.

    What they forget they say. ``single-writer`` is bounded as it is.
    """
    chosen = _chosen(names)
    chapters = Chapters(chapter, keys_max)
    return [_live(name, header, keys_max, chapters) for name in chosen]


def _live(name: str, header: Header, keys_max: int, chapters: Chapters) -> Checker:
    if name == "divergence":
        return Divergence(header, keys_max=keys_max)
    if name in PER_KEY:
        return PerKey(PER_KEY[name](header), keys_max)
    if name in BY_CHAPTER:
        return Member(BY_CHAPTER[name](header, chapters.new), chapters)
    if name == "staleness":
        return Member(Staleness(header, chapters.whole, keys_max=keys_max), chapters, whole=True)
    return AtTheEnd(name) if name == "lost-updates" else CHECKERS[name](header)


def create(header: Header, names: Iterable[str] = ()) -> list[Checker]:
    """Fresh checkers for one history: the named ones, each once, or all. Raises ``UnknownCheckerError``."""
    chosen = _chosen(names)
    evidence = Evidence()
    return [OF_EVIDENCE[name](header, evidence) if name in OF_EVIDENCE else CHECKERS[name](header) for name in chosen]


def _chosen(names: Iterable[str]) -> list[str]:
    chosen = list(dict.fromkeys(names)) or list(CHECKERS)
    for name in chosen:
        if name not in CHECKERS:
            raise UnknownCheckerError(name)
    return chosen


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
