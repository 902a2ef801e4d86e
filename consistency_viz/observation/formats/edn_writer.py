"""Writes JSON values, and ``Keyword``, as EDN that ``edn`` reads back as the same."""

from __future__ import annotations

import re
from typing import Any, Final

from consistency_viz.observation.formats.edn import Keyword

_PLAIN_NAME: Final = re.compile(r"[A-Za-z][\w\-]*", re.ASCII)
_TO_ESCAPE: Final = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029]')
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def named(text: str) -> Any:
    """A keyword of that name if it can be one, else the text."""
    return Keyword(f":{text}") if _PLAIN_NAME.fullmatch(text) else text


def edn(value: Any) -> str:
    """One value on one line. Raises ``TypeError`` for what is neither a JSON value nor a keyword."""
    kind = type(value)
    if value is None:
        return "nil"
    if kind is bool:
        return "true" if value else "false"
    if kind is Keyword:
        return str(value)
    if kind is int:
        return str(value)
    if kind is float:
        return repr(value)
    if kind is str:
        return f'"{_TO_ESCAPE.sub(_escaped, value)}"'
    if kind is list:
        return f"[{' '.join(map(edn, value))}]"
    if kind is dict:
        return "{" + ", ".join(f"{edn(key)} {edn(entry)}" for key, entry in value.items()) + "}"
    raise TypeError(f"{kind.__name__} has no place in EDN")


def _escaped(found: re.Match[str]) -> str:
    char = found[0]
    return _ESCAPES.get(char) or f"\\u{ord(char):04x}"
