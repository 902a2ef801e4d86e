"""What a scenario expects against what its runs showed: for one run, and over many with the interval of the share.

Rules
1. In one run an expectation *showed* (passed), did not (failed), or cannot be told (unknown): the checker did not run
   or had no evidence, or the figure exists but was not reached, as a quantile of what had mostly not ended.
2. A figure that a run does not have is a failure that says so and names the likest ones: a typing error must not look
   like a missing anomaly. Counts of outcomes, messages and e-mails are 0 where nothing was counted.
3. Over n runs it is met if the share of runs in which it showed lies within ``in_share_of_runs``. "In every run" and
   "in no run" fail by one counterexample. Any other share fails only if the 95 % Wilson interval of what was seen
   excludes it, and never by a single run; between the two it is unknown: run more seeds.
4. Runs that cannot be told could have gone either way: where that would change the answer, it is unknown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from consistency_viz.checkers.intervals import wilson
from consistency_viz.checkers.verdict import Verdict, overall
from workers.cluster.schema.near import near
from workers.cluster.schema.story import Expectation, MetricExpected, RunShare, VerdictExpected

EXIT_BY_VERDICT: Final = {None: 0, Verdict.PASSED: 0, Verdict.FAILED: 1, Verdict.UNKNOWN: 2}
"""The exit status of a command by the verdict on a scenario's expectations; ``None``: it has none."""

SEEDS_MAX: Final = 20
_ZERO_IF_ABSENT: Final = re.compile(
    r"work\.(?:messages\.(?:sent|delivered|dropped)|effects\.email|(operations\.[a-z-]+)\.(?:ok|fail|info))"
)


class Found(msgspec.Struct, frozen=True):
    """Whether one expectation showed in one run, and what was there instead: a verdict, a figure, or nothing."""

    verdict: Verdict
    value: str | float | None
    reason: str


