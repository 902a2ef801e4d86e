"""Why a fault touched nothing, in words: a fault that did not bite tempts to wrong conclusions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from workers.model.observation import Faulted

NAMES_TOLD: Final = 3


class Course(NamedTuple):
    """A fault's course: recorder times, that of the run's last message, and what its links carried while it lasted.

    ``crossed`` counts arrivals and losses sent over its links; ``fitting`` those of the topic and types it is for.
    """

    began_us: int
    ended_us: int | None
    last_message_us: int
    crossed: int
    fitting: int


def why_nothing(body: Faulted, course: Course) -> str:
    """A clause that goes on "touched nothing: "."""
    detail: Mapping[str, Any] = body.detail if isinstance(body.detail, dict) else {}
    if not body.targets:
        return "nothing is ever sent on this link"
    if course.began_us > course.last_message_us:
        return "it began after the last message"
    where = _places(body.targets)
    if body.what in ("partition", "link"):
        if not course.crossed:
            return f"nothing was sent from {where} while it lasted"
        if not course.fitting:
            return f"none of the {course.crossed:,} messages from {where} was of its topic and types"
        shares = [f"{word} {detail[name]:.2%}" for name, word in _CHANCES.items() if _is_chance(detail.get(name))]
        chance = f" (the chance of {' and of '.join(shares)})" if shares else ""
        return f"of {course.fitting:,} messages from {where} it happened to none{chance}"
    if body.what == "clock":
        return f"{where} processed nothing while its clock was wrong; what its timers did is not in a history"
    if body.what == "slow":
        return f"{where} processed nothing while it lasted"
    return f"no message for {where} was on its way; what its timers did not do is not in a history"


_CHANCES: Final = {"loss": "a loss is", "duplicate": "a duplicate is"}


def _is_chance(value: Any) -> bool:
    return isinstance(value, int | float) and 0 < value < 1


def _places(targets: list[str]) -> str:
    if len(targets) > NAMES_TOLD:
        return f"{targets[0].replace('>', ' to ')} and {len(targets) - 1} other places"
    return ", ".join(target.replace(">", " to ") for target in targets)
