"""The clock by which a replica stamps its writes: its own wall clock, which may be wrong, or a hybrid logical one.

Rules
1. The hybrid clock is a record of the shard: it survives a restart, so no stamp is given twice.
2. Replicas of an entity with a hybrid clock stamp every message about it. A message from further ahead than permitted
   is refused whole: nothing of it is taken in or acknowledged, and the history shows it as an effect ``refused``.
"""

from __future__ import annotations

from typing import Final

from workers.crdts.hlc import Clock, ClockTooFarAheadError, Stamp
from workers.model.effects import Observe
from workers.model.message import Json, Message
from workers.model.observation import Effected
from workers.services.regions.kinds import Entity
from workers.services.regions.shelf import Work

_RECORD: Final = "~clock"


def stamp(work: Work, entity: Entity) -> int:
    """The time of a local update: microseconds of the wall clock, in whole ticks, or a packed hybrid stamp."""
    if entity.clock == "wall":
        now_us = work.context.now_us
        return now_us - now_us % entity.tick_us if entity.tick_us else now_us
    return _next(work).packed()


def outgoing(work: Work, entity: Entity, data: Json) -> Json:
    """``data`` with the sender's stamp, where the entity has a hybrid clock."""
    if entity.clock == "wall":
        return data
    return {**data, "stamp": list(_next(work))}


def admitted(work: Work, entity: Entity, message: Message) -> bool:
    """Whether a message may be taken in; if so, the clock has taken in its stamp."""
    if entity.clock == "wall" or "stamp" not in message.data:
        return True
    sent = Stamp(*message.data["stamp"])
    try:
        clock, _ = _clock(work).receive(sent, work.context.now_us, entity.skew_us_max)
    except ClockTooFarAheadError as error:
        detail = {"from": message.source, "ahead_us": error.ahead_us, "ahead_us_max": entity.skew_us_max}
        work.effects.append(Observe(Effected("refused", message.key, detail)))
        return False
    work.writes[_RECORD] = {"clock": clock.encode()}
    return True


def _clock(work: Work) -> Clock:
    record = work.record(_RECORD)
    return Clock(work.context.node) if record is None else Clock.decode(record["clock"])


def _next(work: Work) -> Stamp:
    clock, given = _clock(work).send(work.context.now_us)
    work.writes[_RECORD] = {"clock": clock.encode()}
    return given
