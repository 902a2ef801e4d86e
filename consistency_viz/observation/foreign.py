"""Recognises, by its first line, a file that is no native history, and says what it may be."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

_JEPSEN_TYPES: Final = ("invoke", "ok", "fail", "info")
_JSON_LIST: Final = re.compile(rb'^\s*\[\s*(\{[^{}]*"process"|$)')
_EDN: Final = re.compile(rb"^\s*(#jepsen\S*\s*)?[\[(]?\s*(#jepsen\S*\s*)?\{[^\"]*?:(type|process|f|value|index|time)\b")


def alien(first_line: bytes) -> tuple[str, str] | None:
    """(problem, remedy) if the line begins a history of another format, else ``None``."""
    if _EDN.match(first_line):
        return _jepsen("EDN")
    try:
        fields: Any = msgspec.json.decode(first_line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    if isinstance(fields, list) and fields and isinstance(fields[0], dict) and "process" in fields[0]:
        return _jepsen("JSON")
    if isinstance(fields, dict):
        if "process" in fields and fields.get("type") in _JEPSEN_TYPES:
            return _jepsen("JSON")
        if "specversion" in fields:
            return "these are CloudEvents, not a native history", "check the run's native export instead"
    return None


def not_native(first_line: bytes) -> tuple[str, str]:
    """(problem, remedy) for a first line that is not even JSON."""
    if _JSON_LIST.match(first_line):
        return "this is a list, perhaps a Jepsen history, and no native one", "try --format jepsen"
    if first_line.lstrip().startswith(b";"):
        return "this begins with a comment, perhaps of a Jepsen history in EDN", "try --format jepsen"
    if b"(?<event>" in first_line:
        return "this is a ShiViz log, not a native history", "check the run's native export instead"
    problem = "the first line is not JSON, so this is no native history"
    return problem, "a native history begins with its header line, see docs/history-format.md"


def _jepsen(notation: str) -> tuple[str, str]:
    return f"this is a Jepsen history in {notation}, not a native one", "read it with --format jepsen"
