"""What a design with replicated regions asks of a scenario beyond its schema: combinations that make sense."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from workers.crdts.operation import Delivery
from workers.model.design import Options, OptionsError
from workers.services.regions.delta_once import DeltaOnce
from workers.services.regions.forms import FORMS
from workers.services.regions.kinds import KINDS
from workers.services.regions.replication import Replication

ACTIONS = {
    "address": ("read", "assign"),
    "cart": ("read", "add", "remove", "clear"),
    "stock": ("read", "buy", "increment"),
    "likes": ("read", "increment"),
    "thread": ("read", "ask", "reply"),
}
KEYS_MAX = 2_000
_NUMBERS = ("buy", "increment")
_TEXTS = ("assign", "add", "remove", "ask", "reply")


class Wrong(NamedTuple):
    """One thing wrong: the field, its value, and what would be right."""

    field: str
    value: Any
    remedy: str


def types_for(kind: str, protocol: type[Replication]) -> list[str]:
    """The types that a kind of entity may have under a protocol."""
    return [name for name in KINDS[kind].types if not _misfit(name, protocol)]


def check(options: Options, protocol: type[Replication]) -> None:
    """Raise OptionsError for the first thing that is wrong."""
    for wrong in wrongs(options, protocol):
        raise OptionsError(*wrong)


def wrongs(options: Options, protocol: type[Replication]) -> Iterator[Wrong]:
    """Everything wrong with a scenario under this protocol."""
    regions = options.regions
    if len(set(regions)) < len(regions) or "client" in regions:
        yield Wrong("regions", list(regions), "name each region once, and none of them client")
    total = sum(chosen.keys for chosen in options.entities.values())
    if total > KEYS_MAX:
        yield Wrong("entities", total, f"use at most {KEYS_MAX:,} keys in all, so that a region can keep all of them")
    if not options.entities:
        yield Wrong("entities", {}, "say what is replicated, such as {cart: {type: or-set, keys: 2}}")
    for kind, chosen in options.entities.items():
        field = f"entities.{kind}"
        right = ", ".join(types_for(kind, protocol))
        if chosen.type not in FORMS or chosen.type not in KINDS[kind].types:
            yield Wrong(f"{field}.type", chosen.type, f"{kind} may be {right}")
        elif reason := _misfit(chosen.type, protocol):
            yield Wrong(f"{field}.type", chosen.type, f"{reason}; under this design {kind} may be {right}")
        elif chosen.initial and not KINDS[kind].counts:
            yield Wrong(f"{field}.initial", chosen.initial, "only stock and likes begin with a number; leave it out")
        elif chosen.clock == "hlc" and not FORMS[chosen.type].stamped:
            yield Wrong(f"{field}.clock", "hlc", f"{chosen.type} has no time stamps; leave it out, or use lww-register")
        elif chosen.resolver != "none" and (kind != "address" or FORMS[chosen.type].single):
            yield Wrong(f"{field}.resolver", chosen.resolver, "only an address with siblings has something to resolve")
    yield from _script_wrongs(options)


def _misfit(name: str, protocol: type[Replication]) -> str:
    """Why a type cannot be replicated by a protocol; nothing if it can."""
    form = FORMS[name]
    if protocol.by_operations and form.operations is None:
        return f"{name} has no operations to broadcast"
    if issubclass(protocol, DeltaOnce) and form.delta is Delivery.CAUSAL:
        return f"the deltas of {name} need causal order, which deltas fired once do not have"
    return ""


def _script_wrongs(options: Options) -> Iterator[Wrong]:
    keys = {f"{kind}-{n}": kind for kind, chosen in options.entities.items() for n in range(1, chosen.keys + 1)}
    for number, told in enumerate(options.clients.script):
        field = f"clients.script.{number}"
        if told.region not in options.regions:
            yield Wrong(f"{field}.region", told.region, f"the regions are {', '.join(options.regions)}")
        if told.key not in keys:
            yield Wrong(
                f"{field}.key", told.key, f"use a key that entities gives, such as {next(iter(keys), 'cart-1')}"
            )
            continue
        kind = keys[told.key]
        chosen = FORMS.get(options.entities[kind].type)
        if told.do not in ACTIONS[kind]:
            yield Wrong(f"{field}.do", told.do, f"to {kind} one can {', '.join(ACTIONS[kind])}")
        elif chosen is not None and told.do in ("remove", "clear") and not {told.do, "assign"} & {*chosen.actions}:
            yield Wrong(f"{field}.do", told.do, f"{options.entities[kind].type} can {', '.join(chosen.actions)}")
        elif told.do in _NUMBERS and not isinstance(told.value, int | None):
            yield Wrong(f"{field}.value", told.value, "write a whole number")
        elif told.do in _TEXTS and not isinstance(told.value, str):
            yield Wrong(f"{field}.value", told.value, "write a text")
