"""Writers that hope for the best: read, compute, write if the version is still the same, else all of it again.

Rules
1. Every attempt reads again and computes again from what it has read; nothing is carried over from the last one.
2. Attempts are capped. Between two of them is a pause that doubles, with seeded jitter, so that who collided does not
   collide again. Who gives up says so in the history.
3. The idempotency key is the business key of what is written, the same in every attempt: after a time-out nobody knows
   whether the write was accepted, and asking again must not write twice.
4. A timer is named after attempt and phase: what is sent when it is due is named after it, and no two messages share an
   id. A second try under the name of the first would be lost on the same link for the same reason.
"""

from __future__ import annotations

from typing import Final

from workers.model.effects import CancelTimer, Effect, Observe, Send, SetTimer, reply
from workers.model.message import TIMER_TOPIC, Json, Message
from workers.model.node import NOTHING, Context, State, Step
from workers.model.observation import Effected
from workers.services.orders import FACTS, MAILED, PLACED, accepted, update_id
from workers.services.whole_flow import mail
from workers.services.whole_orders import Addition, Fact

ATTEMPTS_MAX: Final = 8
GAVE_UP: Final = "gave-up"
"""The effect's name in the history: a fact that nobody will write any more."""
PAUSE_US: Final = 10_000
"""The mean of the first pause between two attempts."""


class OptimisticWriter:
    """Adds its own fact, which ``add`` finds, to each order that the store announces.

    It asks on ``store`` and is answered on ``replies``; a request that is not answered within ``timeout_ms`` is an
    attempt that failed.
    """

    def __init__(self, add: Addition, store: str, replies: str, timeout_ms: int) -> None:
        self.add = add
        self.store = store
        self.replies = replies
        self.timeout_us = timeout_ms * 1_000

    def start(self, context: Context) -> Step:
        """Nobody has written anything yet."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Begin to write, go on with an attempt, or begin the next one."""
        key = message.key
        job = state.get(key)
        if message.type in FACTS:
            ready = job is None and self.add(message.data) is not None
            return self._read(key, {"attempt": 1}) if ready else NOTHING
        if job is None or job["phase"] in ("done", "gave up"):
            return NOTHING
        if message.topic == TIMER_TOPIC:
            return self._read(key, job) if job["phase"] == "pause" else self._fail(key, job, context)
        if message.type == "Written":
            return self._finish(key, job, "done")
        if message.data.get("attempt") != job["attempt"]:
            return NOTHING
        if message.type == "Versioned" and job["phase"] == "read":
            return self._write(key, job, message.data)
        if message.type == "Conflict" and job["phase"] == "write":
            return self._fail(key, job, context)
        return NOTHING

    def found(self, job: Json, order: Json) -> Fact | None:
        """The fact to write, computed from the order as it is now."""
        return self.add(order)

    def finished(self, key: str, job: Json) -> tuple[Effect, ...]:
        """What to do once the fact is in the store, or was given up."""
        return ()

    def _read(self, key: str, job: Json) -> Step:
        request = self._request(key, "Read", {"attempt": job["attempt"]})
        reading = {**job, "phase": "read"}
        return Step({key: reading}, (request, self._timer(key, reading, self.timeout_us)))

    def _write(self, key: str, job: Json, read: Json) -> Step:
        found = self.found(job, read["order"])
        if found is None or found[0] in read["order"]:
            return self._finish(key, {**job, "order": read["order"]}, "done")
        fact, data = found
        order = {**read["order"], fact: data}
        written = {
            "attempt": job["attempt"],
            "expected": read["version"],
            "fact": fact,
            "order": order,
            "idempotency_key": update_id(key, fact),
        }
        writing = {**job, "phase": "write", "order": order}
        effects = (self._request(key, "Write", written), self._no_timer(key, job))
        return Step({key: writing}, (*effects, self._timer(key, writing, self.timeout_us)))

    def _fail(self, key: str, job: Json, context: Context) -> Step:
        attempt = job["attempt"]
        if attempt >= ATTEMPTS_MAX:
            given_up = Effected(GAVE_UP, key, {"writer": context.node, "attempts": attempt})
            ended = self._finish(key, job, "gave up")
            return Step(ended.writes, (Observe(given_up), *ended.effects))
        pause_us = int(PAUSE_US * 2 ** (attempt - 1) * (0.5 + context.draw("pause")))
        pausing = {**job, "attempt": attempt + 1, "phase": "pause"}
        return Step({key: pausing}, (self._no_timer(key, job), self._timer(key, pausing, pause_us)))

    def _finish(self, key: str, job: Json, phase: str) -> Step:
        ended = {**job, "phase": phase}
        return Step({key: ended}, (self._no_timer(key, job), *self.finished(key, ended)))

    def _request(self, key: str, type: str, data: Json) -> Send:
        return Send(self.store, type, key, data, reply_topic=self.replies, reply_key=key)

    def _timer(self, key: str, job: Json, after_us: int) -> SetTimer:
        return SetTimer(_timer_name(key, job), after_us, "AttemptDue", key, {})

    def _no_timer(self, key: str, job: Json) -> CancelTimer:
        return CancelTimer(_timer_name(key, job))


class OptimisticIntake(OptimisticWriter):
    """The order service: writes each order that is placed, and answers when it is in the store."""

    def __init__(self, store: str, replies: str, timeout_ms: int) -> None:
        super().__init__(lambda order: None, store, replies, timeout_ms)

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Begin with a command; the second copy of one is answered if the first was."""
        if message.type != "PlaceOrder":
            return super().step(state, message, context)
        job = state.get(message.key)
        if job is None:
            way_back = {"reply_topic": message.reply_topic, "reply_key": message.reply_key}
            return self._read(message.key, {"attempt": 1, "placed": message.data, **way_back})
        return Step({}, self.finished(message.key, job)) if job["phase"] == "done" else NOTHING

    def found(self, job: Json, order: Json) -> Fact | None:
        """The order as it was placed."""
        return PLACED, job["placed"]

    def finished(self, key: str, job: Json) -> tuple[Effect, ...]:
        """The answer to the client: done, or nobody knows."""
        done = job["phase"] == "done"
        command = Message("", "", "PlaceOrder", "", key, {}, reply_topic=job["reply_topic"], reply_key=job["reply_key"])
        if done:
            return (accepted(command),)
        error = f"the store did not answer in {ATTEMPTS_MAX} attempts"
        return (reply(command, "OrderAccepted", {"outcome": "info", "error": error}),)


class OptimisticMailer(OptimisticWriter):
    """The e-mail service: writes that the order is mailed, and mails it once that is in the store."""

    def finished(self, key: str, job: Json) -> tuple[Effect, ...]:
        """The mail, if the fact is in the store."""
        order = job.get("order", {})
        return mail(key, order, to_customer=False) if job["phase"] == "done" and MAILED in order else ()


def _timer_name(key: str, job: Json) -> str:
    return f"attempt:{key}:{job['attempt']}:{job['phase']}"
