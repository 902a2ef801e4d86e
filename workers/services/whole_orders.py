"""Orders that travel whole: what a service adds to one, and the ways in which a consumer may take one in.

Rules
1. A message about an order carries every fact that its sender knew: type is the fact that the sender added, data maps
   facts to their data.
2. An addition looks at the facts and returns one more, or ``None`` where it has nothing to add.
3. A merge is given what the consumer has (``None``: nothing), the message's type and its data, and returns what the
   consumer has from then on. It changes neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from workers.model.codec import pack
from workers.model.effects import Observe
from workers.model.message import Json
from workers.model.observation import Applied
from workers.services.catalogue_of_goods import TAX_BASIS_POINTS
from workers.services.checks import tax
from workers.services.orders import FACTS, MAILED, PLACED, REJECTED, TAXED, VALIDATED, seen, update_id, value_of
from workers.services.validation import ValidationService

Fact = tuple[str, Json]
Addition = Callable[[Json], Fact | None]
Merge = Callable[[Json | None, str, Json], Json]


def validation(order: Json) -> Fact | None:
    """What validation adds: valid, or rejected with the reason."""
    return ValidationService.judge(order[PLACED]) if PLACED in order else None


def taxation(order: Json) -> Fact | None:
    """What tax adds. Where no rate is known the tax is nothing: validation will reject such an order."""
    if PLACED not in order:
        return None
    placed = order[PLACED]
    if placed["country"] not in TAX_BASIS_POINTS:
        return TAXED, {"tax_cents": 0, "total_cents": placed["net_cents"]}
    return TAXED, tax(placed["net_cents"], placed["country"])


def mailing(order: Json) -> Fact | None:
    """What the e-mail service adds, to an order that is valid and taxed."""
    if VALIDATED not in order or TAXED not in order or PLACED not in order or REJECTED in order:
        return None
    return MAILED, {"to": order[PLACED]["email"]}


def take_last(mine: Json | None, fact: str, theirs: Json) -> Json:
    """The whole order that arrived last is the order. What it does not contain is lost."""
    return theirs


def merge_by_hand(mine: Json | None, fact: str, theirs: Json) -> Json:
    """Field by field: keep what is there, add what is new. Every consumer needs this, complete."""
    merged = dict(mine or {})
    for field in FACTS:
        if field in theirs and field not in merged:
            merged[field] = theirs[field]
    return merged


def merge_by_hand_broken(mine: Json | None, fact: str, theirs: Json) -> Json:
    """The same, but its author took the tax to come once, and first: each taxed order adds it to the total."""
    merged = merge_by_hand(mine, fact, theirs)
    if fact == TAXED and mine is not None and TAXED in mine:
        mended = {**mine[TAXED], "total_cents": mine[TAXED]["total_cents"] + theirs[TAXED]["tax_cents"]}
        merged[TAXED] = mended
    return merged


def take_newest(mine: Json | None, fact: str, theirs: Json) -> Json:
    """Of two versions of an order the greater one: right where each version has one writer who has seen the last."""
    return theirs if mine is None or len(theirs) > len(mine) else mine


def join(mine: Json | None, fact: str, theirs: Json) -> Json:
    """The least order that contains both: the union of their facts.

    Commutative, associative, idempotent, and no fact is ever taken away: a join semilattice. Two different data of one
    fact, which no service here makes, are joined too: the greater encoding stays.
    """
    joined = dict(mine or {})
    for name, data in theirs.items():
        joined[name] = data if name not in joined else max(joined[name], data, key=pack)
    return {name: joined[name] for name in FACTS if name in joined}


def shown(order: Json) -> Json:
    """The value that a replica of whole orders shows: status, money, and whether validation is known to have passed."""
    return {**value_of(order), "valid": VALIDATED in order}


def observations(key: str, before: Json | None, after: Json, fact: str) -> Iterator[Observe]:
    """What a replica reports that had ``before`` and has ``after``: each fact new to it, or the one that came.

    It says which facts the order shown still has: a whole order that took another's place may have fewer.
    """
    if after == before:
        return
    known = {name: data for name, data in after.items() if before is not None and name in before}
    new = [name for name in FACTS if name in after and name not in known]
    if not new:
        yield Observe(Applied(key, shown(after), update_id(key, fact), len(after), seen(key, after)))
    for name in new:
        known[name] = after[name]
        yield Observe(Applied(key, shown(known), update_id(key, name), len(known), seen(key, known)))
