"""One conflict as it is found: which updates met where, and what came of it."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

Outcome = Literal["overwritten", "discarded", "gone", "back", "again", "siblings", "merged"]

RANKS: Final[dict[str, int]] = {
    "overwritten": 0,
    "discarded": 0,
    "gone": 0,
    "back": 0,
    "again": 0,
    "siblings": 1,
    "merged": 2,
}
"""What cost somebody something comes first."""


class Meeting(msgspec.Struct, frozen=True):
    """Where the updates of a conflict met, and what the replica showed before and after."""

    node: str
    at_us: int
    index: int
    before: Any
    after: Any
    outcome: Outcome


class Conflict(msgspec.Struct):
    """``update`` arrived where ``others`` (the first few of ``others_count``) were; ``dropped`` is what is not kept."""

    key: str
    update: str
    others: list[str]
    others_count: int
    dropped: list[str]
    meetings: list[Meeting]

    @property
    def outcome(self) -> Outcome:
        """What came of it where they met first."""
        return self.meetings[0].outcome

    @property
    def at_us(self) -> int:
        """When they met first."""
        return self.meetings[0].at_us

    @property
    def rank(self) -> int:
        """Smaller is worse."""
        return RANKS[self.outcome]
