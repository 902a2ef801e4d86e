"""How a view answers a query: at once, or, where the query asks for updates that it lacks, when it has them.

Rules
1. To look and to begin waiting is one step, so no apply can fall between the two: no wake-up is lost.
2. What is asked for is a set of updates, compared with the set that the view shows. Whatever brings a view closer wakes
   who waits; nothing has to be counted, so nothing that is ignored can be missing from a count.
3. Every query that is held has a timer, and ends by an apply or by the timer, whichever comes first: none hangs. At the
   time-out the answer is ``fail`` and says ``stale``; it never passes for a fresh one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Final

from workers.model.effects import CancelTimer, Effect, Send, SetTimer, reply
from workers.model.message import Json, Message
from workers.model.node import NOTHING, State, Step
from workers.services.orders import seen

Show = Callable[[Json], Json]
Facts = Callable[[Json], Collection[str]]
WAITING: Final = ":waiting"
"""After the key of an order: the record of the queries that wait for it."""
NO_WRITES: Final[dict[str, Json | None]] = {}


class HeldQueries:
    """The queries of one view. ``show`` makes the value of an order that the view has, ``facts`` what is known of it.

    A query is held at most ``timeout_ms`` for the updates in ``at_least``, a session's token; with ``links_wait`` also
    for those in ``version``, of which a mail spoke.
    """

    def __init__(self, show: Show, timeout_ms: int, *, links_wait: bool = False, facts: Facts = dict.keys) -> None:
        self.show = show
        self.facts = facts
        self.timeout_ms = timeout_ms
        self.links_wait = links_wait

    def ask(self, state: State, query: Message) -> Step:
        """Answer a query, or hold it."""
        order = state.get(query.key)
        wanted: list[str] = query.data.get("at_least", [])
        if self.links_wait:
            wanted = [*wanted, *query.data.get("version", [])]
        if not wanted or not self._missing(wanted, query.key, order):
            return Step(NO_WRITES, (self._answer(query, order),))
        waiting, op = _waiting(query.key), query.data["op"]
        held: Json = {"wanted": wanted, "reply_topic": query.reply_topic, "reply_key": query.reply_key}
        timer = SetTimer(_timer(op), self.timeout_ms * 1_000, "GiveUp", query.key, {"op": op})
        return Step({waiting: {**state.get(waiting, {}), op: held}}, (timer,))

    def wake(self, state: State, key: str, taken: Step) -> Step:
        """``taken``, the step by which the view applies something to an order, and the answers that it allows."""
        held = state.get(f"{key}{WAITING}")
        if held is None:
            return taken
        order = taken.writes[key]
        still = {op: query for op, query in held.items() if self._missing(query["wanted"], key, order)}
        effects: list[Effect] = list(taken.effects)
        for op, query in held.items():
            if op not in still:
                effects += [self._answer(_query(key, op, query), order), CancelTimer(_timer(op))]
        return Step({**taken.writes, _waiting(key): still or None}, effects)

    def give_up(self, state: State, timer: Message) -> Step:
        """Answer a query that has waited too long."""
        key, op = timer.key, timer.data["op"]
        held = state.get(_waiting(key), {})
        if op not in held:
            return NOTHING
        order = state.get(key)
        error = stale(self.timeout_ms, self._missing(held[op]["wanted"], key, order))
        still = {other: query for other, query in held.items() if other != op}
        return Step({_waiting(key): still or None}, (self._answer(_query(key, op, held[op]), order, "fail", error),))

    def _answer(self, query: Message, order: Json | None, outcome: str = "ok", error: str = "") -> Send:
        data: Json
        if order is None:
            data = {"outcome": outcome, "op": query.data["op"], "value": None, "version": 0, "seen": []}
        else:
            facts = self.facts(order)
            shown = {"value": self.show(order), "version": len(facts), "seen": seen(query.key, facts)}
            data = {"outcome": outcome, "op": query.data["op"], **shown}
        if error:
            data["error"] = error
        return reply(query, "OrderRead", data)

    def _missing(self, wanted: Iterable[str], key: str, order: Json | None) -> list[str]:
        """Which of the updates of an order are not in what the view has of it, sorted."""
        return sorted(set(wanted).difference(seen(key, self.facts(order)) if order else ()))


def stale(after_ms: int, lacking: list[str]) -> str:
    """What a view says that has waited in vain."""
    return f"stale: after {after_ms} ms the view lacks {', '.join(lacking)}"


def _waiting(key: str) -> str:
    return f"{key}{WAITING}"


def _timer(op: str) -> str:
    return f"wait:{op}"


def _query(key: str, op: str, held: Json) -> Message:
    """The query that is held, as far as an answer needs it."""
    way_back = {"reply_topic": held["reply_topic"], "reply_key": held["reply_key"]}
    return Message("", "", "ReadOrder", "", key, {"op": op}, **way_back)
