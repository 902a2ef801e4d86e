"""The orders view that does not answer with less than it was asked for: it holds the query until it has caught up.

Rules
1. To look and to begin waiting is one step, so no apply can fall between the two: no wake-up is lost.
2. The view's position for an order is the number of facts that it has of it. It advances with every fact, whichever it
   is, so that an order whose next fact is another one than the asker thought of wakes the asker too.
3. Every query that is held has a timer, and ends by an apply or by the timer, whichever comes first: none hangs. At the
   time-out the answer is ``fail`` and says ``stale``; it never passes for a fresh one.
"""

from __future__ import annotations

from workers.model.effects import CancelTimer, Effect, SetTimer
from workers.model.message import TIMER_TOPIC, Json, Message
from workers.model.node import NOTHING, Context, State, Step
from workers.services.whole_flow import answer, take_in
from workers.services.whole_orders import Merge, join


class BlockingOrdersView:
    """A read replica that holds a query which names a version until it has that version, at most ``timeout_ms``."""

    def __init__(self, timeout_ms: int, merge: Merge = join) -> None:
        self.timeout_ms = timeout_ms
        self.merge = merge

    def start(self, context: Context) -> Step:
        """A view begins empty, and nobody waits."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Answer or hold a query, take in an order and wake who waited for it, or give up on a query."""
        if message.topic == TIMER_TOPIC:
            return self._give_up(state, message)
        if message.type == "ReadOrder":
            return self._ask(state, message)
        taken = take_in(self.merge, state, message)
        return taken if taken is NOTHING else self._wake(state, message.key, taken)

    def _ask(self, state: State, query: Message) -> Step:
        order = state.get(query.key)
        wanted = query.data.get("version", 0)
        if len(order or ()) >= wanted:
            return Step({}, (answer(query, order),))
        waiting = _waiting(query.key)
        held: Json = {"version": wanted, "reply_topic": query.reply_topic, "reply_key": query.reply_key}
        op = query.data["op"]
        timer = SetTimer(_timer(op), self.timeout_ms * 1_000, "GiveUp", query.key, {"op": op})
        return Step({waiting: {**state.get(waiting, {}), op: held}}, (timer,))

    def _wake(self, state: State, key: str, taken: Step) -> Step:
        held = state.get(_waiting(key))
        if held is None:
            return taken
        order = taken.writes[key]
        position = len(order or ())
        effects: list[Effect] = list(taken.effects)
        for op, query in held.items():
            if position >= query["version"]:
                effects += [answer(_query(key, op, query), order), CancelTimer(_timer(op))]
        still = {op: query for op, query in held.items() if position < query["version"]}
        return Step({**taken.writes, _waiting(key): still or None}, effects)

    def _give_up(self, state: State, timer: Message) -> Step:
        key, op = timer.key, timer.data["op"]
        held = state.get(_waiting(key), {})
        if op not in held:
            return NOTHING
        order = state.get(key)
        error = (
            f"stale: after {self.timeout_ms} ms the view has version {len(order or ())}, "
            f"asked for was {held[op]['version']}"
        )
        still = {other: query for other, query in held.items() if other != op}
        return Step({_waiting(key): still or None}, (answer(_query(key, op, held[op]), order, "fail", error),))


def _waiting(key: str) -> str:
    return f"{key}:waiting"


def _timer(op: str) -> str:
    return f"wait:{op}"


def _query(key: str, op: str, held: Json) -> Message:
    """The query that is held, as far as an answer needs it."""
    way_back = {"reply_topic": held["reply_topic"], "reply_key": held["reply_key"]}
    return Message("", "", "ReadOrder", "", key, {"op": op}, **way_back)
