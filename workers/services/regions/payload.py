"""What a register holds of one write: the content, and for the history which write it was and what it descends from.

A register shows one write, or a few side by side, and what those have not seen is gone. So each write carries its own
identity and its past inside the value that it wrote, which no replicated type looks into: whatever a type makes of its
writes, right or wrong, can be read off the writes that it still shows.
"""

from __future__ import annotations

from typing import Any

from workers.crdts.canonical import distinct
from workers.crdts.causal import EMPTY, CausalContext, Dot

Payload = list[Any]
"""``[origin, number, past, content]``; origin "" and number 0: the initial value."""


def payload(origin: str, number: int, past: CausalContext, content: Any) -> Payload:
    """The write ``number`` of ``origin`` of ``content``, made after ``past``."""
    vector, cloud = past.encode()
    return [origin, number, [[list(dot) for dot in vector], [list(dot) for dot in cloud]], content]


def contents(payloads: list[Payload]) -> list[Any]:
    """The distinct contents of writes that stand side by side, in canonical order."""
    return distinct([written[3] for written in payloads])


def kept(payloads: list[Payload]) -> CausalContext:
    """The writes themselves and everything that they descend from."""
    known = EMPTY
    for origin, number, past, _ in payloads:
        dots: list[Dot] = [(origin, number)] if number else []
        known = known.join(CausalContext.decode(past)).with_dots(dots)
    return known
