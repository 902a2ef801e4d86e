"""The checker ``email-timeliness``: did each mail come after what it speaks of could be seen, once, and at all?

Source: FIELD 2, "e-mail timeliness". Four kinds, counted apart, because "late" and "never" are not one number:

- *premature*: the customer followed the mail's link and was shown less than the mail claims. In a history in which no
  link is followed: the mail was sent before every view showed that. Views are the nodes that reads ask, or all replicas
  if none asks;
- *phantom*: at the end no replica has a fact that the mail claims; a mail that names none is one if its order ended
  rejected everywhere;
- *duplicate*: a second mail with the same claims about one order (the business id), however it was delivered;
- *missing*: an order that is valid, taxed and not rejected at the end, about which nothing is on its way, and no mail.

A link that was answered with an error ("stale", a time-out) is no premature mail: it is counted as ``links_refused``.
Claims are the update ids in ``detail.claims``, else the version in ``detail.version``. Lag is from the mail to the last
view's showing what it claims, 0 if that was before. Unknown: no mail in the history, and none missing.
"""

from __future__ import annotations

from typing import Any, Final

from consistency_viz.checkers.divergence.prose import listed, milliseconds, printable
from consistency_viz.checkers.findings import Findings, in_words, quantiles_ms
from consistency_viz.checkers.kinds import APPLIES_AND_OPERATIONS, MESSAGES
from consistency_viz.checkers.operations import Operation, Operations, updates_of
from consistency_viz.checkers.statistics import LengthCounts
from consistency_viz.checkers.verdict import WITNESSES_MAX, Result, Verdict
from workers.model.history import Header
from workers.model.observation import Applied, Completed, Delivered, Dropped, Effected, Observation, Sent

EMAIL: Final = "email"
LINK: Final = ":link"
OBLIGE: Final = ("OrderValidated", "OrderTaxed")
"""An order with these updates has to be mailed."""
FORBID: Final = "OrderRejected"
VIEWS_TOLD: Final = 2
UPDATES_KEPT: Final = 64
"""Of a key without a mail, before a live checker puts updates away."""


class _Mail:
    """One mail: where it stands, what it claims, and what its link showed."""

    __slots__ = ("at_us", "claims", "index", "link", "link_short", "node", "version")

    def __init__(self, observation: Observation, detail: Any) -> None:
        fields = detail if isinstance(detail, dict) else {}
        claims, version = fields.get("claims"), fields.get("version")
        self.claims = updates_of(claims) if isinstance(claims, list) else frozenset()
        self.version = version if type(version) is int else 0
        self.index = observation.index
        self.at_us = observation.at_us
        self.node = observation.node
        self.link: Operation | None = None
        self.link_short = False

    def shown_by(self, updates: dict[str, tuple[int, int]]) -> tuple[int, int] | None:
        """When a node with these updates showed all that the mail claims: (position, time); ``None``: never."""
        if self.claims:
            if not self.claims <= updates.keys():
                return None
            return max(updates[update] for update in self.claims)
        if len(updates) < self.version:
            return None
        return sorted(updates.values())[self.version - 1]


class _Order:
    """One key: the first apply of each update by node, its mails, and the messages about it that are on their way."""

    __slots__ = ("applied", "flight", "forgot", "gone", "mails", "status", "subjects")

    def __init__(self) -> None:
        self.applied: dict[str, dict[str, tuple[int, int]]] = {}
        self.gone: dict[str, frozenset[str] | None] = {}  # node to what its value keeps, where the history says
        self.status: dict[str, Any] = {}
        self.mails: list[_Mail] = []
        self.subjects: dict[tuple[str, frozenset[str]], _Mail] = {}
        self.forgot = False  # whether updates were put away: a mail that claims one cannot be judged
        self.flight: dict[str, tuple[str, set[str]]] = {}  # message to its topic and the nodes that it reached

    def has(self, update: str) -> bool:
        """Whether some replica's final state has it."""
        for node, updates in self.applied.items():
            kept = self.gone.get(node)
            if update in updates if kept is None else update in kept:
                return True
        return False

    def forget_but(self, kept: set[str]) -> int:
        """Forget the updates but for those; how many they were."""
        before = sum(map(len, self.applied.values()))
        for node, updates in self.applied.items():
            self.applied[node] = {update: at for update, at in updates.items() if update in kept}
        self.forgot = True
        return before - sum(map(len, self.applied.values()))

    def is_obliging(self, key: str) -> bool:
        """Whether it has to be mailed."""
        return all(self.has(f"{key}:{fact}") for fact in OBLIGE) and not self.has(f"{key}:{FORBID}")


