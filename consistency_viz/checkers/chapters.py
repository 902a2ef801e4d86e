"""Checkers of sessions and of causal order, live: a run without an end is judged chapter by chapter.

What these checkers judge may lie anywhere before: which write a read saw, what an update descends from. A recorded
history keeps all of it. Live, a *chapter* of so many observations is judged like a history, with what has to be known
of those before it, and then forgotten; counts and witnesses go on. A chapter ends between two instants.

1. Nothing is made up. An update that was mentioned before the chapter is over: its later applies are left out, lists
   of updates are read without it, and an operation that was under way and made it obliges nobody. So whatever descends
   from an update of this chapter is of this chapter, and all of it is seen.
2. Staleness asks whether a write had seen *all* that a read saw, old updates too: it gets the lists whole.
3. A register begins with the writes that may still be read, those that no later one had replaced when it began. A
   value that was written before that may be meant too, so a read of it tells nothing (``RegisterLog.next_chapter``).
4. Lists whose elements were appended before the chapter are not judged.
5. Something is lost: what lies in two chapters. How many there were is told; ``check_history`` misses nothing.

Memory: one chapter, the updates mentioned as runs for so many keys, and operations that are open. What concerns keys
beyond that, which come back, is left out and counted.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple, Protocol

import msgspec

from consistency_viz.checkers.evidence import Evidence
from consistency_viz.checkers.findings import in_words
from consistency_viz.checkers.forgotten import Forgotten
from consistency_viz.checkers.kinds import APPLIES_AND_OPERATIONS
from consistency_viz.checkers.run_set import RunSet
from consistency_viz.checkers.verdict import Result, Verdict
from workers.model.observation import Applied, Completed, Invoked, Observation

OBSERVATIONS: Final = 20_000
"""In a chapter."""


class InChapters(Protocol):
    """A checker that can forget what it has judged."""

    def observe(self, observation: Observation) -> None: ...

    def finish(self, end_us: int) -> Result: ...

    def turn(self, evidence: Evidence) -> None:
        """Judge what there is, count it, and go on with new evidence."""
        ...


class Told(NamedTuple):
    """An observation with lists of updates as they are, and as far as they are of this chapter."""

    whole: Observation
    new: Observation


class Chapters:
    """What live checkers of one history share: the evidence of the present chapter, and what was before it."""

    def __init__(self, length: int = OBSERVATIONS, keys_max: int = 10_000) -> None:
        self.whole, self.new = Evidence(), Evidence()
        self.whole.log.goes_on = self.new.log.goes_on = True
        self.turned = 0
        self.left_out = 0
        self._length = length
        self._keys_max = keys_max
        self._members: list[tuple[InChapters, bool]] = []
        self._count = 0
        self._now_us = -1
        self._last: Observation | None = None
        self._told: Told | None = None
        self._before: dict[str, RunSet] = {}  # by key the updates mentioned before this chapter, longest unused first
        self._mentioned: dict[str, RunSet] = {}  # in this chapter
        self._gone = Forgotten()

    def join(self, checker: InChapters, *, whole: bool) -> None:
        """``checker`` is fed from here; ``whole``: it has the evidence ``whole``."""
        self._members.append((checker, whole))

    def take(self, observation: Observation) -> Told | None:
        """The next observation for the members; ``None``: it is left out."""
        if observation is self._last:
            return self._told
        if self._count >= self._length and observation.at_us != self._now_us:
            self._turn()
        self._last, self._now_us = observation, observation.at_us
        self._count += 1
        self._told = self._tell(observation)
        return self._told

    def _tell(self, observation: Observation) -> Told | None:
        body = observation.body
        if not isinstance(body, Applied | Invoked | Completed):
            return Told(observation, observation)
        key, before = body.key, self._before.get(body.key)
        if before is None and self._gone.count and key not in self._mentioned and key in self._gone:
            self.left_out += 1
            return None
        if isinstance(body, Applied):
            self._mention(key, body.kept, body.update)
            if before is None:
                return Told(observation, observation)
            if body.update in before:
                return None
            if body.kept is not None:
                observation = _with(observation, body, kept=_listed(RunSet(body.kept).minus(before)))
            return Told(observation, observation)
        value = body.value
        if not isinstance(value, dict) or value.keys().isdisjoint(_MEMBERS):
            return Told(observation, observation)
        update = value.get("update") if isinstance(body, Completed) else None
        lists = {name: sets for name in _LISTS & value.keys() if (sets := _updates(value[name])) is not None}
        self._mention(key, None, update if isinstance(update, str) else "", *lists.values())
        if before is None:
            return Told(observation, observation)
        if isinstance(update, str) and update in before:
            observation = _with(observation, body, outcome="info", value=None)
            return Told(observation, observation)
        new = value | {name: _listed(sets.minus(before)) for name, sets in lists.items()}
        return Told(observation, _with(observation, body, value=new))

    def _mention(self, key: str, kept: list[str] | None, update: str, *sets: RunSet) -> None:
        known = self._mentioned.get(key)
        if known is None:
            known = self._mentioned[key] = RunSet()
        if update:
            known.add(update)
        for one in sets if kept is None else (RunSet(kept),):
            if not known.issuperset(one):
                known = self._mentioned[key] = known.union(one)

    def _turn(self) -> None:
        """The chapter is over."""
        self.turned += 1
        whole, new = (_next(evidence, self._keys_max) for evidence in (self.whole, self.new))
        for checker, wants_whole in self._members:
            checker.turn(whole if wants_whole else new)
        for evidence in (whole, new):
            evidence.log.begin()
        self.whole, self.new = whole, new
        for key, updates in self._mentioned.items():
            before = self._before.pop(key, None)
            self._before[key] = updates if before is None else before.union(updates)
        self._mentioned.clear()
        while len(self._before) > self._keys_max:
            key = next(iter(self._before))
            del self._before[key]
            self._gone.add(key)
        self._count = 0


class Member:
    """The live form of one of them."""

    kinds: Final = APPLIES_AND_OPERATIONS

    def __init__(self, checker: InChapters, chapters: Chapters, *, whole: bool = False) -> None:
        self.checker = checker
        self._chapters = chapters
        self._whole = whole
        chapters.join(checker, whole=whole)

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        told = self._chapters.take(observation)
        if told is not None:
            self.checker.observe(told.whole if self._whole else told.new)

    def finish(self, end_us: int) -> Result:
        """The verdict; ``unknown`` instead of ``passed`` where observations were left out."""
        chapters = self._chapters
        result = self.checker.finish(end_us)
        told = {"chapters": chapters.turned + 1, "observations_left_out": chapters.left_out}
        reason, verdict = result.reason, result.verdict
        if chapters.turned:
            reason = f"{reason} (judged in {in_words(chapters.turned + 1, 'chapter')}, each by itself)"
        if chapters.left_out and verdict is Verdict.PASSED:
            verdict = Verdict.UNKNOWN
            what = in_words(chapters.left_out, "observation")
            reason = f"{what} about keys that came back after long were left out; of the others: {reason}"
        return msgspec.structs.replace(result, verdict=verdict, reason=reason, metrics=result.metrics | told)


class AtTheEnd:
    """The live form of a checker that asks what is left when all is over: nothing is known before."""

    kinds: Final = frozenset[type[Any]]()

    def __init__(self, name: str) -> None:
        self.name = name

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""

    def finish(self, end_us: int) -> Result:
        """No verdict."""
        reason = "judged of a recorded history only, when all is over"
        return Result(self.name, Verdict.UNKNOWN, reason, applicable=False)


_LISTS: Final = frozenset(("base", "after", "seen"))
_MEMBERS: Final = _LISTS | {"update"}


def _next(evidence: Evidence, keys_max: int) -> Evidence:
    """The evidence of the next chapter: what is open, and what registers hold."""
    following = Evidence()
    following.operations.open = dict(evidence.operations.open)
    following.log = evidence.log.next_chapter(keys_max)
    following.pasts.begins_late = True
    following.in_one_order = False  # one chapter's order is nothing to the others
    return following


def _updates(value: Any) -> RunSet | None:
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        return None
    return RunSet(value)


def _listed(updates: RunSet) -> list[str]:
    """As a history lists them."""
    runs = (
        f"{prefix}{first}" if first == last else f"{prefix}{first}-{last}"
        for prefix, spans in updates.runs.items()
        for first, last in spans
    )
    return [*sorted(updates.plain), *runs]


def _with(observation: Observation, body: Applied | Invoked | Completed, **changes: Any) -> Observation:
    return msgspec.structs.replace(observation, body=msgspec.structs.replace(body, **changes))