def numbers(prefix: str, value: Any) -> Iterable[tuple[str, float]]:
    """The numeric leaves of nested metrics by dotted name; lists are left out."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers(f"{prefix}.{key}" if prefix else key, inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield prefix, value


def judge(expected: Sequence[Expectation], verdicts: Mapping[str, Verdict], metrics: Mapping[str, Any]) -> list[Found]:
    """Each expectation against one run, in order."""
    return [
        _verdict_found(item, verdicts) if isinstance(item, VerdictExpected) else _metric_found(item, metrics, verdicts)
        for item in expected
    ]


def figure(name: str, metrics: Mapping[str, Any]) -> float | None:
    """The figure of a run by its dotted name; ``None`` if the run has none, or it was not reached."""
    return _value(name, metrics)[1]


def of_share(share: RunShare, showed: int, n: int) -> Verdict:
    """The answer when something showed in ``showed`` of ``n`` runs, all of which can be told (rule 3)."""
    seen = wilson(showed, n)
    if share.at_least <= seen.estimate <= share.at_most:
        return Verdict.PASSED
    if (share.at_least == 1 and showed < n) or (share.at_most == 0 and showed):
        return Verdict.FAILED
    assert seen.low is not None  # noqa: S101 - Wilson's interval always is
    assert seen.high is not None  # noqa: S101
    excluded = seen.high < share.at_least or seen.low > share.at_most
    return Verdict.FAILED if excluded and n > 1 else Verdict.UNKNOWN


class ExpectationTally:
    """The expectations of a scenario over its runs, taken in one by one."""

    def __init__(self, expected: Sequence[Expectation]) -> None:
        self._expected = tuple(expected)
        self._counts: list[Counter[Verdict]] = [Counter() for _ in self._expected]
        self._seeds: list[list[int]] = [[] for _ in self._expected]
        self._reasons = [""] * len(self._expected)

    def add(self, seed: int, found: Sequence[Found]) -> None:
        """What one run showed."""
        for index, one in enumerate(found):
            self._counts[index][one.verdict] += 1
            if one.verdict != Verdict.PASSED:
                self._reasons[index] = self._reasons[index] or one.reason
                if len(self._seeds[index]) < SEEDS_MAX:
                    self._seeds[index].append(seed)

    @property
    def verdict(self) -> Verdict | None:
        """Over all expectations; ``None`` where there are none."""
        if not self._expected:
            return None
        return overall(self._verdict(index) for index in range(len(self._expected)))

    def to_json(self) -> dict[str, Any]:
        """``verdict`` and ``items``, as ``summary.expectations`` of ``simulate --json``."""
        return {"verdict": self.verdict, "items": [self._item(index) for index in range(len(self._expected))]}

    def _verdict(self, index: int) -> Verdict:
        counts, share = self._counts[index], self._expected[index].in_share_of_runs
        n, showed = counts.total(), counts[Verdict.PASSED]
        possible = {of_share(share, showed + more, n) for more in range(counts[Verdict.UNKNOWN] + 1)}
        return possible.pop() if len(possible) == 1 else Verdict.UNKNOWN

    def _item(self, index: int) -> dict[str, Any]:
        expected, counts, verdict = self._expected[index], self._counts[index], self._verdict(index)
        n, showed = counts.total(), counts[Verdict.PASSED]
        reason = "" if verdict == Verdict.PASSED else self._reasons[index]
        if verdict == Verdict.UNKNOWN and not counts[Verdict.UNKNOWN]:
            reason = f"it showed in {showed:,} of {n:,} runs, too few to tell; run more seeds"
        return {
            "expected": str(expected),
            "because": expected.because,
            "verdict": verdict,
            "showed": showed,
            "not_shown": counts[Verdict.FAILED],
            "unknown": counts[Verdict.UNKNOWN],
            "share": wilson(showed, n)._asdict(),
            "seeds_not_shown": self._seeds[index],
            "reason": reason,
        }


def _verdict_found(expected: VerdictExpected, verdicts: Mapping[str, Verdict]) -> Found:
    name = expected.checker
    found = verdicts.get(name)
    if found is None:
        return Found(Verdict.UNKNOWN, None, _not_run(name))
    if found == expected.verdict:
        return Found(Verdict.PASSED, found.value, f"{name}: {found}")
    verdict = Verdict.UNKNOWN if found == Verdict.UNKNOWN else Verdict.FAILED
    return Found(verdict, found.value, f"{name}: {found}, where {expected.verdict} is expected")


def _metric_found(expected: MetricExpected, metrics: Mapping[str, Any], verdicts: Mapping[str, Verdict]) -> Found:
    name = expected.metric
    root = name.partition(".")[0]
    if root != "work" and root not in verdicts:
        return Found(Verdict.UNKNOWN, None, _not_run(root))
    is_there, value = _value(name, metrics)
    if not is_there:
        known = [found for found, _ in numbers("", metrics)]
        return Found(Verdict.FAILED, None, f"the run has no figure {name}{near(name, known)}")
    if value is None:
        return Found(Verdict.UNKNOWN, None, f"{name} was not reached")
    text = f"{name}: {value:,.10g}"
    if expected.holds(value):
        return Found(Verdict.PASSED, value, text)
    return Found(Verdict.FAILED, value, f"{text}, where {expected.bounds} is expected")


def _value(name: str, metrics: Mapping[str, Any]) -> tuple[bool, float | None]:
    """Whether the run has this figure, and the figure: ``None`` where its quantile was not reached."""
    place: Any = metrics
    for step in name.split("."):
        if not isinstance(place, Mapping) or step not in place:
            counted = _ZERO_IF_ABSENT.fullmatch(name)
            if counted is None or (counted[1] and not _value_at(f"work.{counted[1]}", metrics)):
                return False, None
            return True, 0.0
        place = place[step]
    if place is None:
        return True, None
    is_number = isinstance(place, int | float) and not isinstance(place, bool)
    return is_number, float(place) if is_number else None


def _value_at(name: str, metrics: Mapping[str, Any]) -> Any:
    place: Any = metrics
    for step in name.split("."):
        place = place.get(step) if isinstance(place, Mapping) else None
    return place


def _not_run(checker: str) -> str:
    return f"the checker {checker} did not run"
