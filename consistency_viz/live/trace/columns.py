"""Folds observations into columns: what the space-time diagram draws, and nothing that it does not.

Rules
1. Every observation is an event, in the history's order: event ``i`` of a piece is observation ``first + i``.
2. Texts are told once a piece, in ``names``; columns hold their places, -1 for none. Ids are as the history spells them
   unless they are longer than ``NAME_LENGTH_MAX``: then their end is a digest, so that different ids stay different.
3. A piece stands by itself. Which sending a delivery belongs to is for the reader, who holds the pieces before it;
   ``other`` and ``took_us`` say enough to draw a message whose sending is in none of them.

What the columns say, by kind:

=========  ======  =======  ==========  =============================  =================
kind       what    ref      other       took_us                        extra
=========  ======  =======  ==========  =============================  =================
sent       type    message  topic       0                              -
delivered  type    message  source      since it was sent              copy
dropped    type    message  source      since it was sent              name of the reason
applied    -       update   -           0                              version
invoked    f       op       target      0                              name of the session
completed  f       op       outcome     0                              name of the session
effected   effect  -        -           0                              -
changed    state   instance reason      0                              epoch
faulted    what    fault    label       0                              1 began, 0 ended
=========  ======  =======  ==========  =============================  =================
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from consistency_viz.live.page.fault_words import label
from workers.model.observation import (
    Applied,
    Body,
    Changed,
    Completed,
    Delivered,
    Dropped,
    Effected,
    Faulted,
    Invoked,
    Observation,
    Sent,
)

KINDS: Final = ("sent", "delivered", "dropped", "applied", "invoked", "completed", "effected", "changed", "faulted")
"""What a number in the column ``kind`` stands for."""

NAME_LENGTH_MAX: Final = 240
TARGETS_MAX: Final = 64
"""Targets of one fault that are told; a fault of more touches more or less everything."""

NONE: Final = -1
_KIND_NUMBER: Final = {kind: number for number, kind in enumerate(KINDS)}
_NUMBER_MAX: Final = 2**53 - 1
"""Above it a browser's numbers are no longer exact."""


class Columns:
    """One piece under construction. ``first`` is the index of its first observation."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.count = 0
        self._names: list[str] = []
        self._places: dict[str, int] = {}
        self._last_us = 0
        self._at_us: list[int] = []
        self._columns: dict[str, list[int]] = {
            name: [] for name in ("kind", "node", "key", "what", "ref", "other", "took_us", "extra")
        }
        self._faults: list[dict[str, Any]] = []

    def add(self, observation: Observation) -> None:
        """Take in the next observation. ``at_us`` is told as the difference to the event before."""
        self._at_us.append(observation.at_us - self._last_us)
        self._last_us = observation.at_us
        kind = str(observation.body.__struct_config__.tag)
        node = self._place(observation.node) if observation.node else NONE
        row = (_KIND_NUMBER[kind], node, *self._told(observation))
        for column, value in zip(self._columns.values(), row, strict=True):
            column.append(value)
        self.count += 1

    def document(self) -> dict[str, Any]:
        """The piece as JSON values."""
        return {
            "first": self.first,
            "count": self.count,
            "names": self._names,
            "at_us": self._at_us,
            **self._columns,
            "faults": self._faults,
        }

    def _told(self, observation: Observation) -> tuple[int, int, int, int, int, int]:
        """Key, what, ref, other, took_us and extra of one observation."""
        body: Body = observation.body
        place = self._place
        match body:
            case Sent():
                return place(body.key), place(body.type), place(body.message), place(body.topic), 0, 0
            case Delivered():
                took_us = max(0, observation.at_us - body.sent_us)
                key, kind, ref = place(body.key), place(body.type), place(body.message)
                return key, kind, ref, place(body.source), took_us, _number(body.copy)
            case Dropped():
                took_us = max(0, observation.at_us - body.sent_us)
                key, kind, ref = place(body.key), place(body.type), place(body.message)
                return key, kind, ref, place(body.source), took_us, place(body.reason)
            case Applied():
                return place(body.key), NONE, place(body.update), NONE, 0, _number(body.version)
            case Invoked():
                target = place(body.target) if body.target else NONE
                return place(body.key), place(body.f), place(body.op), target, 0, place(body.session)
            case Completed():
                key, f, ref = place(body.key), place(body.f), place(body.op)
                return key, f, ref, place(body.outcome), 0, place(body.session)
            case Effected():
                return place(body.key), place(body.effect), NONE, NONE, 0, 0
            case Changed():
                reason = place(body.reason) if body.reason else NONE
                return NONE, place(body.state), place(body.instance), reason, 0, _number(body.epoch)
            case Faulted():
                return self._fault(body)

    def _fault(self, body: Faulted) -> tuple[int, int, int, int, int, int]:
        targets = [_bounded(target) for target in body.targets[:TARGETS_MAX]]
        self._faults.append({"event": self.count, "targets": targets})
        began = int(body.state == "began")
        return NONE, self._place(body.what), self._place(body.fault), self._place(label(body)), 0, began

    def _place(self, text: str) -> int:
        known = self._places.get(text)
        if known is None:
            known = self._places[text] = len(self._names)
            self._names.append(_bounded(text))
        return known


def _bounded(text: str) -> str:
    if len(text) <= NAME_LENGTH_MAX:
        return text
    digest = hashlib.blake2s(text.encode(errors="replace"), digest_size=8).hexdigest()
    return f"{text[: NAME_LENGTH_MAX - 18]}…#{digest}"


def _number(value: int) -> int:
    return max(-_NUMBER_MAX, min(_NUMBER_MAX, value))
