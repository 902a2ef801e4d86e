"""The kinds of entities: what each is called, which types it may have, and what it shows before it was ever written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from workers.crdts.causal import CausalContext
from workers.crdts.operation import Delivery
from workers.services.regions.forms import FORMS, Content, Form, start


class Kind(NamedTuple):
    """``types`` by name, the usual one first. ``ordered``: its updates make no sense before those they came after."""

    types: tuple[str, ...]
    nothing: Any = None
    counts: bool = False
    ordered: bool = False


KINDS: Final[Mapping[str, Kind]] = {
    "address": Kind(
        (
            "lww-register",
            "mv-register",
            "dvv-set",
            "lww-by-arrival-broken",
            "sibling-explosion-broken",
            "false-dominance-broken",
        )
    ),
    "cart": Kind(
        (
            "or-set",
            "rw-set",
            "lww-set",
            "or-map",
            "lww-register",
            "lww-by-arrival-broken",
            "union-cart-broken",
            "compacted-or-set-broken",
        ),
        nothing=[],
    ),
    "stock": Kind(("pn-counter", "bounded-counter", "lww-register"), nothing=0, counts=True),
    "likes": Kind(("g-counter", "pn-counter", "lww-register"), nothing=0, counts=True),
    "thread": Kind(("g-set", "or-set"), nothing=[], ordered=True),
}


class Entity(NamedTuple):
    """One kind of entity as a scenario sets it up, in the form that the design replicates it in."""

    kind: str
    type: str
    keys: tuple[str, ...]
    initial: int
    clock: str
    skew_us_max: int
    resolver: str
    form: Form
    by_operations: bool
    regions: tuple[str, ...]
    tick_us: int = 0

    @property
    def rewrites(self) -> bool:
        """Whether a change is a new whole value, made from the one that the client has read."""
        return self.form.single and self.kind != "address"

    @property
    def causal(self) -> bool:
        """Whether its operations must be applied in causal order."""
        operations = self.form.operations
        return KINDS[self.kind].ordered or (operations is not None and operations.delivery is Delivery.CAUSAL)

    def begin(self) -> Content:
        """The content with which every replica begins."""
        return start(self.form, by_operations=self.by_operations, initial=self.initial, regions=self.regions)

    def shown(self, content: Content) -> Any:
        """What clients and the history see of ``content``."""
        return self.form.shown(content, KINDS[self.kind].nothing)

    def kept(self, content: Content) -> CausalContext | None:
        """The updates that it carries or descends from."""
        return self.form.kept(content)


def entities_of(settings: Mapping[str, Any], regions: Sequence[str], *, by_operations: bool) -> dict[str, Entity]:
    """The entities of a scenario by the names of their keys: ``cart-1`` and so on."""
    found: dict[str, Entity] = {}
    for kind, chosen in settings.items():
        keys = tuple(f"{kind}-{number}" for number in range(1, chosen.keys + 1))
        skew_us_max = chosen.skew_ms_max * 1_000
        form = FORMS[chosen.type]
        entity = Entity(
            kind, chosen.type, keys, chosen.initial, chosen.clock, skew_us_max, chosen.resolver, form, by_operations,
            tuple(regions), round(chosen.tick_ms * 1_000),
        )  # fmt: skip
        found.update(dict.fromkeys(keys, entity))
    return found
