"""The clients of regions: sessions that read and update keys at the replica of a region.

Rules
1. Arrivals are an open Poisson process: an operation is due when it is due, and its latency counts from then. But a
   session does one thing after another: what is due while it waits for an answer is begun as soon as it is free.
2. An operation without an answer in time is ``info``. An answer that comes later is ignored.
3. What a session has seen of a key is what its last read there showed. An update that was decided from it names as
   ``base`` the updates that made up what was shown, not what had been overwritten by then; a blind one has no base. A
   change of a type that can only be replaced whole is a read and then a write.
4. With tokens a read asks for what the session has seen of the key and its own acknowledged updates.
5. At a quiet time, after everything, each session reads every key at every region.
6. A guest's wish waits for its turn as everything else does; too many of them end as failed without having begun.
7. Every choice is a seeded draw on the name of the operation, so both drivers generate the same workload.
"""

from __future__ import annotations

from typing import Any, Final

from workers.crdts.causal import EMPTY
from workers.model.effects import Effect, Observe, Send, SetTimer
from workers.model.message import TIMER_TOPIC, Json, Message, partition_of
from workers.model.node import NOTHING, Context, State, Step
from workers.model.observation import Completed, Invoked
from workers.services.arrivals import ARRIVE
from workers.services.guests import ACT, GUESTS, WAITING_MAX, is_guest, name_of
from workers.services.operations import TIMED_OUT, begin, end, time_out
from workers.services.regions.actions import Intent, Update, decided, drawn, needs_sight
from workers.services.regions.kinds import Entity
from workers.services.regions.schedule import ClientPlan, final_reads, quiet_us
from workers.services.regions.shelf import Work
from workers.services.regions.tracked import decoded, encoded, listed

ANSWERS: Final = "answers"
TOPICS: Final = (ANSWERS, GUESTS)
"""What the client node follows."""


def ask_topic(region: str) -> str:
    """The topic on which clients ask the replica of ``region``."""
    return f"ask.{region}"


