"""Which rule decided: in words, from what the header says that the run was, else from what came of it."""

from __future__ import annotations

from typing import Any, Final

from consistency_viz.checkers.biography.conflict import Outcome
from workers.model.history import Header

BY_TYPE: Final[dict[str, str]] = {
    "lww-register": "The write with the later timestamp wins; of two with the same one, the greater replica's.",
    "lww-set": "For each element the addition or removal with the later timestamp wins.",
    "mv-register": "A write replaces what its author had seen; what it had not seen stays beside it as a sibling.",
    "dvv-set": "A write replaces what its author had seen; what it had not seen stays beside it as a sibling.",
    "or-set": "A removal takes away the additions that it had seen; one that it had not seen stays.",
    "rw-set": "A removal wins over every addition that did not know it.",
    "or-map": "Each field is decided by its own type; a removal takes away what it had seen.",
    "g-set": "Elements are only ever added.",
    "g-counter": "Every replica's count is kept, and all are added up.",
    "pn-counter": "Every replica's additions and subtractions are kept, and all are added up.",
    "bounded-counter": "A replica spends only what it has a right to.",
}
BY_DESIGN: Final[dict[str, str]] = {
    "collisions": "The whole order that arrives last is the order.",
    "collisions-merged-by-hand": "The consumer's own code merges the order that arrives into its own, field by field.",
    "collisions-merged-by-hand-broken": "The consumer's own code merges field by field, and adds up some.",
    "optimistic-concurrency": "A write that expects another version than there is is refused.",
}
BY_OUTCOME: Final[dict[Outcome, str]] = {
    "overwritten": "What arrived last replaced what was there.",
    "discarded": "What was there won over what arrived.",
    "gone": "The update was taken in, and its element is not there.",
    "back": "The removal was taken in, and its element is there all the same.",
    "again": "The replica took in the same update a second time, and counted it again.",
    "siblings": "Both are kept side by side.",
    "merged": "Both are kept.",
}


def rule(header: Header, key: str, outcome: Outcome) -> str:
    """The rule that decided a conflict of ``key``, as one sentence."""
    if outcome in ("gone", "back", "again"):
        return BY_OUTCOME[outcome]
    entity = _entity(header, key)
    kind = entity.get("type")
    if isinstance(kind, str) and kind in BY_TYPE:
        clock = " The time is a hybrid logical clock's." if entity.get("clock") == "hlc" and "lww" in kind else ""
        return BY_TYPE[kind] + clock
    if isinstance(kind, str) and kind.startswith("lww"):
        return BY_TYPE["lww-register"]
    return BY_DESIGN.get(header.design, BY_OUTCOME[outcome])


def goes_by_time(header: Header, key: str) -> bool:
    """Whether the key's conflicts are decided by timestamps."""
    kind = _entity(header, key).get("type")
    return isinstance(kind, str) and kind.startswith("lww")


def _entity(header: Header, key: str) -> dict[str, Any]:
    """What the plan says of the key's kind: ``cart`` of ``cart-1``."""
    entities = header.plan.get("entities")
    found = entities.get(key.rpartition("-")[0] or key) if isinstance(entities, dict) else None
    return found if isinstance(found, dict) else {}
