"""The replica of one region: accepts updates and reads there and then, and replicates in its protocol's way.

Rules
1. An update is taken by the replica that is asked, at once. Its effect is exactly once: a request that comes twice is
   answered as before, and one that an answered later request of its session has overtaken is ignored. (Sessions ask for
   one thing after another, so an overtaken request has timed out.)
2. A read that names updates waits until all of them are applied here. To look and to begin waiting is one step, so that
   no wake-up is lost; every wait has a timer, and at the time-out the answer is ``fail`` and says that it is stale.
   What is named is a set of updates of this key, not one number over several keys.
"""

from __future__ import annotations

from typing import Any, cast

from workers.crdts.bounded_counter import BoundedCounter, QuotaSpentError
from workers.crdts.causal import EMPTY, context_of_dots
from workers.crdts.operation import OperationBased
from workers.model.effects import SetTimer
from workers.model.message import TIMER_TOPIC, Json, Message, partition_of
from workers.model.node import NOTHING, Context, State, Step
from workers.model.updates import runs
from workers.services.regions.clock import admitted, stamp
from workers.services.regions.escrow import ASK, LOW, ask_if_low, give
from workers.services.regions.forms import Wish
from workers.services.regions.kinds import Entity
from workers.services.regions.replication import TICK, Change, Replication
from workers.services.regions.shelf import Held, Shelf, Work, answer_to
from workers.services.regions.tracked import Tracked, decoded, encoded, listed, new_dots

GIVE_UP = "GiveUp"


class Replica:
    """One region's replica of all keys."""

    def __init__(self, shelf: Shelf, replication: Replication) -> None:
        self.shelf = shelf
        self.replication = replication

    def start(self, context: Context) -> Step:
        """Show what every key of this shard begins with."""
        work = Work({}, context)
        for key in self.shelf.entities:
            if partition_of(key, context.partitions) == context.partition:
                self.shelf.begin(work, key)
        return Step({}, work.effects)

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Answer a client, take in what a peer tells, or do what a timer is due for."""
        work = Work(state, context)
        if message.topic == TIMER_TOPIC:
            if message.type == TICK:
                self.replication.tick(work)
            elif message.type == GIVE_UP:
                self._give_up(work, message)
        elif message.key not in self.shelf.entities:
            return NOTHING
        elif message.type == "ReadKey":
            self._read(work, message)
        elif message.type == "UpdateKey":
            self._update(work, message)
        elif message.type == ASK:
            give(work, message, self.replication)
        elif admitted(work, self.shelf.entities[message.key], message):
            self.replication.received(work, message)
        return Step(work.writes, work.effects) if work.writes or work.effects else NOTHING

    def _read(self, work: Work, request: Message) -> None:
        key, data = request.key, request.data
        held = self.shelf.held(work, key)
        if decoded(data.get("must")).leq(held.tracked.updates):
            work.effects.append(_answer(request, "KeyRead", self.shelf.answer(key, held.tracked, data["op"])))
            return
        read = {"must": data["must"], "wait_ms": data["wait_ms"], **_way_back(request)}
        self.shelf.keep(work, key, held, held.told, {**held.waiting, data["op"]: read})
        timer = SetTimer(f"wait:{data['op']}", data["wait_ms"] * 1_000, GIVE_UP, key, {"op": data["op"]})
        work.effects.append(timer)

    def _give_up(self, work: Work, timer: Message) -> None:
        key, op = timer.key, timer.data["op"]
        held = self.shelf.held(work, key)
        read = held.waiting.get(op)
        if read is None:
            return
        self.shelf.keep(work, key, held, held.told, {o: r for o, r in held.waiting.items() if o != op})
        lacking = [f"{key}@{origin}.{n}" for origin, n in new_dots(held.tracked.updates, decoded(read["must"]))]
        error = f"stale: after {read['wait_ms']} ms {self.shelf.region} still lacks {', '.join(runs(lacking))}"
        answer = self.shelf.answer(key, held.tracked, op) | {"outcome": "fail", "error": error}
        work.effects.append(answer_to(read, key, "KeyRead", answer))

    def _update(self, work: Work, request: Message) -> None:
        key, data = request.key, request.data
        held = self.shelf.held(work, key)
        session, number = data["session"], data["number"]
        last = held.done.get(session)
        if last is not None and number <= last["number"]:
            if number == last["number"]:
                work.effects.append(_answer(request, "KeyUpdated", last["answer"]))
            return
        try:
            self._take(work, request, held)
        except QuotaSpentError as error:
            answer = {"op": data["op"], "outcome": "fail", "error": f"refused: {error}"}
            self._refused(work, key, held, session, {"number": number, "answer": answer})
            work.effects.append(_answer(request, "KeyUpdated", answer))
            ask_if_low(work, key, self.replication, max(1, error.wanted))

    def _refused(self, work: Work, key: str, held: Held, session: str, last: Json) -> None:
        self.shelf.put(work, key, held, held.tracked, held.told, EMPTY, {**held.done, session: last})

    def _take(self, work: Work, request: Message, held: Held) -> None:
        """Make the update, record and announce it, and answer. Raises QuotaSpentError before anything is done."""
        key, data, before = request.key, request.data, held.tracked
        entity = self.shelf.entities[key]
        dot = before.updates.next_dot(self.shelf.region)
        after, change, kept = self._made(work, entity, before, data, dot[1])
        answer: Json = {
            "op": data["op"],
            "outcome": "ok",
            "update": f"{key}@{dot[0]}.{dot[1]}",
            "after": listed(key, before.updates),
            "updates": encoded(context_of_dots((dot,))),
            "kept": kept,
        }
        told = self.replication.updated(work, key, held, after, change)
        done = {**held.done, data["session"]: {"number": data["number"], "answer": answer}}
        self.shelf.put(work, key, held, after, told, after.updates, done)
        if isinstance(after.content, BoundedCounter):
            ask_if_low(work, key, self.replication, LOW + 1)
        work.effects.append(_answer(request, "KeyUpdated", answer))

    def _made(
        self, work: Work, entity: Entity, before: Tracked, data: Json, number: int
    ) -> tuple[Tracked, Change, list[Any] | None]:
        """The state after the update, what it brings, and what the written content descends from."""
        region, form = self.shelf.region, entity.form
        dot = (region, number)
        # A blind write descends from nothing: it takes the place of what its replica shows, which nobody saw.
        past = EMPTY if form.writes is None or data["past"] is None else decoded(data["past"])
        time = stamp(work, entity) if form.stamped else 0
        wish = Wish(data["do"], data["value"], region, number, time, past, data["context"] or {})
        name, arguments = form.call(wish)
        kept = None if form.writes is None else encoded(past.with_dots((dot,)))
        made = getattr(before.content, name)(region, *arguments)
        updates = before.updates.with_dots((dot,))
        if entity.by_operations:
            content = cast("Any", before.content)
            assert isinstance(content, OperationBased)  # noqa: S101
            return Tracked(cast("Any", content.apply(made)), updates), made, kept
        content, delta = made
        return Tracked(content, updates), Tracked(delta, context_of_dots((dot,))), kept


def _way_back(request: Message) -> Json:
    return {"reply_topic": request.reply_topic, "reply_key": request.reply_key}


def _answer(request: Message, type: str, data: Json) -> Any:
    return answer_to(_way_back(request), request.key, type, data)
