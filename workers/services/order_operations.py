"""The order as an operation-based CRDT: what an operation on its fields is, and its effect. Pure.

An operation is the data of one message: ``{"id": ..., "puts": {field: value}, "adds": {field: integer}}``. An order is
``{"applied": sorted ids, "fields": {...}}``.

Rules
1. An operation is known by its id, the business key ``<order>:<fact>``: one that was applied before changes nothing.
   That alone keeps sums right, for an addition is not idempotent.
2. Operations commute. Additions do; of two values put in one field the greater encoding stays, though every field here
   has one writer. Nothing reads what it changes.
3. Therefore all that is assumed of delivery is that each operation comes at least once in the end: in any order, any
   number of times (Shapiro et al. 2011, section 2.3, without its causal order). What is lost is missing for ever.
"""

from __future__ import annotations

from collections.abc import Callable

from workers.model.codec import pack
from workers.model.effects import Observe
from workers.model.message import Json
from workers.model.observation import Applied
from workers.services.orders import MAILED, PLACED, REJECTED, TAXED, VALIDATED, update_id, value_of
from workers.services.whole_orders import taxation, validation

Operation = tuple[str, Json]
"""The fact that becomes true, which is the message's type, and its data."""
Prepare = Callable[[str, Json], Operation | None]
"""From an order's key and the operation that placed it to what a service does to it."""


def place(key: str, placed: Json) -> Operation:
    """A new order: its fields, and its net value as the first summand of its total."""
    net = placed["net_cents"]
    puts = {field: value for field, value in placed.items() if field != "net_cents"}
    return PLACED, _data(key, PLACED, puts, {"net_cents": net, "total_cents": net})


def validate(key: str, placing: Json) -> Operation | None:
    """What validation does: it puts the reason of a rejection, or nothing."""
    found = validation({PLACED: _placed(placing)})
    if found is None:
        return None
    fact, data = found
    return fact, _data(key, fact, {"reason": data["reason"]} if fact == REJECTED else {}, {})


def levy(key: str, placing: Json) -> Operation | None:
    """What tax does: it adds the tax, to the tax and to the total."""
    found = taxation({PLACED: _placed(placing)})
    if found is None:
        return None
    tax_cents = found[1]["tax_cents"]
    return TAXED, _data(key, TAXED, {}, {"tax_cents": tax_cents, "total_cents": tax_cents})


def mailing(key: str, order: Json) -> Operation | None:
    """What the e-mail service does, to an order that is valid and taxed."""
    facts = facts_of(order)
    if not {PLACED, VALIDATED, TAXED} <= facts or REJECTED in facts:
        return None
    return MAILED, _data(key, MAILED, {"mailed_to": order["fields"]["email"]}, {})


def apply(order: Json | None, operation: Json) -> Json:
    """``order`` after the operation, or itself if that was applied before. ``None``: nothing is known of it yet."""
    applied, fields = (order["applied"], order["fields"]) if order else ([], {})
    if order is not None and operation["id"] in applied:
        return order
    after = dict(fields)
    for field, value in operation["puts"].items():
        after[field] = max(after[field], value, key=pack) if field in after else value
    for field, amount in operation["adds"].items():
        after[field] = after.get(field, 0) + amount
    return {"applied": sorted([*applied, operation["id"]]), "fields": after}


def facts_of(order: Json) -> set[str]:
    """The facts whose operations were applied."""
    return {applied.rpartition(":")[2] for applied in order["applied"]}


def shown(order: Json) -> Json:
    """The value that a replica shows, as ``whole_orders.shown``; there is no total while a summand is missing."""
    facts = facts_of(order)
    value = {**value_of(dict.fromkeys(facts, order["fields"])), "valid": VALIDATED in facts}
    if PLACED not in facts:
        value.pop("total_cents", None)
    return value


def observation(key: str, order: Json, fact: str) -> Observe:
    """What a replica reports that has just applied the operation of ``fact``, and now has ``order``."""
    applied = order["applied"]
    return Observe(Applied(key, shown(order), update_id(key, fact), len(applied), list(applied)))


def _data(key: str, fact: str, puts: Json, adds: dict[str, int]) -> Json:
    return {"id": update_id(key, fact), "puts": puts, "adds": adds}


def _placed(placing: Json) -> Json:
    """The order as its customer placed it."""
    return {**placing["puts"], "net_cents": placing["adds"]["net_cents"]}
