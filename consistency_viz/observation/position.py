"""How far a history was read, so that it can be gone on with from a file or from the stream, whichever has the rest.

Rules
1. A history is the concatenation of its turns' bodies in stream order. An entry's time is the first part of its id.
2. A position needs no more than what a history's last lines say: how many observations there are, the time of the last,
   and how many of them carry that same time. From that, the stream is read again from that time on, and as many
   bodies are passed over as are known.
"""

from __future__ import annotations

from dataclasses import dataclass

from workers.model.observation import Observation, Turn

SEQUENCE_LAST = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Position:
    """``count`` observations are known, the last at ``at_us``, and ``repeats`` of them at that very time."""

    count: int = 0
    at_us: int = -1
    repeats: int = 0

    def advanced(self, at_us: int, count: int = 1) -> Position:
        """The position after ``count`` more observations at ``at_us``."""
        repeats = self.repeats + count if at_us == self.at_us else count
        return Position(self.count + count, at_us, repeats)

    @property
    def read_after(self) -> str:
        """The stream entry id after which everything unknown lies (and perhaps some that is known)."""
        return f"{self.at_us - 1}-{SEQUENCE_LAST}" if self.at_us > 0 else "0-0"


class Numbering:
    """Numbers the bodies of turns from a position on, and passes over those that are known."""

    def __init__(self, position: Position) -> None:
        self.position = position
        self._known = position.repeats

    def take(self, at_us: int, turn: Turn) -> list[Observation]:
        """The observations of ``turn`` that are new."""
        bodies = turn.bodies
        if self._known:
            if at_us == self.position.at_us:
                passed = min(self._known, len(bodies))
                self._known -= passed
                bodies = bodies[passed:]
            else:
                self._known = 0
        if not bodies:
            return []
        first = self.position.count
        self.position = self.position.advanced(at_us, len(bodies))
        return [Observation(first + offset, at_us, turn.node, body) for offset, body in enumerate(bodies)]