class RegionClients:
    """All sessions whose name falls in this shard's partition. A session's record is ``~<session>``."""

    def __init__(self, plan: ClientPlan, entities: dict[str, Entity], regions: tuple[str, ...]) -> None:
        self.plan = plan
        self.entities = entities
        self.regions = regions
        self._arrivals = plan.arrivals()
        self._quiet: dict[int, int | None] = {}

    def start(self, context: Context) -> Step:
        """Set the timers of this shard's sessions: their first operations, a script's, and the reads at the end."""
        timers: list[Effect] = list(self._arrivals.first(context))
        here = {s for s in self.plan.sessions() if partition_of(s, context.partitions) == context.partition}
        for number, told in enumerate(self.plan.script):
            if told.session in here:
                due_us = round(told.at_s * 1e6)
                data = {"number": number, "intended_us": context.now_us + due_us}
                timers.append(SetTimer(f"told:{number}", due_us, "Told", told.session, data))
        if self.plan.final_reads and here and (after_us := self._quiet_us(context)) is not None:
            timers += [SetTimer(f"final:{s}", after_us, "Final", s, {}) for s in sorted(here)]
        return Step({}, timers)

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Begin what is due, or end what was answered or has timed out."""
        work = Work(state, context)
        if message.topic == TIMER_TOPIC:
            self._due(work, message)
        elif message.type == ACT:
            self._wished(work, message)
        elif message.type in ("KeyRead", "KeyUpdated") and message.data["op"] in state:
            self._answered(work, message)
        return Step(work.writes, work.effects) if work.writes or work.effects else NOTHING

    def _quiet_us(self, context: Context) -> int | None:
        """When the last reads are due; worked out once for all shards, which have the same seed."""
        if context.seed not in self._quiet:
            self._quiet[context.seed] = quiet_us(self.plan, context)
        return self._quiet[context.seed]

    def _due(self, work: Work, timer: Message) -> None:
        data, context = timer.data, work.context
        if timer.type == TIMED_OUT:
            op = work.record(data["op"])
            if op is not None:
                _perform(work, time_out(op, self.plan.timeout_ms))
                self._free(work, op["session"])
            return
        session = timer.key
        if timer.type == ARRIVE:
            self._enqueue(work, session, [["drawn", data["number"], data["intended_us"]]])
            work.effects += self._arrivals.next(data, context)
        elif timer.type == "Told":
            self._enqueue(work, session, [["told", data["number"], data["intended_us"]]])
        else:
            reads = final_reads(self.plan, session, tuple(self.entities), self.regions)
            self._enqueue(work, session, [["final", region, key] for region, key in reads])

    def _wished(self, work: Work, wish: Message) -> None:
        """What a guest wishes to do, as soon as its session is free."""
        session, data = wish.key, wish.data
        name, now_us = name_of(wish), work.context.sent_us
        if len((work.record(_record(session)) or {"queue": []})["queue"]) >= WAITING_MAX:
            intent = Intent(name, session, data["key"], data["target"], data["do"], False, 0.0)
            _decline(work, intent, f"not begun: {WAITING_MAX} wishes of this session wait already", now_us)
            return
        self._enqueue(work, session, [["wish", [name, data], now_us]])

    def _enqueue(self, work: Work, session: str, due: list[list[Any]]) -> None:
        record = work.record(_record(session)) or {"busy": False, "asked": 0, "queue": [], "known": {}}
        work.writes[_record(session)] = {**record, "queue": [*record["queue"], *due]}
        self._next(work, session)

    def _free(self, work: Work, session: str) -> None:
        """The session has its answer, or has given up: on to what is due."""
        record = work.record(_record(session))
        assert record is not None  # noqa: S101 - a session that asked has a record
        work.writes[_record(session)] = {**record, "busy": False}
        self._next(work, session)

    def _next(self, work: Work, session: str) -> None:
        """Begin what is due until something has to be waited for."""
        while True:
            record = work.record(_record(session))
            if record is None or record["busy"] or not record["queue"]:
                return
            first, *rest = record["queue"]
            work.writes[_record(session)] = {**record, "queue": rest}
            what, which, more = first
            if what == "final":
                name = f"{session}-final-{which}"
                self._ask_read(work, Intent(name, session, more, which, "read", False, 0.0), work.context.now_us)
                continue
            intent = self._intent(work, session, what, which)
            known = record["known"].get(intent.key)
            if intent.do == "read" or intent.read_first or needs_sight(intent, self.entities[intent.key], known):
                self._ask_read(work, intent, more)
            else:
                self._ask_update(work, intent, more)

    def _intent(self, work: Work, session: str, what: str, number: Any) -> Intent:
        if what == "wish":
            name, wish = number
            value = wish["value"]
            if isinstance(value, str) and wish["do"] != "remove":
                value = f"{value} ({name})"  # Contents that two people chose alike are two contents.
            return Intent(name, session, wish["key"], wish["target"], wish["do"], False, 0.0, value)
        if what == "told":
            told = self.plan.script[number]
            name = f"{session}-{number + 1}"
            return Intent(name, session, told.key, told.region, told.do, False, 0.0, told.value, told.to)
        place = self.plan.drawn_sessions().index(session)
        home = None if self.plan.roaming else self.regions[place % len(self.regions)]
        name = f"{session}-{number}"
        return drawn(work.context.seed, name, session, self.entities, home, self.plan.shares)

    def _ask_read(self, work: Work, intent: Intent, intended_us: int) -> None:
        known = _known(work, intent)
        data: Json = {}
        argument: Json | None = None
        if self.plan.tokens and known is not None:
            data = {"must": known["must"], "wait_ms": self.plan.wait_ms}
            argument = {"version": listed(intent.key, decoded(known["must"]))}
        self._ask(work, intent, "read", "read", argument, data, intended_us)

    def _ask_update(self, work: Work, intent: Intent, intended_us: int, *, fresh: bool = False) -> None:
        """Ask for the update that the session decides on; it may find that there is nothing to be done."""
        entity, known = self.entities[intent.key], _known(work, intent)
        if intent.do == "assign" and not fresh and intent.value is None:
            known = None  # written without looking
        update = decided(intent, entity, known)
        if update is None:
            if is_guest(intent.session):
                _decline(work, intent, "there is nothing to be done, as far as this session can see", intended_us)
            return
        base = None if known is None else _base(intent.key, known)
        argument: Json = {"value": update.argument} | ({} if base is None else {"base": base})
        data: Json = {
            "do": update.do,
            "value": update.value,
            "past": None if known is None else known["kept"],
            "context": None if known is None else known["context"],
        }
        self._ask(work, intent, "update", update.f, argument, data, intended_us, update)

    def _ask(
        self, work: Work, intent: Intent, what: str, f: str, argument: Any, data: Json, intended_us: int,
        update: Update | None = None,
    ) -> None:  # fmt: skip
        session, key = intent.session, intent.key
        op = f"{intent.name}:{f}:{key}" if "-final-" in intent.name else f"{intent.name}:{f}"
        record = work.record(_record(session)) or {}
        number = record["asked"] + 1
        work.writes[_record(session)] = {**record, "busy": True, "asked": number}
        asked = {"op": op, "session": session, "number": number, **data}
        type_ = "ReadKey" if what == "read" else "UpdateKey"
        request = Send(ask_topic(intent.region), type_, key, asked, reply_topic=ANSWERS, reply_key=session)
        invoked = Invoked(op, session, f, key, argument, intended_us, intent.region)
        begun = begin(invoked, request, self.plan.timeout_ms)
        written = None if update is None or update.do != "assign" else [update.value]
        work.writes[op] = {**(begun.writes[op] or {}), "intent": list(intent), "written": written}
        work.effects += begun.effects

    def _answered(self, work: Work, answer: Message) -> None:
        data = answer.data
        op = work.record(data["op"])
        assert op is not None  # noqa: S101 - looked up before
        intent = Intent(*op["intent"])
        ok = data["outcome"] == "ok"
        members = ("value", "seen") if answer.type == "KeyRead" else ("update", "after")
        _perform(work, end(op, data["outcome"], {m: data[m] for m in members} if ok else None, data.get("error", "")))
        if ok and answer.type == "KeyRead":
            self._saw(work, intent, data)
            if intent.do != "read":
                self._ask_update(work, intent, work.context.now_us, fresh=True)
            elif self._resolves(intent, data["value"]):
                pick = intent._replace(name=f"{intent.name}r", do="assign", value=f"{data['value'][0]} ({intent.name})")
                self._ask_update(work, pick, work.context.now_us, fresh=True)
        elif ok:
            self._did(work, intent, data, op["written"])
        record = work.record(_record(intent.session)) or {}
        if op["op"] in work.writes and not _asks(work, op["op"]):
            work.writes[_record(intent.session)] = {**record, "busy": False}
            self._next(work, intent.session)

    def _resolves(self, intent: Intent, value: Any) -> bool:
        entity = self.entities[intent.key]
        return entity.resolver == "pick" and entity.kind == "address" and isinstance(value, list) and len(value) > 1

    def _saw(self, work: Work, intent: Intent, data: Json) -> None:
        known = _known(work, intent)
        must = decoded(data["updates"]).join(EMPTY if known is None else decoded(known["must"]))
        fields = ("value", "seen", "kept", "context")
        _learn(work, intent, {**{f: data[f] for f in fields}, "must": encoded(must)})

    def _did(self, work: Work, intent: Intent, data: Json, written: list[Any] | None) -> None:
        """An acknowledged update of one's own: a token from now on; and who replaced the whole knows what is there."""
        known = _known(work, intent)
        if known is None:
            if not self.plan.tokens:
                return
            # Nothing was seen yet: there is a token, and no base.
            known = {"value": None, "seen": None, "kept": None, "context": None, "must": encoded(EMPTY)}
        own = decoded(data["updates"])
        known = {**known, "must": encoded(decoded(known["must"]).join(own))}
        if written is not None and known["seen"] is not None and self.entities[intent.key].form.single:
            known |= {"value": written[0], "seen": sorted({*known["seen"], data["update"]}), "kept": data["kept"]}
        _learn(work, intent, known)


