"""What the people in a room did, saw and lost in one run: folded from its observations, one by one.

Rules
1. A seat is a guest session of the run (``workers.services.guests``): nobody else's operations are a person's.
2. A read was *stale* if it began after an update of its key had been acknowledged to anybody and shows a state in which
   that update is not contained. This is what a person in the room feels; the checker ``staleness`` is stricter, for it
   forgives a missing update that is concurrent to all that was shown.
3. An update is *lost at a replica* if the replica had applied it and shows, after another update, a value that neither
   carries it nor descends from it (``Applied.kept``).
4. Bounded: the last ``EVENTS_MAX`` events of a seat, ``LOSSES_MAX`` losses, and for each key the authors of
   ``AUTHORS_MAX_PER_KEY`` updates of people; sets of updates are kept as runs. Beyond ``KEYS_MAX`` keys those that
   nobody has touched for longest are forgotten, beyond ``UNDER_WAY_MAX`` operations those begun first.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final, Literal

import msgspec

from consistency_viz.checkers.run_set import RunSet
from workers.model.observation import Applied, Completed, Invoked, Observation
from workers.services.guests import PREFIX, is_guest

EVENTS_MAX: Final = 12
LOSSES_MAX: Final = 200
AUTHORS_MAX_PER_KEY: Final = 5_000
KEYS_MAX: Final = 5_000
UNDER_WAY_MAX: Final = 5_000
ORDERS_MAX_PER_SEAT: Final = 6
VALUE_ITEMS_MAX: Final = 12
VALUE_LENGTH_MAX: Final = 120

Tone = Literal["plain", "good", "bad", "wait"]


class Event(msgspec.Struct, frozen=True):
    """One thing that happened to a seat. ``what`` names it; the page has the words. Times are recorder time."""

    at_us: int
    what: str
    key: str
    tone: Tone
    text: str = ""
    count: int = 0


class View(msgspec.Struct, frozen=True):
    """What a seat last saw of a key, when it began to look, and how many confirmed updates that lacked."""

    key: str
    value: Any
    at_us: int
    lacking: int


class Loss(msgspec.Struct, frozen=True):
    """An update of a seat that was overwritten at a replica by one that had not seen it (seat 0: by nobody here)."""

    at_us: int
    key: str
    replica: str
    loser: int
    winner: int
    lost: str


class SeatState(msgspec.Struct):
    """Everything of one seat. ``open`` are its operations under way."""

    number: int
    views: dict[str, View] = {}
    orders: list[str] = []
    events: deque[Event] = msgspec.field(default_factory=lambda: deque(maxlen=EVENTS_MAX))
    open: dict[str, Invoked] = {}
    reads: int = 0
    stale_reads: int = 0
    updates: int = 0
    lost: int = 0
    bought: int = 0
    version: int = 0


class _Key:
    """The acknowledged updates of a key and who made which; what each replica keeps; and what was overwritten there."""

    def __init__(self) -> None:
        self.acknowledged = RunSet()
        self.authors: dict[str, tuple[int, str]] = {}
        self.kept: dict[str, RunSet] = {}
        self.overwritten: dict[str, tuple[str, str]] = {}
        self.sold = 0


def session_of(seat: int) -> str:
    """The guest session of a seat."""
    return f"{PREFIX}{seat}"


def seat_of(session: str) -> int:
    """The seat of a session; 0 if it is nobody's here."""
    number = session.removeprefix(PREFIX) if is_guest(session) else ""
    return int(number) if number.isdecimal() and len(number) <= 6 else 0


