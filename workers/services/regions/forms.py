"""The forms that an entity's type can take here: how a wish of a client becomes a call of the type's mutator.

A form knows the type's start, what it shows, and what it keeps. ``call`` gives the name and the arguments of a mutator
after the replica's id; the state- and the operation-based class of a type have the same mutators, so one form serves
both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from workers.crdts.bounded_counter import BoundedCounter
from workers.crdts.broken.false_dominance import FalseDominance
from workers.crdts.broken.lost_delta import CompactedORSet
from workers.crdts.broken.lww_by_arrival import LWWByArrival
from workers.crdts.broken.sibling_explosion import SiblingExplosion
from workers.crdts.broken.union_cart import UnionCart
from workers.crdts.causal import EMPTY, CausalContext
from workers.crdts.g_counter import GCounter
from workers.crdts.lww_register import LWWRegister, LWWRegisterOperations
from workers.crdts.operation import Delivery, OperationBased
from workers.crdts.pn_counter import CounterOperations, PNCounter
from workers.crdts.registry import TYPES
from workers.crdts.replicated import Replicated
from workers.services.regions.payload import contents, kept, payload

Content = Replicated | OperationBased
INITIAL_OWNER: Final = "~"
"""To whom a counter's initial amount belongs: to no region."""


class Wish(NamedTuple):
    """What a client wants of a key: ``do`` it with ``value``, as update ``number`` of ``region``.

    ``past`` are the updates that the written content descends from, ``context`` is what a store with client contexts
    gave the client with the value that it read, and ``time`` is the stamp of the region's clock.
    """

    do: str
    value: Any
    region: str
    number: int
    time: int
    past: CausalContext
    context: Mapping[str, int]


Call = tuple[str, tuple[Any, ...]]


class Form(NamedTuple):
    """One way of being replicated. ``actions`` are the wishes that it can fulfil.

    ``operations`` is None where there is no operation-based class. ``writes`` gives, of what a register shows, the
    payloads, and is None for a type in which nothing is overwritten. ``stamped`` types take the time of a clock.
    ``contextual`` types replace what the client's context names. ``single`` registers show one content, not a list.
    """

    state: type[Replicated]
    operations: type[OperationBased] | None
    actions: tuple[str, ...]
    call: Callable[[Wish], Call]
    delta: Delivery = Delivery.ANY
    stamped: bool = False
    writes: Callable[[Any], list[Any]] | None = None
    contextual: bool = False
    single: bool = False

    def shown(self, content: Any, nothing: Any) -> Any:
        """What clients and the history see; ``nothing`` where a register was never written."""
        if self.writes is None:
            return content.value()
        found = contents(self.writes(content))
        if not self.single:
            return found
        return found[0] if found else nothing

    def kept(self, content: Any) -> CausalContext | None:
        """The updates that the value shown carries or descends from; None: nothing is overwritten."""
        return None if self.writes is None else kept(self.writes(content))

    def context(self, content: Any) -> Mapping[str, int] | None:
        """What the client has to give back with a write that replaces what it read."""
        return content.read()[1] if self.contextual else None


def _payload(wish: Wish) -> Any:
    return payload(wish.region, wish.number, wish.past, wish.value)


def _stamp(wish: Wish) -> tuple[int, str]:
    return wish.time, f"{wish.number:010d}"


def _assign_stamped(wish: Wish) -> Call:
    return "assign", (_payload(wish), *_stamp(wish))


def _assign(wish: Wish) -> Call:
    return "assign", (_payload(wish),)


def _put(wish: Wish) -> Call:
    return "put", (wish.context, _payload(wish))


def _element(wish: Wish) -> Call:
    return wish.do, () if wish.do == "clear" else (wish.value,)


def _element_stamped(wish: Wish) -> Call:
    return wish.do, (wish.value, *_stamp(wish))


def _quantity(wish: Wish) -> Call:
    return ("increment", (wish.value, 1)) if wish.do == "add" else ("remove", (wish.value,))


def _amount(wish: Wish) -> Call:
    return ("decrement" if wish.do == "buy" else "increment"), (wish.value,)


def _one(content: Any) -> list[Any]:
    held = content.value()
    return [] if held is None else [held]


def _several(content: Any) -> list[Any]:
    found: list[Any] = content.value()
    return found


def _form(name: str, actions: tuple[str, ...], call: Callable[[Wish], Call], **more: Any) -> Form:
    found = TYPES[name]
    return Form(found.state, found.operations, actions, call, found.delivery["delta"], **more)


_SET: Final = ("add", "remove")

FORMS: Final[Mapping[str, Form]] = {
    "lww-register": _form("lww-register", ("assign",), _assign_stamped, stamped=True, writes=_one, single=True),
    "mv-register": _form("mv-register", ("assign",), _assign, writes=_several),
    "dvv-set": _form("dvv-set", ("assign",), _put, writes=_several, contextual=True),
    "g-set": _form("g-set", ("add",), _element),
    "or-set": _form("or-set", (*_SET, "clear"), _element),
    "rw-set": _form("rw-set", _SET, _element),
    "lww-set": _form("lww-set", _SET, _element_stamped, stamped=True),
    "or-map": _form("or-map", _SET, _quantity),
    "g-counter": _form("g-counter", ("increment",), _amount),
    "pn-counter": _form("pn-counter", ("increment", "buy"), _amount),
    "bounded-counter": _form("bounded-counter", ("increment", "buy"), _amount),
    "lww-by-arrival-broken": Form(
        LWWByArrival, None, ("assign",), _assign_stamped, stamped=True, writes=_one, single=True
    ),
    "sibling-explosion-broken": Form(SiblingExplosion, None, ("assign",), _put, writes=_several, contextual=True),
    "false-dominance-broken": Form(FalseDominance, None, ("assign",), _put, writes=_several, contextual=True),
    "union-cart-broken": Form(UnionCart, None, _SET, _element),
    "compacted-or-set-broken": Form(CompactedORSet, None, (*_SET, "clear"), _element),
}
"""Every type that an entity may have, by the name that a scenario gives it; broken ones are named so."""


def start(form: Form, *, by_operations: bool, initial: int, regions: tuple[str, ...]) -> Content:
    """What every replica begins with: ``initial`` of a counter, nothing of everything else."""
    kind = form.operations if by_operations else form.state
    assert kind is not None  # noqa: S101 - the plan refuses such a scenario
    if not initial:
        return kind()
    first = payload("", 0, EMPTY, initial)
    if kind is CounterOperations:
        return CounterOperations(total=initial)
    if kind is GCounter:
        return GCounter({INITIAL_OWNER: initial})
    if kind is PNCounter:
        return PNCounter({INITIAL_OWNER: (initial, 0)})
    if kind is BoundedCounter:
        share, rest = divmod(initial, len(regions))
        return BoundedCounter.of({region: share + (place < rest) for place, region in enumerate(regions)})
    register = LWWRegister((-1, "", ""), first)
    return LWWRegisterOperations(register=register) if kind is LWWRegisterOperations else register
