"""What a checker has found so far: the first few witnesses, and how many there were in all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from consistency_viz.checkers.intervals import wilson
from consistency_viz.checkers.statistics import KaplanMeier, LengthCounts
from consistency_viz.checkers.verdict import REFERENCES_MAX, WITNESSES_MAX, Result, Verdict, Witness

_QUANTILES: Final = (0.5, 0.95, 0.99, 1.0)


class Findings:
    """Violations: ``count`` of them, with witnesses of the first ``WITNESSES_MAX``."""

    __slots__ = ("_witnesses", "count")

    def __init__(self) -> None:
        self.count = 0
        self._witnesses: list[Witness] = []

    @property
    def wanted(self) -> bool:
        """Whether another witness is shown."""
        return len(self._witnesses) < WITNESSES_MAX

    def add(self, text: str, indices: Iterable[int], ids: Iterable[str]) -> None:
        """One violation, in words, with where it stands in the history and what it is about."""
        self.count += 1
        if self.wanted:
            places = sorted({index for index in indices if index >= 0})
            names = list(dict.fromkeys(name for name in ids if name))
            self._witnesses.append(Witness(text, places[:REFERENCES_MAX], names[:REFERENCES_MAX]))

    def result(
        self, checker: str, verdict: Verdict, reason: str, metrics: dict[str, Any], *, had_evidence: bool = True
    ) -> Result:
        """The answer; only a failure shows witnesses. Without evidence, ``unknown`` says there was nothing to judge."""
        if verdict is not Verdict.FAILED:
            applicable = had_evidence or verdict is not Verdict.UNKNOWN
            return Result(checker, verdict, reason, [], 0, metrics, applicable)
        skipped = self.count - len(self._witnesses)
        return Result(checker, verdict, reason, list(self._witnesses), skipped, metrics)


def share(count: int, n: int) -> dict[str, Any]:
    """A share with its Wilson interval; ``None`` where nothing was counted."""
    if not n:
        return {"count": 0, "n": 0, "share": None, "interval": None}
    found = wilson(count, n)
    return {"count": count, "n": n, "share": found.estimate, "interval": [found.low, found.high]}


def quantiles_ms(lengths: LengthCounts) -> dict[str, Any]:
    """Quantiles in milliseconds of lengths in microseconds, all of which had ended, with n."""
    values = KaplanMeier(lengths).values(_QUANTILES)
    named = zip(_QUANTILES, values, strict=True)
    return {"n": lengths.total} | {f"p{round(q * 100)}": None if v is None else v / 1000 for q, v in named}


def in_words(count: int, what: str, whats: str = "") -> str:
    """As in "1 read", "2 reads"; ``whats`` is the plural where it is not regular."""
    return f"{count:,} {what if count == 1 else whats or what + 's'}"