class Seats:
    """The fold. ``observe`` each observation; a seat's ``version``, and that of all, rise with each piece of news."""

    def __init__(self) -> None:
        self.seats: dict[int, SeatState] = {}
        self.losses: deque[Loss] = deque(maxlen=LOSSES_MAX)
        self.loss_count = 0
        self.at_us = 0
        self.version = 0
        self._keys: dict[str, _Key] = {}
        self._begun: dict[str, RunSet] = {}
        self._texts: dict[str, str] = {}

    def seat(self, number: int) -> SeatState:
        """A seat's state; one that has done nothing yet has an empty one."""
        found = self.seats.get(number)
        if found is None:
            found = self.seats[number] = SeatState(number)
        return found

    def sold(self, key: str) -> int:
        """How many times buying ``key`` was confirmed, to anybody."""
        return self._keys[key].sold if key in self._keys else 0

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        body, self.at_us = observation.body, observation.at_us
        if isinstance(body, Completed):
            self._completed(body)
        elif isinstance(body, Invoked):
            self._invoked(body)
        elif isinstance(body, Applied):
            self._applied(observation.node, body)

    # --- operations ----------------------------------------------------------------------------------------------

    def _invoked(self, body: Invoked) -> None:
        key = self._key(body.key)
        number = seat_of(body.session)
        if body.f in ("write", "add", "remove", "place"):
            self._texts[body.op] = _short(body.value.get("value") if isinstance(body.value, dict) else body.value)
            _forget_first(self._texts, UNDER_WAY_MAX)
        if number:
            self._begun[body.op] = RunSet().union(key.acknowledged)
            _forget_first(self._begun, UNDER_WAY_MAX)
            self.seat(number).open[body.op] = body
            self._news(number)

    def _completed(self, body: Completed) -> None:
        begun = self._begun.pop(body.op, RunSet())
        text = self._texts.pop(body.op, "")
        key, number = self._key(body.key), seat_of(body.session)
        value = body.value if isinstance(body.value, dict) else {}
        update = value.get("update")
        if body.outcome == "ok" and isinstance(update, str):
            self._acknowledged(key, body, update, number, text)
        if not number:
            return
        seat = self.seat(number)
        seat.open.pop(body.op, None)
        self._news(number)
        if body.f == "read":
            self._saw(seat, body, value, begun)
        else:
            self._did(seat, body, text)

    def _acknowledged(self, key: _Key, body: Completed, update: str, number: int, text: str) -> None:
        key.acknowledged.add(update)
        key.sold += body.f == "buy"
        if number and len(key.authors) < AUTHORS_MAX_PER_KEY:
            key.authors[update] = (number, text)
            if update in key.overwritten:
                self._lost(body.key, update)

    def _did(self, seat: SeatState, body: Completed, text: str) -> None:
        tones: dict[str, Tone] = {"ok": "good", "fail": "bad", "info": "wait"}
        seat.events.append(Event(self.at_us, f"{body.f}-{body.outcome}", body.key, tones[body.outcome], text))
        if body.outcome != "ok":
            return
        seat.updates += 1
        seat.bought += body.f == "buy"
        if body.f == "place":
            seat.orders = [*seat.orders, body.key][-ORDERS_MAX_PER_SEAT:]

    def _saw(self, seat: SeatState, body: Completed, value: dict[str, Any], begun: RunSet) -> None:
        if body.outcome != "ok":
            seat.events.append(Event(self.at_us, f"read-{body.outcome}", body.key, "bad"))
            return
        lacking = len(begun.minus(RunSet(value.get("seen") or ())))
        seat.reads += 1
        seat.stale_reads += lacking > 0
        seat.views[body.key] = View(body.key, _shown(value.get("value")), self.at_us, lacking)
        while len(seat.views) > ORDERS_MAX_PER_SEAT:
            seat.views.pop(next(iter(seat.views)))
        if lacking:
            seat.events.append(Event(self.at_us, "stale", body.key, "bad", count=lacking))

    # --- replicas ------------------------------------------------------------------------------------------------

    def _applied(self, replica: str, body: Applied) -> None:
        if body.kept is None:
            return
        key, kept = self._key(body.key), RunSet(body.kept)
        before = key.kept.get(replica)
        key.kept[replica] = kept
        if before is None:
            return
        for gone in before.minus(kept):
            if gone not in key.overwritten and len(key.overwritten) < AUTHORS_MAX_PER_KEY:
                key.overwritten[gone] = (body.update, replica)
                if gone in key.authors:
                    self._lost(body.key, gone)

    def _lost(self, name: str, update: str) -> None:
        key = self._key(name)
        loser, text = key.authors[update]
        winner, replica = key.overwritten[update]
        by = key.authors.get(winner, (0, ""))[0]
        self.losses.append(Loss(self.at_us, name, replica, loser, by, text))
        self.loss_count += 1
        seat = self.seat(loser)
        seat.lost += 1
        seat.events.append(Event(self.at_us, "lost", name, "bad", text, by))
        self._news(loser)

    def _key(self, name: str) -> _Key:
        found = self._keys.pop(name, None) or _Key()
        self._keys[name] = found
        _forget_first(self._keys, KEYS_MAX)
        return found

    def _news(self, number: int) -> None:
        self.seat(number).version += 1
        self.version += 1


def _forget_first(kept: dict[str, Any], most: int) -> None:
    if len(kept) > most:
        del kept[next(iter(kept))]


def _shown(value: Any) -> Any:
    """A value as a phone shows it: bounded."""
    if isinstance(value, list):
        return [_short(item) for item in value[:VALUE_ITEMS_MAX]]
    if isinstance(value, dict):
        return {str(k)[:40]: _short(v) for k, v in list(value.items())[:VALUE_ITEMS_MAX]}
    return value if isinstance(value, int | bool) or value is None else _short(value)


def _short(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= VALUE_LENGTH_MAX else f"{text[: VALUE_LENGTH_MAX - 1]}…"