def _record(session: str) -> str:
    return f"~{session}"


def _known(work: Work, intent: Intent) -> Json | None:
    """What the session has last seen of the key; None: nothing."""
    record = work.record(_record(intent.session)) or {}
    known: Json | None = record.get("known", {}).get(intent.key)
    return known


def _learn(work: Work, intent: Intent, known: Json) -> None:
    record = work.record(_record(intent.session)) or {}
    work.writes[_record(intent.session)] = {**record, "known": {**record["known"], intent.key: known}}


def _base(key: str, known: Json) -> list[str] | None:
    """The updates that make up the value that was seen: of a register those that it carries or descends from."""
    if known["kept"] is not None:
        return listed(key, decoded(known["kept"]))
    seen: list[str] | None = known["seen"]
    return seen


def _decline(work: Work, intent: Intent, error: str, intended_us: int) -> None:
    """Tell a guest that what it wished for was not even begun."""
    op, session, f, key = f"{intent.name}:{intent.do}", intent.session, intent.do, intent.key
    work.effects.append(Observe(Invoked(op, session, f, key, None, intended_us, intent.region)))
    work.effects.append(Observe(Completed(op, session, f, key, "fail", None, error)))


def _perform(work: Work, step: Step) -> None:
    work.writes |= step.writes
    work.effects += step.effects


def _asks(work: Work, ended_op: str) -> bool:
    """Whether this step has begun another operation."""
    return any(record is not None and op != ended_op and ":" in op for op, record in work.writes.items())
