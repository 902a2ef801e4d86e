"""The clients: sessions that place orders and read them back, and the orders that people place by hand.

Rules
1. Arrivals are an open Poisson process: a session's next order is due when it is due, whether or not the last one was
   answered, and latency counts from that intended moment (no coordinated omission). A read is meant to begin when its
   timer is due, an order by hand when it was sent.
2. An operation that is not answered in time is ``info``: it may have happened. An answer that comes later is ignored.
3. A customer who gets a mail follows its link once: a read that names the version of which the mail speaks.
4. Every choice is a seeded draw on the name of the operation, so both drivers generate the same workload.
"""

from __future__ import annotations

from math import inf, log
from typing import NamedTuple

from workers.model.effects import CancelTimer, Effect, Observe, Send, SetTimer
from workers.model.message import TIMER_TOPIC, Json, Message, partition_of
from workers.model.node import NOTHING, Context, State, Step
from workers.model.observation import Completed, Invoked, Outcome
from workers.model.randomness import draw, draws
from workers.services.catalogue_of_goods import SKUS, TAX_BASIS_POINTS
from workers.services.orders import MAILED, net_cents

COMMANDS = "commands"
REPLIES = "replies"
BY_HAND = "by-hand"
MAILS = "mails"
CLIENT_TOPICS = (REPLIES, BY_HAND)
"""What the client always follows. A design whose mails are to be read subscribes it to ``MAILS`` too."""
_GOODS = tuple(SKUS.items())
_COUNTRIES = tuple(TAX_BASIS_POINTS)


def query_topic(view: str) -> str:
    """The topic on which one view replica is asked; a read names the replica that serves it."""
    return f"queries.{view}"


def session_of(order: str) -> str:
    """The session that placed an order, by the order's name: its mail goes there."""
    return order.rpartition("-")[0]


class Workload(NamedTuple):
    """How much the clients do. ``orders`` is the total over all sessions (``None``: until the run is stopped).

    No order is due later than ``duration_ms`` after the start. Each accepted order is read back ``reads_per_order``
    times, the first ``read_after_ms`` after its acknowledgement
    and each next one as long after the last; ``invalid_share`` is the share of orders that validation will reject.
    """

    orders_per_s: float
    orders: int | None
    sessions: int
    reads_per_order: int
    read_after_ms: int
    timeout_ms: int
    invalid_share: float
    duration_ms: int | None = None


