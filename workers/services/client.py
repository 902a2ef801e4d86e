"""The clients: sessions that place orders and read them back, and the orders that people place by hand.

Rules
1. When orders are due says ``arrivals``; how an operation begins and ends, ``operations``. A read is meant to begin
   when its timer is due, an order by hand when it was sent.
2. Which view serves a read, and what it asks for at least, says ``sessions``.
3. A customer who gets a mail follows its link once: a read that names the updates of which the mail speaks.
4. A guest is asked for nothing: it places and reads when it wishes, at the view that it names.
5. Every choice is a seeded draw on the name of the operation, so both drivers generate the same workload.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from workers.model.effects import Send, SetTimer
from workers.model.message import TIMER_TOPIC, Json, Message
from workers.model.node import NOTHING, Context, State, Step
from workers.model.observation import Invoked, Outcome
from workers.services.arrivals import ARRIVE, Arrivals
from workers.services.guests import ACT, GUESTS, is_guest, name_of
from workers.services.operations import begin, end, time_out
from workers.services.order_making import make_order
from workers.services.orders import MAILED, net_cents
from workers.services.sessions import Affinity, Sessions, Tokens

COMMANDS = "commands"
REPLIES = "replies"
BY_HAND = "by-hand"
MAILS = "mails"
CLIENT_TOPICS = (REPLIES, BY_HAND, GUESTS)
"""What the client always follows. A design whose mails are to be read subscribes it to ``MAILS`` too."""


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
    affinity: Affinity = "roaming"
    tokens: Tokens = "none"


class ClientService:
    """All sessions whose name falls in this shard's partition. ``views`` are the replicas that serve reads."""

    def __init__(self, workload: Workload, views: tuple[str, ...]) -> None:
        self.workload = workload
        self.views = views
        self._arrivals = Arrivals(workload.orders_per_s, workload.orders, workload.sessions, workload.duration_ms)
        self._sessions = Sessions(workload.affinity, workload.tokens, views)

    def start(self, context: Context) -> Step:
        """Schedule the first order of each session of this shard."""
        first = self._arrivals.first(context)
        return Step({}, first) if first else NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Begin an operation that is due, or end one that was answered or timed out."""
        if message.topic == TIMER_TOPIC:
            return self._due(state, message, context)
        if message.type == "PlaceByHand":
            key = f"{message.key}-{message.id.rsplit('-', 1)[-1]}"
            order = {**message.data, "net_cents": net_cents(message.data["lines"])}
            return self._place(message.key, key, order, context.sent_us)
        if message.type == ACT:
            return self._wished(state, message, context)
        if message.type == MAILED:
            return self._open_mail(state, message)
        op = state.get(_op_of(message))
        if op is None:
            return NOTHING
        if message.type == "OrderAccepted":
            return self._placed(state, message, op)
        return self._shown(state, message, op) if message.type == "OrderRead" else NOTHING

    def _due(self, state: State, timer: Message, context: Context) -> Step:
        data = timer.data
        if timer.type == ARRIVE:
            session = data["session"]
            key = f"{session}-{data['number']}"
            placed = self._place(session, key, self._order(key, context.seed), data["intended_us"])
            return Step(placed.writes, (*placed.effects, *self._arrivals.next(data, context)))
        if timer.type == "Read":
            return self._read(state, timer.key, data["session"], data["number"], context.sent_us)
        if timer.type == "FollowLink":
            key = timer.key
            return self._ask(state, f"{key}:link", key, session_of(key), 0, context.sent_us, data["version"])
        op = state.get(data["op"])
        return NOTHING if op is None else time_out(op, self.workload.timeout_ms)

    def _wished(self, state: State, wish: Message, context: Context) -> Step:
        """A guest places an order, or looks at one in the view that it is at."""
        data, session = wish.data, wish.key
        if data["do"] == "place":
            order = {**data["value"], "net_cents": net_cents(data["value"]["lines"])}
            return self._place(session, name_of(wish), order, context.sent_us)
        op = f"{data['key']}:look-{name_of(wish)}"
        return self._ask(state, op, data["key"], session, 0, context.sent_us, view=data["target"])

    def _order(self, key: str, seed: int) -> Json:
        return make_order(key, seed, self.workload.invalid_share)

    def _place(self, session: str, key: str, order: Json, intended_us: int) -> Step:
        command = Send(COMMANDS, "PlaceOrder", key, order, reply_topic=REPLIES, reply_key=session)
        invoked = Invoked(f"{key}:place", session, "place", key, {"net_cents": order["net_cents"]}, intended_us)
        return begin(invoked, command, self.workload.timeout_ms)

    def _placed(self, state: State, message: Message, op: Json) -> Step:
        outcome: Outcome = message.data["outcome"]
        if outcome != "ok":
            return end(op, outcome, None, message.data.get("error", ""))
        update = message.data["update"]
        ended = self._learnt(state, op["key"], (update,), end(op, outcome, {"update": update}))
        if not self.workload.reads_per_order or not self.views or is_guest(op["session"]):
            return ended
        return Step(ended.writes, (*ended.effects, self._read_timer(op["key"], op["session"], 1)))

    def _shown(self, state: State, message: Message, op: Json) -> Step:
        """The end of a read; what it has shown, the session's later reads ask for."""
        data = message.data
        shown = {"value": data["value"], "version": data["version"], "seen": data["seen"]}
        ended = end(op, data["outcome"], shown, data.get("error", ""))
        return self._learnt(state, op["key"], shown["seen"], ended) if data["outcome"] == "ok" else ended

    def _learnt(self, state: State, key: str, updates: Iterable[str], step: Step) -> Step:
        """``step``, and what the session has now seen of an order, where sessions keep that."""
        if self._sessions.tokens == "none":
            return step
        return Step({**step.writes, **self._sessions.learn(state, key, updates)}, step.effects)

    def _read(self, state: State, key: str, session: str, number: int, intended_us: int) -> Step:
        asked = self._ask(state, f"{key}:read{number}", key, session, number, intended_us)
        if number >= self.workload.reads_per_order:
            return asked
        *effects, timeout = asked.effects
        return Step(asked.writes, (*effects, self._read_timer(key, session, number + 1), timeout))

    def _ask(
        self,
        state: State,
        op: str,
        key: str,
        session: str,
        turn: int,
        intended_us: int,
        claims: list[str] | None = None,
        view: str = "",
    ) -> Step:
        """Ask a view for an order; ``claims`` are the updates of which the mail spoke whose link this is."""
        view = view or self._sessions.view(session, key, turn)
        token = self._sessions.token(state, key)
        data: Json = {"op": op}
        if claims:
            data["version"] = claims
        if token:
            data["at_least"] = token
        wanted = {"version": sorted({*(claims or ()), *token})} if claims or token else None
        query = Send(query_topic(view), "ReadOrder", key, data, reply_topic=REPLIES, reply_key=session)
        return begin(Invoked(op, session, "read", key, wanted, intended_us, view), query, self.workload.timeout_ms)

    def _read_timer(self, key: str, session: str, number: int) -> SetTimer:
        data = {"session": session, "number": number}
        return SetTimer(f"read:{key}:{number}", self.workload.read_after_ms * 1_000, "Read", key, data)

    def _open_mail(self, state: State, mail: Message) -> Step:
        """The link is followed at once, and once: the second copy of a mail is thrown away."""
        key, claims = mail.key, mail.data["claims"]
        opened = f"{key}:mail"
        if opened in state:
            return NOTHING
        follow = SetTimer(f"link:{key}", 0, "FollowLink", key, {"version": claims})
        return Step({opened: {"claims": claims}, **self._sessions.learn(state, key, claims)}, (follow,))


def _op_of(message: Message) -> str:
    op: str = message.data.get("op", f"{message.key}:place")
    return op
