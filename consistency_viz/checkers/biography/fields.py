"""Field by field: what was there, what each author wrote, what is there now, and what of it is gone."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from consistency_viz.checkers.divergence.canonical import canonical
from consistency_viz.checkers.divergence.prose import printable

FIELDS_MAX: Final = 16
TEXT_LENGTH_MAX: Final = 120
_ABSENT: Final = object()


def compared(before: Any, after: Any, wrote: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of ``field``, ``before``, ``after``, ``wrote`` (by update) and ``change``, all in words.

    Objects are compared by field, lists by element, anything else as a whole. ``change`` is ``same``, ``new``,
    ``changed`` or ``gone``. The first ``FIELDS_MAX`` rows that differ come first.
    """
    values = [before, after, *wrote.values()]
    if any(isinstance(value, list) for value in (before, after)):
        rows = _elements(before, after, wrote)
    elif any(isinstance(value, dict) for value in values):
        rows = _members(before, after, wrote)
    else:
        rows = [_row("value", before, after, wrote)]
    rows.sort(key=lambda row: row["change"] == "same")
    return rows[:FIELDS_MAX]


def words(value: Any) -> str:
    """A value in few words; "nothing" where there is none."""
    if value is _ABSENT or value is None:
        return "nothing"
    if isinstance(value, dict):
        return printable(", ".join(f"{name}: {words(inner)}" for name, inner in sorted(value.items())), TEXT_LENGTH_MAX)
    text = value if isinstance(value, str) else msgspec.json.encode(value, order="deterministic").decode()
    return printable(text, TEXT_LENGTH_MAX)


def _members(before: Any, after: Any, wrote: dict[str, Any]) -> list[dict[str, Any]]:
    objects = [value for value in (before, after, *wrote.values()) if isinstance(value, dict)]
    names = sorted({name for value in objects for name in value})

    def of(value: Any, name: str) -> Any:
        return value.get(name, _ABSENT) if isinstance(value, dict) else _ABSENT

    return [
        _row(name, of(before, name), of(after, name), {update: of(value, name) for update, value in wrote.items()})
        for name in names
    ]


def _elements(before: Any, after: Any, wrote: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each element: what is in a list shows itself."""
    seen: dict[bytes, Any] = {}
    for value in (before, after):
        for element in value if isinstance(value, list) else []:
            seen.setdefault(canonical(element), element)
    for value in wrote.values():
        for element in value if isinstance(value, list) else [value]:
            if element is not None:
                seen.setdefault(canonical(element), element)

    def of(value: Any, element: Any) -> Any:
        there = value if isinstance(value, list) else [value]
        return element if any(canonical(one) == canonical(element) for one in there) else _ABSENT

    return [
        _row(words(element), of(before, element), of(after, element), {u: of(v, element) for u, v in wrote.items()})
        for _, element in sorted(seen.items())
    ]


def _row(field: str, before: Any, after: Any, wrote: dict[str, Any]) -> dict[str, Any]:
    was, now = (None if value is _ABSENT else value for value in (before, after))
    if canonical(was) == canonical(now):
        change = "same"
    elif now is None:
        change = "gone"
    else:
        change = "new" if was is None else "changed"
    return {
        "field": printable(field, TEXT_LENGTH_MAX),
        "before": words(before),
        "after": words(after),
        "wrote": {update: words(value) for update, value in wrote.items() if value is not _ABSENT},
        "change": change,
    }
