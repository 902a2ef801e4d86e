"""Names that look like one that there is not: half of a remedy."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_COMPARED_CHARS_MAX = 120


def near(name: str, known: Iterable[str], most: int = 3) -> str:
    """``"; did you mean a or b?"``, with the likest of ``known`` first, or nothing."""
    found = get_close_matches(name[:_COMPARED_CHARS_MAX], list(known), n=most, cutoff=0.6)
    return f"; did you mean {' or '.join(found)}?" if found else ""