class ClientService:
    """All sessions whose name falls in this shard's partition. ``views`` are the replicas that serve reads."""

    def __init__(self, workload: Workload, views: tuple[str, ...]) -> None:
        self.workload = workload
        self.views = views

    def start(self, context: Context) -> Step:
        """Schedule the first order of each session of this shard."""
        if not self.workload.orders_per_s:
            return NOTHING
        timers: list[Effect] = []
        for number in range(self.workload.sessions):
            session = f"s{number + 1}"
            if partition_of(session, context.partitions) == context.partition and self._share(number):
                timers.extend(self._arrival(session, 1, context.now_us, context.now_us, context))
        return Step({}, timers)

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Begin an operation that is due, or end one that was answered or timed out."""
        if message.topic == TIMER_TOPIC:
            return self._due(state, message, context)
        if message.type == "PlaceByHand":
            key = f"{message.key}-{message.id.rsplit('-', 1)[-1]}"
            order = {**message.data, "net_cents": net_cents(message.data["lines"])}
            return self._place(message.key, key, order, context.sent_us)
        if message.type == MAILED:
            return _open_mail(state, message)
        op = state.get(_op_of(message))
        if op is None:
            return NOTHING
        if message.type == "OrderAccepted":
            return self._placed(message, op)
        if message.type == "OrderRead":
            shown = {k: message.data.get(k) for k in ("value", "version")}
            return _end(op, message.data["outcome"], shown, message.data.get("error", ""))
        return NOTHING

    def _due(self, state: State, timer: Message, context: Context) -> Step:
        data = timer.data
        if timer.type == "Arrive":
            session, number = data["session"], data["number"]
            key = f"{session}-{number}"
            placed = self._place(session, key, self._order(key, context.seed), data["intended_us"])
            return Step(placed.writes, (*placed.effects, *self._next_arrival(session, number, data, context)))
        if timer.type == "Read":
            return self._read(timer.key, data["session"], data["number"], context.sent_us)
        if timer.type == "FollowLink":
            return self._follow_link(timer.key, data["version"], context.sent_us)
        op = state.get(data["op"])
        return NOTHING if op is None else _end(op, "info", None, f"no answer within {self.workload.timeout_ms} ms")

    def _place(self, session: str, key: str, order: Json, intended_us: int) -> Step:
        op = f"{key}:place"
        command = Send(COMMANDS, "PlaceOrder", key, order, reply_topic=REPLIES, reply_key=session)
        invoked = Invoked(op, session, "place", key, {"net_cents": order["net_cents"]}, intended_us)
        return Step({op: _pending(op, session, "place", key)}, (Observe(invoked), command, self._timeout(op, key)))

    def _placed(self, message: Message, op: Json) -> Step:
        outcome: Outcome = message.data["outcome"]
        ended = _end(op, outcome, None, message.data.get("error", ""))
        if outcome != "ok" or not self.workload.reads_per_order or not self.views:
            return ended
        return Step(ended.writes, (*ended.effects, self._read_timer(op["key"], op["session"], 1)))

    def _read(self, key: str, session: str, number: int, intended_us: int) -> Step:
        """Read an order back from the view replicas in turn, as a load balancer without affinity does."""
        asked = self._ask(f"{key}:read{number}", key, session, number, intended_us)
        if number >= self.workload.reads_per_order:
            return asked
        *effects, timeout = asked.effects
        return Step(asked.writes, (*effects, self._read_timer(key, session, number + 1), timeout))

    def _follow_link(self, key: str, version: int, intended_us: int) -> Step:
        return self._ask(f"{key}:link", key, session_of(key), 0, intended_us, {"version": version})

    def _ask(self, op: str, key: str, session: str, turn: int, intended_us: int, wanted: Json | None = None) -> Step:
        """Ask the view whose turn it is for an order; ``wanted`` is what else the query says."""
        view = self.views[(partition_of(key, len(self.views)) + turn) % len(self.views)]
        data = {"op": op, **(wanted or {})}
        query = Send(query_topic(view), "ReadOrder", key, data, reply_topic=REPLIES, reply_key=session)
        invoked = Invoked(op, session, "read", key, wanted, intended_us, view)
        return Step({op: _pending(op, session, "read", key)}, (Observe(invoked), query, self._timeout(op, key)))

    def _read_timer(self, key: str, session: str, number: int) -> SetTimer:
        data = {"session": session, "number": number}
        return SetTimer(f"read:{key}:{number}", self.workload.read_after_ms * 1_000, "Read", key, data)

    def _timeout(self, op: str, key: str) -> SetTimer:
        return SetTimer(f"timeout:{op}", self.workload.timeout_ms * 1_000, "TimedOut", key, {"op": op})

    def _share(self, number: int) -> float:
        """How many orders session ``number`` places in all."""
        if self.workload.orders is None:
            return inf
        share, rest = divmod(self.workload.orders, self.workload.sessions)
        return share + (1 if number < rest else 0)

    def _next_arrival(self, session: str, number: int, data: Json, context: Context) -> tuple[Effect, ...]:
        if number >= self._share(int(session[1:]) - 1):
            return ()
        return self._arrival(session, number + 1, data["intended_us"], data["started_us"], context)

    def _arrival(
        self, session: str, number: int, after_us: int, started_us: int, context: Context
    ) -> tuple[SetTimer, ...]:
        """The timer of a session's next order, if it is due in time: exponential gaps from the last intended moment."""
        mean_us = 1e6 * self.workload.sessions / self.workload.orders_per_s
        gap_us = int(-log(1.0 - draw(context.seed, "arrival", session, str(number))) * mean_us)
        intended_us = after_us + gap_us
        duration_ms = self.workload.duration_ms
        if duration_ms is not None and intended_us - started_us > duration_ms * 1_000:
            return ()
        data = {"session": session, "number": number, "intended_us": intended_us, "started_us": started_us}
        after_now_us = max(0, intended_us - context.now_us)
        return (SetTimer(f"arrive:{session}:{number}", after_now_us, "Arrive", session, data),)

    def _order(self, key: str, seed: int) -> Json:
        """A seeded order: one to three lines, a country, and now and then something that validation rejects."""
        lines_u, country_u, invalid_u, *line_us = draws(seed, key, 9)
        lines: list[Json] = []
        for index in range(1 + int(3 * lines_u)):
            sku, unit_cents = _GOODS[int(len(_GOODS) * line_us[2 * index])]
            quantity = 1 + int(3 * line_us[2 * index + 1])
            lines.append({"sku": sku, "quantity": quantity, "unit_cents": unit_cents})
        if invalid_u < self.workload.invalid_share:
            lines[0]["quantity"] = 500
        country = _COUNTRIES[int(len(_COUNTRIES) * country_u)]
        return {"lines": lines, "country": country, "email": f"{key}@example.org", "net_cents": net_cents(lines)}


def _op_of(message: Message) -> str:
    op: str = message.data.get("op", f"{message.key}:place")
    return op


def _open_mail(state: State, mail: Message) -> Step:
    """The link is followed at once, and once: the second copy of a mail is thrown away."""
    seen = f"{mail.key}:mail"
    if seen in state:
        return NOTHING
    follow = SetTimer(f"link:{mail.key}", 0, "FollowLink", mail.key, {"version": mail.data["version"]})
    return Step({seen: {"version": mail.data["version"]}}, (follow,))


def _pending(op: str, session: str, f: str, key: str) -> Json:
    return {"op": op, "session": session, "f": f, "key": key}


def _end(op: Json, outcome: Outcome, value: Json | None, error: str = "") -> Step:
    completed = Completed(op["op"], op["session"], op["f"], op["key"], outcome, value, error)
    return Step({op["op"]: None}, (Observe(completed), CancelTimer(f"timeout:{op['op']}")))