def _claimed(mail: _Mail) -> str:
    """What it says has happened, in words."""
    return listed(sorted(mail.claims)) if mail.claims else f"version {mail.version:,}"


def _short_of(mail: _Mail, link: Operation) -> str:
    """What the mail claims and its link did not show."""
    missing = sorted(mail.claims - updates_of(link.seen)) if mail.claims and link.seen is not None else []
    return f"{listed(missing)}, which the mail claims" if missing else f"{_claimed(mail)}, as the mail claims"


class EmailTimeliness:
    """The registered checker. Memory is bounded by the orders; live, by those that are not over."""

    name: Final = "email-timeliness"
    kinds: Final = APPLIES_AND_OPERATIONS | MESSAGES | {Effected}

    def __init__(self, header: Header) -> None:
        self._started_us = header.started_us
        self._replicas = list(dict.fromkeys(header.replicas))
        self._operations = Operations()
        self._orders: dict[str, _Order] = {}
        self._asked: set[str] = set()
        self._mailers: set[str] = set()
        self._mailers_hear: dict[str, set[str]] = {}
        self._findings = Findings()
        self._lag_us = LengthCounts()
        self._late: list[tuple[str, list[int], list[str]]] | None = []
        """Mails about orders put away that are premature if no link is ever followed; ``None``: the history is over."""
        self._late_n = 0
        self._counts = dict.fromkeys(
            (
                "mails_n", "premature", "phantom", "duplicate", "missing",
                "links_n", "links_premature", "links_refused", "sent_before_shown", "never_shown",
            ),
            0,
        )  # fmt: skip

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        body = observation.body
        if isinstance(body, Applied):
            self._apply(observation, body)
        elif isinstance(body, Effected):
            if body.effect == EMAIL:
                self._mail(observation, body)
        elif isinstance(body, Sent):
            order = self._order(body.key)
            if not order.mails:
                order.flight[body.message] = body.topic, set()
        elif isinstance(body, (Delivered, Dropped)):
            self.overhear(observation)
            known = self._orders.get(body.key)
            if known is not None and body.message in known.flight:
                known.flight[body.message][1].add(observation.node)
        else:
            operation = self._operations.observe(observation)
            if operation is not None and operation.f == "read":
                self._read(operation, body)

    def finish(self, end_us: int) -> Result:
        """The verdict on the whole history."""
        views, late, self._late = self._views, self._late, None
        if late is not None and not self._counts["links_n"]:
            for one in late:
                self._findings.add(*one)
            self._findings.count += self._late_n - len(late)
            self._counts["premature"] += self._late_n
        for key, order in self._orders.items():
            self._judge(key, order, views)
        metrics: dict[str, Any] = {**self._counts, "views": views, "lag_ms": quantiles_ms(self._lag_us)}
        verdict, reason = self._verdict()
        return self._findings.result(self.name, verdict, reason, metrics, had_evidence=bool(self._counts["mails_n"]))

    def retire(self, key: str) -> bool:
        """Put an order away (``live``), unless it waits for its mail, or a view for what its mail claims."""
        order = self._orders.get(key)
        if order is None:
            return True
        views = self._views
        for mail in () if order.forgot else order.mails:
            named = mail.claims or mail.version
            if named and any(mail.shown_by(order.applied.get(view, {})) is None for view in views):
                return False
        if not order.mails and order.is_obliging(key):
            return False
        if any(self._lost_facts(key, order, mail) for mail in order.mails):
            return False
        self._judge(key, order, views)
        del self._orders[key]
        return True

    def overhear(self, observation: Observation) -> None:
        """A message about an order that was put away: it says who hears what."""
        body = observation.body
        if isinstance(body, (Delivered, Dropped)):
            self._mailers_hear.setdefault(body.topic, set()).add(observation.node)

    def trim(self) -> int:
        """Put away updates of keys that have far more of them than an order, and no mail."""
        count = 0
        for key, order in self._orders.items():
            if not order.mails and sum(map(len, order.applied.values())) > UPDATES_KEPT * len(order.applied):
                count += order.forget_but({f"{key}:{fact}" for fact in (*OBLIGE, FORBID)})
            if not order.mails and len(order.flight) > UPDATES_KEPT:
                order.flight = dict(list(order.flight.items())[-UPDATES_KEPT:])
        return count

    @property
    def _views(self) -> list[str]:
        return [node for node in self._replicas if node in self._asked] or self._replicas

    def _judge(self, key: str, order: _Order, views: list[str]) -> None:
        for mail in () if order.forgot else order.mails:
            self._premature(key, order, mail, views)
            self._phantom(key, order, mail)
        self._missing(key, order)

    def _verdict(self) -> tuple[Verdict, str]:
        counts = self._counts
        if self._findings.count:
            told = ", ".join(f"{counts[kind]:,} {kind}" for kind in ("premature", "phantom", "duplicate", "missing"))
            return Verdict.FAILED, f"of {in_words(counts['mails_n'], 'mail')}: {told}"
        if not counts["mails_n"]:
            return Verdict.UNKNOWN, "no e-mail in this history"
        return Verdict.PASSED, f"{in_words(counts['mails_n'], 'mail')}, none premature, phantom or twice; none missing"

    def _apply(self, observation: Observation, body: Applied) -> None:
        if observation.node not in self._replicas or body.update == f"{body.key}@initial":
            return
        order = self._order(body.key)
        updates = order.applied.setdefault(observation.node, {})
        kept = None if body.kept is None else updates_of(body.kept)
        for update in (body.update, *(kept or ())):  # what its value keeps came along with it
            updates.setdefault(update, (observation.index, observation.at_us))
        order.gone[observation.node] = kept
        order.status[observation.node] = body.value.get("status") if isinstance(body.value, dict) else None

    def _mail(self, observation: Observation, body: Effected) -> None:
        order = self._order(body.key)
        mail = _Mail(observation, body.detail)
        named = str(body.detail.get("subject", "")) if isinstance(body.detail, dict) else ""
        subject = named, mail.claims
        self._counts["mails_n"] += 1
        self._mailers.add(observation.node)
        if subject in order.subjects:
            self._counts["duplicate"] += 1
            first = order.subjects[subject]
            self._findings.add(
                f"order {printable(body.key)} was mailed again at {self._at(mail.at_us)} by {printable(mail.node)}, "
                f"with what the mail at {self._at(first.at_us)} by {printable(first.node)} had claimed",
                [first.index, mail.index],
                [body.key, *sorted(mail.claims)],
            )
            return
        order.subjects[subject] = mail
        order.mails.append(mail)
        order.flight.clear()

    def _read(self, operation: Operation, body: object) -> None:
        if operation.completed_index < 0:
            if operation.target:
                self._asked.add(operation.target)
            return
        order = self._orders.get(operation.key)
        if order is None or not order.mails or operation.asked is None or LINK not in operation.op:
            return
        mail = order.mails[0] if len(order.mails) == 1 else self._linked(order, operation)
        self._counts["links_n"] += 1
        if not operation.acknowledged:
            self._counts["links_refused"] += 1
            return
        if mail.link_short:  # that it showed more when it was followed again takes nothing back
            return
        mail.link = operation
        fields = body.value if isinstance(body, Completed) and isinstance(body.value, dict) else {}
        version = fields.get("version")
        if mail.claims and operation.seen is not None:
            mail.link_short = not mail.claims <= updates_of(operation.seen)
        elif type(version) is int and mail.version:
            mail.link_short = version < mail.version
        else:
            mail.link_short = operation.result is None

    @staticmethod
    def _linked(order: _Order, operation: Operation) -> _Mail:
        """The mail whose link this is: the last one whose claims were asked for."""
        asked = updates_of(operation.asked) if isinstance(operation.asked, list) else frozenset()
        return next((mail for mail in reversed(order.mails) if mail.claims and mail.claims <= asked), order.mails[-1])

    def _premature(self, key: str, order: _Order, mail: _Mail, views: list[str]) -> None:
        if mail.claims or mail.version:
            shown = {view: mail.shown_by(order.applied.get(view, {})) for view in views}
            late = [view for view, at in shown.items() if at is None or at[0] > mail.index]
            never = any(at is None for at in shown.values())
            self._counts["never_shown"] += never
            self._counts["sent_before_shown"] += bool(late)
            if not never:
                self._lag_us.add(
                    max(0, max((at[1] for at in shown.values() if at is not None), default=0) - mail.at_us)
                )
        else:
            shown, late = {}, []
        link = mail.link
        if link is not None and mail.link_short:
            self._counts["links_premature"] += 1
            self._counts["premature"] += 1
            text = (
                f"the link of the mail about {printable(key)}, sent at {self._at(mail.at_us)}, was followed "
                f"({self._at(link.invoked_us)} to {self._at(link.completed_us)}) at "
                f"{printable(link.target) or 'a view'}, which did not show yet {_short_of(mail, link)}"
            )
            self._findings.add(text, [mail.index, *link.indices], [key, link.op, *sorted(mail.claims)])
        elif late and not self._counts["links_n"]:
            if self._late is None:
                self._counts["premature"] += 1
            else:
                self._late_n += 1
            told = [(view, shown[view]) for view in late]
            what = " and ".join(
                f"{printable(view)} {'never did' if at is None else f'did {milliseconds(at[1] - mail.at_us)} later'}"
                for view, at in told[:VIEWS_TOLD]
            )
            more = f" (and {len(told) - VIEWS_TOLD:,} more)" if len(told) > VIEWS_TOLD else ""
            text = (
                f"the mail about {printable(key)} was sent at {self._at(mail.at_us)}, before {listed(late)} showed "
                f"{_claimed(mail)}: {what}{more}"
            )
            places = [at[0] for _, at in told if at is not None]
            witness = text, [mail.index, *places], [key, *sorted(mail.claims)]
            if self._late is None:
                self._findings.add(*witness)
            elif len(self._late) < WITNESSES_MAX:
                self._late.append(witness)

    @staticmethod
    def _lost_facts(key: str, order: _Order, mail: _Mail) -> list[str]:
        """What a mail claims and no replica has."""
        if mail.claims:
            return sorted(update for update in mail.claims if not order.has(update))
        rejected = bool(order.status) and set(order.status.values()) == {"rejected"}
        return [f"{key}:{OBLIGE[0]}"] if rejected else []

    def _phantom(self, key: str, order: _Order, mail: _Mail) -> None:
        lost = self._lost_facts(key, order, mail)
        if not lost:
            return
        self._counts["phantom"] += 1
        text = (
            f"the mail about {printable(key)}, sent at {self._at(mail.at_us)}, claims what no replica has in the end: "
            f"{listed(lost)}"
        )
        against = [at[0] for node in order.applied.values() if (at := node.get(f"{key}:{FORBID}")) is not None]
        self._findings.add(text, [mail.index, *against[:1]], [key, *lost])

    def _missing(self, key: str, order: _Order) -> None:
        if order.mails or not order.is_obliging(key):
            return
        for topic, reached in order.flight.values():
            hearers = self._mailers_hear.get(topic, set())
            if not reached or any(node not in reached for node in self._mailers & hearers):
                return
        self._counts["missing"] += 1
        facts = [f"{key}:{fact}" for fact in OBLIGE]
        first = [min(node[fact] for node in order.applied.values() if fact in node) for fact in facts]
        text = (
            f"order {printable(key)} was valid and taxed by {self._at(max(at[1] for at in first))}, nothing about it "
            "was on its way when the run ended, and it was never mailed"
        )
        self._findings.add(text, [at[0] for at in first], [key, *(f"{key}:{fact}" for fact in OBLIGE)])

    def _at(self, at_us: int) -> str:
        return milliseconds(at_us - self._started_us)

    def _order(self, key: str) -> _Order:
        found = self._orders.get(key)
        if found is None:
            found = self._orders[key] = _Order()
        return found
