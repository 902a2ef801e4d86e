"""What a checker answers: a three-valued verdict, the witnesses that prove it, and numbers.

Rules (FIELD 2)
1. No evidence is ``unknown``, never ``passed``.
2. A failure names witnesses: in words for people, and as indices and ids that the dashboard highlights.
3. Witnesses are bounded; what was left out is counted.
4. A checker that found nothing of the kind that it judges is not applicable: its ``unknown`` does not count beside the
   answers of others. That of one which had evidence and could not tell (a budget spent, values that may mean several
   writes) does.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final

import msgspec

WITNESSES_MAX: Final = 8
"""Witnesses in one result."""

REFERENCES_MAX: Final = 16
"""Indices, and ids, in one witness."""


class Verdict(StrEnum):
    """The three answers."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Witness(msgspec.Struct, frozen=True):
    """The few observations that prove a failure.

    ``text`` is one sentence. ``indices`` are positions in the history, rising; ``ids`` are keys, updates, operations or
    messages, as the history spells them.
    """

    text: str
    indices: list[int] = []
    ids: list[str] = []


class Result(msgspec.Struct, frozen=True):
    """One checker's answer. ``reason`` is the verdict in one sentence; ``metrics`` holds JSON values only.

    ``applicable`` is false only beside ``unknown``: the history holds nothing of the kind that the checker judges.
    """

    checker: str
    verdict: Verdict
    reason: str
    witnesses: list[Witness] = []
    witnesses_skipped: int = 0
    metrics: dict[str, Any] = {}
    applicable: bool = True


def overall(verdicts: Iterable[Verdict]) -> Verdict:
    """Failed if any failed, else unknown if any is unknown or there is none, else passed."""
    seen = set(verdicts)
    if Verdict.FAILED in seen:
        return Verdict.FAILED
    return Verdict.PASSED if seen == {Verdict.PASSED} else Verdict.UNKNOWN


def of_results(results: Iterable[Result]) -> Verdict:
    """The verdict on a history: ``overall`` of the checkers that had something to judge (rule 4)."""
    return overall(result.verdict for result in results if result.applicable)
