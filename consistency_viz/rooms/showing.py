"""The frames of a room: from its rows, the fold of its run, and who is here. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec

from consistency_viz.experiments.price_figures import BRIEF, described
from consistency_viz.rooms.following import SeatsFollower
from consistency_viz.rooms.frames import LossView, RoomFrame, SeatFrame, SeatView
from consistency_viz.rooms.loading import RoomRows
from consistency_viz.rooms.seats import SeatState

LOSSES_SHOWN: Final = 8
TONES: Final = 6
"""The colours that replicas have, in the order of the run's replicas (``--tone-other-n``)."""


def tone_of(target: str, targets: tuple[str, ...]) -> int:
    """The number of a replica's colour."""
    return targets.index(target) % TONES if target in targets else 0


def room_frame(
    rows: RoomRows, follower: SeatsFollower | None, here: Collection[int], *, presents: bool
) -> RoomFrame:  # fmt: skip
    """What a screen shows. Only the presenter's has names that are not to be shown, notes and steps."""
    seats = follower.seats if follower is not None else None
    targets = follower.offers.targets if follower is not None else ()
    named = presents or rows.names_shown
    states = [seats.seats[n] for n in rows.names if n in seats.seats] if seats is not None else []
    lesson = rows.lesson
    if lesson is not None and not presents:
        lesson = msgspec.structs.replace(lesson, notes="", steps=[])
    return RoomFrame(
        code=rows.code,
        title=rows.title,
        state=rows.state,
        phase=rows.phase,
        names_shown=rows.names_shown,
        seats=[
            _seat_view(n, name if named else "", follower, targets, here=n in here) for n, name in rows.names.items()
        ],
        lesson=lesson,
        run=rows.run,
        run_state="" if follower is None else follower.run_state,
        is_fix=rows.is_fix,
        readers=sum(seat.reads > 0 for seat in states),
        stale_readers=sum(seat.stale_reads > 0 for seat in states),
        reads=sum(seat.reads for seat in states),
        stale_reads=sum(seat.stale_reads for seat in states),
        updates=sum(seat.updates for seat in states),
        losses=_losses(rows, follower, named=named),
        loss_count=0 if seats is None else seats.loss_count,
        sold=_sold(follower),
        guesses=sorted(rows.guesses.values()),
        answer=next((p.answer for p in rows.played if p.run == rows.run), None),
        prediction=rows.prediction,
        columns=[described(price) for price in BRIEF],
        played=rows.played,
    )


def seat_frame(rows: RoomRows, follower: SeatsFollower | None, number: int) -> SeatFrame:
    """What one phone shows."""
    seat = SeatState(number)
    offers = None
    if follower is not None and rows.phase in ("run", "result"):
        seat, offers = follower.seats.seats.get(number, seat), follower.offers
    target = offers.target_of(number) if offers is not None else ""
    lesson = rows.lesson
    others = {event.count for event in seat.events if event.what == "lost" and event.count}
    named = {n: rows.names[n] for n in sorted(others) if n in rows.names} if rows.names_shown else {}
    return SeatFrame(
        room=rows.title,
        state=rows.state,
        phase=rows.phase,
        lesson="" if lesson is None else lesson.title,
        question="" if lesson is None else lesson.question,
        predict=None if lesson is None else lesson.predict,
        guess=rows.guesses.get(number),
        run_state="" if follower is None else follower.run_state,
        number=number,
        name=rows.names.get(number, ""),
        target=target,
        tone=tone_of(target, offers.targets) if offers is not None else 0,
        subject="" if offers is None else offers.subject,
        offers=[] if offers is None else list(offers.all()),
        reason="" if offers is None else offers.reason,
        views=list(seat.views.values()),
        orders=seat.orders,
        events=list(seat.events),
        names=named,
        waiting=len(seat.open),
        score={"updates": seat.updates, "stale": seat.stale_reads, "lost": seat.lost, "bought": seat.bought},
    )


def _seat_view(
    number: int, name: str, follower: SeatsFollower | None, targets: tuple[str, ...], *, here: bool
) -> SeatView:  # fmt: skip
    seat = SeatState(number)
    if follower is not None:
        seat = follower.seats.seats.get(number, seat)
    target = follower.offers.target_of(number) if follower is not None else ""
    tone = tone_of(target, targets)
    return SeatView(number, name, target, tone, here, seat.updates, seat.stale_reads, seat.lost, seat.bought)


def _losses(rows: RoomRows, follower: SeatsFollower | None, *, named: bool) -> list[LossView]:
    if follower is None:
        return []

    def who(number: int) -> str:
        if not number:
            return ""
        return rows.names.get(number, f"#{number}") if named else f"#{number}"

    found = list(follower.seats.losses)[-LOSSES_SHOWN:]
    return [LossView(o.at_us, o.key, o.replica, who(o.loser), who(o.winner), o.lost) for o in reversed(found)]


def _sold(follower: SeatsFollower | None) -> list[tuple[str, int, int]]:
    """(key, how often buying it was confirmed, how many there were)."""
    if follower is None:
        return []
    stock = [offer.key for offer in follower.offers.all() if offer.do == "buy"]
    initial = {str(kind): settings.initial for kind, settings in follower.plan.scenario.entities.items()}
    return [(key, follower.seats.sold(key), initial.get("stock", 0)) for key in stock]
