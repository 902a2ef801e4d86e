"""Values, times and lists in words, short and safe to show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from consistency_viz.checkers.divergence.canonical import canonical

VALUE_CHARACTERS_MAX: Final = 80
NAMES_MAX: Final = 4


def milliseconds(us: int) -> str:
    """``1234500`` as "1,234.5 ms"."""
    return f"{us / 1000:,.3f}".rstrip("0").rstrip(".") + " ms"


def printable(text: str, characters_max: int = VALUE_CHARACTERS_MAX) -> str:
    """``text`` without what could move a cursor or fill a screen."""
    text = "".join(c if c.isprintable() else "\ufffd" for c in text[: characters_max + 1])
    return text if len(text) <= characters_max else text[: characters_max - 1] + "\u2026"


def listed(names: Sequence[str]) -> str:
    """Names as "a", "a and b", "a, b and c", or the first few and how many more."""
    shown = [printable(name) for name in names[:NAMES_MAX]]
    if len(names) > NAMES_MAX:
        shown.append(f"{len(names) - NAMES_MAX:,} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def differing_fields(values: Sequence[Any]) -> list[str] | None:
    """The fields in which objects differ, all where there is one; ``None`` if a present value is no object."""
    objects = {canonical(value): value for value in values if value is not None}
    if not all(isinstance(value, dict) for value in objects.values()):
        return None
    names = sorted({name for value in objects.values() for name in value})
    if len(objects) == 1:
        return names
    return [n for n in names if len({canonical(v[n]) if n in v else b"" for v in objects.values()}) > 1]


def described(value: Any, fields: list[str] | None) -> str:
    """A value in words: only its ``fields`` if they are given, else the JSON text; "nothing" if it is absent."""
    if value is None:
        return "nothing"
    if not fields:
        return printable(_json(value))
    parts = [f"{name}={_plain(value[name])}" if name in value else f"no {name}" for name in fields]
    return printable(", ".join(parts))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()
