"""What rooms say over their sockets: the one schema of both sides. Times are recorder time in microseconds.

A phone and a screen are sent their whole state whenever it changed, at most some times a second: it is small, and
whoever was away needs nothing else.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from consistency_viz.rooms.offers import Offer
from consistency_viz.rooms.seats import Event, View

# --- from a phone ------------------------------------------------------------------------------------------------


class Act(msgspec.Struct, tag_field="kind", tag="act", forbid_unknown_fields=True):
    """A wish: ``do`` something to ``key``. ``id`` comes back in the answer."""

    id: str
    do: str
    key: str
    value: Any = None


class GuessMade(msgspec.Struct, tag_field="kind", tag="guess", forbid_unknown_fields=True):
    """What this seat expects of the lesson's figure."""

    id: str
    value: float


Wish = Act | GuessMade

# --- to a phone --------------------------------------------------------------------------------------------------


class Done(msgspec.Struct, tag_field="kind", tag="done", frozen=True):
    """The wish ``id`` is on its way, and will not be lost; its outcome is an event of the seat."""

    id: str


class Refused(msgspec.Struct, tag_field="kind", tag="refused", frozen=True):
    """The wish ``id`` was not taken: nothing happened."""

    id: str
    error: str
    remedy: str


class Asked(msgspec.Struct, frozen=True):
    """The question before a run; guesses lie from 0 to ``most``."""

    ask: str
    most: float
    unit: str


class SeatFrame(msgspec.Struct, tag_field="kind", tag="seat", frozen=True):
    """Everything that a phone shows."""

    room: str
    state: str
    phase: str
    lesson: str
    question: str
    predict: Asked | None
    guess: float | None
    run_state: str
    number: int
    name: str
    target: str
    tone: int
    subject: str
    offers: list[Offer]
    reason: str
    views: list[View]
    orders: list[str]
    events: list[Event]
    names: dict[int, str]
    waiting: int
    score: dict[str, int]


# --- to a screen -------------------------------------------------------------------------------------------------


class SeatView(msgspec.Struct, frozen=True):
    """One seat on a screen. ``here``: whether its phone is connected. The name is empty where it is not to be shown."""

    number: int
    name: str
    target: str
    tone: int
    here: bool
    updates: int
    stale_reads: int
    lost: int
    bought: int


class LossView(msgspec.Struct, frozen=True):
    """Whose update was lost to whom: names or numbers, empty for nobody of the room."""

    at_us: int
    key: str
    replica: str
    loser: str
    winner: str
    lost: str


class StepView(msgspec.Struct, frozen=True):
    """One step of the narration; ``at_s`` from the run's beginning, -1 at its start, ``None`` at its end."""

    at_s: float | None
    say: str
    ask: str


class LessonView(msgspec.Struct, frozen=True):
    """The lesson that the room is at. ``notes`` and ``steps`` are empty for everybody but the presenter."""

    number: int
    scenario: str
    title: str
    summary: str
    question: str
    minutes: float
    notes: str
    steps: list[StepView]
    fix_title: str
    price: str
    predict: Asked | None


class Played(msgspec.Struct, frozen=True):
    """One run that was played to its end here, as a row of the room's cost table. ``figures`` by the price's id."""

    run: str
    scenario: str
    title: str
    design: str
    is_fix: bool
    answer: float | None
    unit: str
    figures: dict[str, float | None]


class RoomFrame(msgspec.Struct, tag_field="kind", tag="room", frozen=True):
    """Everything that a projector or a presenter's screen shows of a room."""

    code: str
    title: str
    state: Literal["open", "locked", "ended"]
    phase: Literal["lobby", "ask", "run", "result"]
    names_shown: bool
    seats: list[SeatView]
    lesson: LessonView | None
    run: str
    run_state: str
    is_fix: bool
    readers: int
    stale_readers: int
    reads: int
    stale_reads: int
    updates: int
    losses: list[LossView]
    loss_count: int
    sold: list[tuple[str, int, int]]
    guesses: list[float]
    answer: float | None
    prediction: float | None
    columns: list[dict[str, str]]
    played: list[Played]


class Over(msgspec.Struct, tag_field="kind", tag="over", frozen=True):
    """Nothing more will come: the room has ended, or the seat was removed."""

    error: str
    remedy: str


_encoder = msgspec.json.Encoder()
_wishes = msgspec.json.Decoder(Wish)


def encode(frame: SeatFrame | RoomFrame | Done | Refused | Over) -> str:
    """A frame as a socket carries it."""
    return _encoder.encode(frame).decode()


def decode_wish(text: str) -> Wish:
    """What a phone sent. Raises ``msgspec.DecodeError`` or ``UnicodeEncodeError``."""
    wish: Wish = _wishes.decode(text)
    return wish
