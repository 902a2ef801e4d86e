"""The lease service: grants leadership of a partition for a while, by its own clock, with a token that rises.

Rules
1. A lease is given when the last one has run out by the clock of this service, and to its holder again before that.
2. Each new grant has a greater token than all before, also for a holder who comes back: whoever has to do with two
   holders can tell who is the later one.
"""

from __future__ import annotations

from workers.model.effects import reply
from workers.model.message import Message
from workers.model.node import NOTHING, Context, State, Step

LOCK_REQUESTS = "lock"
ACQUIRE, GRANTED, DENIED = "Acquire", "Granted", "Denied"
_LEASE = "~lease"


class LockService:
    """Answers ``Acquire`` with ``Granted`` or ``Denied``; a grant says which request it answers."""

    def __init__(self, lease_ms: int) -> None:
        self.lease_us = lease_ms * 1_000

    def start(self, context: Context) -> Step:
        """Nobody holds anything yet."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Grant, renew or deny."""
        if message.type != ACQUIRE:
            return NOTHING
        lease = state.get(_LEASE, {"holder": "", "token": 0, "until_us": 0})
        candidate, now_us = message.data["candidate"], context.now_us
        over = now_us >= lease["until_us"]
        if not over and lease["holder"] != candidate:
            return Step({}, (reply(message, DENIED, {"leader": lease["holder"], "token": lease["token"]}),))
        token = lease["token"] + over
        granted = {"token": token, "asked_us": message.data["asked_us"]}
        held = {"holder": candidate, "token": token, "until_us": now_us + self.lease_us}
        return Step({_LEASE: held}, (reply(message, GRANTED, granted),))
