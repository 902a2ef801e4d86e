"""What a session does next: drawn by kind of entity, or told by a script; and what it writes given what it has seen.

Every content written names the operation that wrote it, so that a checker can tell writes apart.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from workers.model.message import Json
from workers.model.randomness import draws
from workers.services.catalogue_of_goods import SKUS
from workers.services.regions.kinds import Entity

STREETS: Final = ("Elm Street", "Mill Lane", "High Street", "Station Road", "Church Walk", "Park Avenue")
_GOODS: Final = tuple(SKUS)
_RESTOCK: Final = 5


class Intent(NamedTuple):
    """What a session means to do: one read, or one update, before which it may have to read.

    ``value`` and ``to`` are a script's; ``lane`` is a number in [0, 1) that decides what is left to choice.
    """

    name: str
    session: str
    key: str
    region: str
    do: str
    read_first: bool
    lane: float
    value: Any = None
    to: str | None = None


class Shares(NamedTuple):
    """How often a session does what; see the section ``clients`` of a scenario."""

    reads: float
    blind: float
    removals: float
    clears: float
    restocks: float
    replies: float


class Update(NamedTuple):
    """An update as the history has it (``f``, ``argument``), and as the replica is asked for it (``do``, ``value``)."""

    f: str
    argument: Any
    do: str
    value: Any


def drawn(seed: int, name: str, session: str, entities: dict[str, Entity], home: str | None, shares: Shares) -> Intent:
    """The intent of operation ``name`` of a session. ``home``: its region, None if it roams."""
    key_u, region_u, read_u, what_u, lane = draws(seed, f"action:{name}", 5)
    keys = tuple(entities)
    key = keys[int(key_u * len(keys))]
    entity = entities[key]
    regions = entity.regions
    region = home or regions[int(region_u * len(regions))]
    do, read_first = ("read", False) if read_u < shares.reads else _do(entity, what_u, shares)
    return Intent(name, session, key, region, do, read_first or (do != "read" and entity.rewrites), lane)


def _do(entity: Entity, what_u: float, shares: Shares) -> tuple[str, bool]:
    """What is done to an entity, and whether the session reads it just before."""
    if entity.kind == "address":
        return "assign", what_u >= shares.blind
    if entity.kind == "cart":
        if what_u < shares.clears:
            return "clear", False
        return ("remove", False) if what_u < shares.clears + shares.removals else ("add", False)
    if entity.kind == "stock":
        return ("increment", False) if what_u < shares.restocks else ("buy", True)
    if entity.kind == "likes":
        return "increment", False
    return ("reply" if what_u < shares.replies else "ask"), False


def needs_sight(intent: Intent, entity: Entity, known: Json | None) -> bool:
    """Whether the session cannot decide before it has read the key."""
    if known is not None or intent.do == "read":
        return False
    if intent.value is None:
        return intent.do in ("remove", "clear", "reply", "buy") or entity.rewrites
    return entity.rewrites


def decided(intent: Intent, entity: Entity, known: Json | None) -> Update | None:
    """What the session writes, given what it has last seen (``known``); None: there is nothing to be done."""
    shown = known["value"] if known is not None else None
    if entity.kind in ("stock", "likes"):
        return _count(intent, entity, shown)
    if entity.kind == "address":
        street = f"{1 + int(intent.lane * 98)} {STREETS[int(intent.lane * 1e6) % len(STREETS)]} ({intent.name})"
        content = street if intent.value is None else intent.value
        return Update("write", content, "assign", content)
    if entity.kind == "thread":
        return _say(intent, shown)
    return _cart(intent, entity, shown)


def _count(intent: Intent, entity: Entity, shown: Any) -> Update | None:
    amount = intent.value if intent.value is not None else (_RESTOCK if _restocks(intent, entity) else 1)
    buys = intent.do == "buy"
    if buys and isinstance(shown, int) and shown < amount:
        return None  # sold out, as far as this session can see
    if not entity.rewrites:
        return Update(intent.do, amount, intent.do, amount)
    return Update(intent.do, amount, "assign", (shown or 0) + (-amount if buys else amount))


def _restocks(intent: Intent, entity: Entity) -> bool:
    return entity.kind == "stock" and intent.do == "increment"


def _say(intent: Intent, shown: Any) -> Update:
    if intent.do == "reply" and (intent.to or shown):
        answered = intent.to or shown[int(intent.lane * len(shown))].partition(":")[0]
        text = f"{intent.name}: Yes, it is." if intent.value is None else str(intent.value)
        message = f"{text} [to {answered}]"
    else:
        message = f"{intent.name}: Is it still there?" if intent.value is None else str(intent.value)
    return Update("add", message, "add", message)


def _cart(intent: Intent, entity: Entity, shown: Any) -> Update | None:
    items = sorted(shown or ())
    if intent.do == "clear" and "clear" not in (*entity.form.actions, *(("clear",) if entity.rewrites else ())):
        intent = intent._replace(do="remove")
    if intent.do == "add":
        item = f"{_GOODS[int(intent.lane * len(_GOODS))]} {intent.name}" if intent.value is None else intent.value
        return Update("add", item, *_whole(entity, "add", item, sorted({*items, item})))
    if intent.do == "clear":
        return Update("clear", None, *_whole(entity, "clear", None, [])) if items else None
    if intent.value is None and not items:
        return None
    item = items[int(intent.lane * len(items))] if intent.value is None else intent.value
    return Update("remove", item, *_whole(entity, "remove", item, [other for other in items if other != item]))


def _whole(entity: Entity, do: str, item: Any, items: list[Any]) -> tuple[str, Any]:
    """The one change of a set, or all of it where the cart is a register."""
    return ("assign", items) if entity.rewrites else (do, item)
