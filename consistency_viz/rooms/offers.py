"""What a scenario lets the people in a room do: which replica each seat is at, and the wishes it may have.

Pure. Everything that a phone sends is checked here against what was offered to it, before anything is put into a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from workers.cluster.plan import Plan
from workers.cluster.schema.regions import EntitySettings
from workers.services.catalogue_of_goods import SKUS, TAX_BASIS_POINTS
from workers.services.client import BY_HAND, query_topic
from workers.services.guests import GUESTS
from workers.services.regions.client import ask_topic
from workers.services.regions.kinds import KINDS

KEYS_OFFERED_MAX: Final = 3
KEY_LENGTH_MAX: Final = 64
TEXT_LENGTH_MAX: Final = 40
ORDER: Final = "order"
Do = Literal["read", "assign", "add", "remove", "clear", "increment", "buy", "place"]

_BY_KIND: Final[Mapping[str, tuple[Do, ...]]] = {
    "address": ("assign",),
    "cart": ("add", "remove", "clear"),
    "stock": ("buy",),
    "likes": ("increment",),
    "thread": ("add",),
}


class Offer(msgspec.Struct, frozen=True):
    """One thing that a seat may do with a key. ``takes``: ``text``, ``item`` (one that is shown), or nothing."""

    do: Do
    key: str
    kind: str
    takes: Literal["", "text", "item"] = ""


class WishRefusedError(ValueError):
    """A wish that was not offered; ``remedy`` says what is."""

    def __init__(self, text: str, remedy: str) -> None:
        super().__init__(f"{text} {remedy}")
        self.text = text
        self.remedy = remedy


class Offers:
    """What seats may do in one run. ``reason`` is why they may only watch, where that is so."""

    def __init__(self, plan: Plan) -> None:
        takes_guests = GUESTS in plan.subscribers
        self.subject: str = ""
        self.targets: tuple[str, ...] = ()
        self._actions: tuple[Offer, ...] = ()
        if takes_guests and BY_HAND in plan.subscribers:
            self.subject = ORDER
            self.targets = tuple(node for node in plan.nodes if query_topic(node) in plan.subscribers)
            self._actions = (Offer("place", ORDER, ORDER),)
        elif takes_guests:
            self.subject = "key"
            self.targets = tuple(node for node in plan.nodes if ask_topic(node) in plan.subscribers)
            self._actions = tuple(offer for kind, key in _keys(plan) for offer in _of_kind(plan, kind, key))
        self.reason = (
            ""
            if self._actions
            else "The clients of this lesson are the laboratory's own: watch the projector, and make your guess."
        )

    def target_of(self, seat: int) -> str:
        """At which replica a seat is: they are dealt out in turn. Empty where seats only watch."""
        return self.targets[(seat - 1) % len(self.targets)] if self.targets else ""

    def all(self) -> tuple[Offer, ...]:
        """What may be done, reads aside: those go without saying."""
        return self._actions

    def keys(self) -> tuple[str, ...]:
        """The keys that a seat has before it."""
        return tuple(dict.fromkeys(offer.key for offer in self._actions if offer.key != ORDER))

    def wish(self, seat: int, do: str, key: str, value: Any) -> dict[str, Any]:
        """What is sent into the run for a seat's wish, in the form of ``workers.services.guests``. WishRefusedError."""
        if not self._actions:
            raise WishRefusedError("Nothing can be done here.", self.reason)
        target = self.target_of(seat)
        if do == "read":
            if not 0 < len(key) <= KEY_LENGTH_MAX or (self.subject == "key" and key not in self.keys()):
                raise WishRefusedError("There is nothing of this name to look at.", "Use what the page shows.")
            return {"do": "read", "key": key, "target": target, "value": None}
        offer = next((o for o in self._actions if (o.do, o.key) == (do, key)), None)
        if offer is None:
            offered = ", ".join(sorted({o.do for o in self._actions}))
            raise WishRefusedError("This cannot be done here.", f"Choose one of {offered}.")
        if offer.do == "place":
            return {"do": "place", "key": "", "target": "order", "value": _order(value)}
        return {"do": offer.do, "key": key, "target": target, "value": _value(offer, value)}


def _keys(plan: Plan) -> list[tuple[str, str]]:
    """The keys offered, each with its kind: the first few of each kind, as a phone has little room."""
    kinds = list(_entities(plan).items())
    each = max(1, KEYS_OFFERED_MAX // max(1, len(kinds)))
    return [
        (kind, f"{kind}-{number}")
        for kind, settings in kinds[:KEYS_OFFERED_MAX]
        for number in range(1, min(each, settings.keys) + 1)
    ]


def _entities(plan: Plan) -> dict[str, EntitySettings]:
    return {str(kind): settings for kind, settings in plan.scenario.entities.items()}


def _of_kind(plan: Plan, kind: str, key: str) -> list[Offer]:
    settings = _entities(plan)[kind]
    takes: dict[str, Literal["", "text", "item"]] = {"assign": "text", "add": "text", "remove": "item"}
    can_clear = settings.type not in ("rw-set", "lww-set", "or-map")
    actions = [do for do in _BY_KIND[kind] if do != "clear" or can_clear]
    return [Offer(do, key, kind, takes.get(do, "")) for do in actions]


def _value(offer: Offer, value: Any) -> Any:
    if offer.takes == "":
        return 1 if KINDS[offer.kind].counts else None
    if not isinstance(value, str) or not value.strip():
        raise WishRefusedError("This needs a text.", f"Write 1 to {TEXT_LENGTH_MAX} characters.")
    longest = 200 if offer.takes == "item" else TEXT_LENGTH_MAX
    if len(value) > longest:
        raise WishRefusedError("The text is too long.", f"Write 1 to {longest} characters.")
    return value if offer.takes == "item" else " ".join(value.split())


def _order(value: Any) -> dict[str, Any]:
    sku, country = (value.get("sku"), value.get("country")) if isinstance(value, dict) else (None, None)
    if not isinstance(sku, str) or sku not in SKUS:
        raise WishRefusedError("This article is not sold here.", f"Choose one of {', '.join(SKUS)}.")
    if not isinstance(country, str) or country not in TAX_BASIS_POINTS:
        raise WishRefusedError("This country is not served.", f"Choose one of {', '.join(TAX_BASIS_POINTS)}.")
    line = {"sku": sku, "quantity": 1, "unit_cents": SKUS[sku]}
    return {"lines": [line], "country": country, "email": "guest@example.org"}
