"""What the faults of a run touched, drawn for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

Told = Mapping[str, Any]
"""A fault as ``checkers.fault_touch.Touch.to_json`` gives it."""

NOTHING_STYLE: Final = "bold yellow"


def summary(fault: Told) -> str:
    """In a few words: "12 messages (12 dropped), 2 nodes, 5 operations", or "touched nothing: ..."."""
    if fault["nothing"]:
        return f"touched nothing: {fault['note']}" if fault["note"] else "what it touched cannot be counted"
    kinds = ", ".join(f"{count:,} {effect}" for effect, count in fault["messages"].items() if count)
    counts = [_count(fault[name], word) for name, word in (("nodes", "node"), ("operations", "operation"))]
    return f"{_count(fault['total'], 'message')} ({kinds}), {', '.join(counts)}"


def render(faults: Sequence[Told], started_us: int = 0) -> Iterator[RenderableType]:
    """A line for each fault, with a warning for what did not bite; times in seconds from ``started_us``."""
    if not faults:
        return
    table = Table("fault", "kind", "from s", "to s", "touched", box=None)
    for fault in faults:
        ended_us = fault["ended_us"]
        touched = Text(summary(fault), NOTHING_STYLE if fault["nothing"] else "")
        ends = "the end" if ended_us is None else f"{(ended_us - started_us) / 1e6:,.3f}"
        began = f"{(fault['began_us'] - started_us) / 1e6:,.3f}"
        table.add_row(Text(_printable(fault["fault"])), Text(_printable(fault["what"])), began, ends, touched)
    yield table


def _count(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _printable(text: str) -> str:
    """Without control characters: a history is untrusted, and a terminal obeys them."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
