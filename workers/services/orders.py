"""What an order is: a set of facts, and the one value that they add up to.

Rules
1. An order is the set of facts known about it. Learning a fact twice changes nothing; the order in which facts arrive
   changes nothing. That makes every replica that knows the same facts show the same value, at once.
2. A fact is identified by business key, ``<order>:<fact>``, not by the message that brought it: two messages about one
   fact are one fact.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from workers.model.effects import Observe, Send, reply
from workers.model.message import Json, Message
from workers.model.observation import Applied

PLACED: Final = "OrderPlaced"
VALIDATED: Final = "OrderValidated"
REJECTED: Final = "OrderRejected"
TAXED: Final = "OrderTaxed"
MAILED: Final = "OrderMailed"

FACTS: Final = (PLACED, VALIDATED, REJECTED, TAXED, MAILED)
"""Every type of domain event about an order, in the order in which a lone order meets them."""


def update_id(key: str, fact: str) -> str:
    """The identity of an update: the business key of the fact, the same at every replica."""
    return f"{key}:{fact}"


def learn(record: Json | None, fact: str, data: Json) -> Json | None:
    """``record`` with one more fact, or ``None`` if it is known already. A record maps facts to their data."""
    if record is None:
        return {fact: data}
    if fact in record:
        return None
    return {**record, fact: data}


def value_of(record: Json) -> Json:
    """The value that a replica shows for an order: status and money, from the facts known so far."""
    if REJECTED in record:
        status = "rejected"
    elif MAILED in record:
        status = "mailed"
    elif TAXED in record:
        status = "taxed"
    elif VALIDATED in record:
        status = "validated"
    else:
        status = "placed" if PLACED in record else "incomplete"
    value: Json = {"status": status}
    if (placed := record.get(PLACED)) is not None:
        value["net_cents"] = placed["net_cents"]
    if (taxed := record.get(TAXED)) is not None:
        value["tax_cents"] = taxed["tax_cents"]
        value["total_cents"] = taxed["total_cents"]
    return value


def applied(key: str, record: Json, fact: str) -> Observe:
    """The observation that a replica applied ``fact`` and now holds ``record``."""
    return Observe(Applied(key, value_of(record), f"{key}:{fact}", len(record)))  # update_id: called very often


def applied_since(key: str, before: Json | None, after: Json) -> list[Observe]:
    """The observations of a replica that had ``before`` and learnt all of ``after`` at once: one for each new fact."""
    known = dict(before or {})
    observed: list[Observe] = []
    for fact in FACTS:
        if fact in after and fact not in known:
            known[fact] = after[fact]
            observed.append(applied(key, known, fact))
    return observed


def seen(key: str, facts: Iterable[str]) -> list[str]:
    """The updates of an order's ``facts``, sorted: what a reader to whom they are shown has seen."""
    return [f"{key}:{fact}" for fact in sorted(facts)]


def accepted(command: Message) -> Send:
    """The answer to ``PlaceOrder``: the update that it became, which the session may ask for when it reads."""
    return reply(command, "OrderAccepted", {"outcome": "ok", "update": update_id(command.key, PLACED)})


def net_cents(lines: list[Json]) -> int:
    """The net value of order lines: sum of quantity times unit price."""
    return sum(int(line["quantity"]) * int(line["unit_cents"]) for line in lines)
