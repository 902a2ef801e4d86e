"""Every replicated type by name: its classes, what delivery each kind of replication needs, and its updates.

Adding a type is adding its module, its line here and its definition in the tests' reference model. ``arguments`` of an
update make random calls for tests and workloads out of a ``choose`` that draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

import msgspec

from workers.crdts.bounded_counter import BoundedCounter
from workers.crdts.dvv_set import DVVSet
from workers.crdts.g_counter import GCounter
from workers.crdts.g_set import GSet, GSetOperations
from workers.crdts.lww_register import LWWRegister, LWWRegisterOperations
from workers.crdts.lww_set import LWWSet, LWWSetOperations
from workers.crdts.mv_register import MVRegister, MVRegisterOperations
from workers.crdts.operation import Delivery, OperationBased
from workers.crdts.or_map import ORMap, ORMapOperations
from workers.crdts.or_set import ORSet, ORSetOperations
from workers.crdts.pn_counter import CounterOperations, PNCounter
from workers.crdts.replicated import Replicated
from workers.crdts.rw_set import RWSet, RWSetOperations

Kind = Literal["state", "delta", "operation"]

Choose = Callable[[int], int]
"""``choose(n)`` draws an integer from 0 up to and without ``n``."""


class At(NamedTuple):
    """Where and when an update is made: ``number`` is unique in the run, ``time`` is the replica's clock."""

    replica: str
    replicas: tuple[str, ...]
    number: int
    time: int


Arguments = Callable[[Replicated, Choose, At], tuple[Any, ...]]
"""From the replica's state, chance and the place: the arguments of a mutator after the replica's id."""


class ReplicatedType(msgspec.Struct, frozen=True, gc=False):
    """One type. ``start`` is the state that all replicas begin with; ``updates`` are mutators by name.

    The operation-based class, where there is one, has the same mutators; they return an ``Operation``.
    """

    name: str
    state: type[Replicated]
    start: Callable[[], Replicated]
    operations: type[OperationBased] | None
    delivery: Mapping[Kind, Delivery]
    updates: Mapping[str, Arguments]


NAMES: Final = ("apple", "pear", "plum")
QUOTAS: Final[Mapping[str, int]] = {"r1": 5, "r2": 5, "r3": 2}


def _name(choose: Choose) -> str:
    return NAMES[choose(len(NAMES))]


def _amount(state: Replicated, choose: Choose, at: At) -> tuple[Any, ...]:
    return (choose(5),)


def _element(state: Replicated, choose: Choose, at: At) -> tuple[Any, ...]:
    return (_name(choose),)


def _nothing(state: Replicated, choose: Choose, at: At) -> tuple[Any, ...]:
    return ()


def _content(state: Replicated, choose: Choose, at: At) -> tuple[Any, ...]:
    return ({"by": at.replica, "n": choose(3)},)


def _stamped_content(state: Replicated, choose: Choose, at: At) -> tuple[Any, ...]:
    return (choose(3), at.time, f"o{at.number}")


def _stamped_element(state: Replicated, choose: Choose, at: At) -> tuple[Any, ...]:
    return (_name(choose), at.time, f"o{at.number}")


def _named(arguments: Arguments) -> Arguments:
    return lambda state, choose, at: (_name(choose), *arguments(state, choose, at))


def _gift(state: Replicated, choose: Choose, at: At) -> tuple[Any, ...]:
    return (at.replicas[choose(len(at.replicas))], choose(4))


def _put(state: Replicated, choose: Choose, at: At) -> tuple[Any, ...]:
    _, context = state.read() if isinstance(state, DVVSet) else ([], {})
    return ({} if choose(3) == 0 else context, f"v{at.number}")


def _type(
    name: str,
    state: type[Replicated],
    operations: type[OperationBased] | None,
    updates: Mapping[str, Arguments],
    *,
    start: Callable[[], Replicated] | None = None,
    delta: Delivery = Delivery.ANY,
) -> ReplicatedType:
    delivery: dict[Kind, Delivery] = {"state": Delivery.ANY, "delta": delta}
    if operations is not None:
        delivery["operation"] = operations.delivery
    return ReplicatedType(name, state, start or state, operations, delivery, updates)


_ALL: Final = (
    _type("g-counter", GCounter, CounterOperations, {"increment": _amount}),
    _type("pn-counter", PNCounter, CounterOperations, {"increment": _amount, "decrement": _amount}),
    _type(
        "bounded-counter",
        BoundedCounter,
        None,  # a local decision needs the matrix; a sum of operations does not say whose rights they were
        {"increment": _amount, "decrement": _amount, "transfer": _gift},
        start=lambda: BoundedCounter.of(QUOTAS),
        delta=Delivery.CAUSAL,
    ),
    _type("lww-register", LWWRegister, LWWRegisterOperations, {"assign": _stamped_content}),
    _type("mv-register", MVRegister, MVRegisterOperations, {"assign": _content}),
    _type("g-set", GSet, GSetOperations, {"add": _element}),
    _type("or-set", ORSet, ORSetOperations, {"add": _element, "remove": _element, "clear": _nothing}),
    _type("rw-set", RWSet, RWSetOperations, {"add": _element, "remove": _element}),
    _type("lww-set", LWWSet, LWWSetOperations, {"add": _stamped_element, "remove": _stamped_element}),
    _type(
        "or-map",
        ORMap,
        ORMapOperations,
        {
            "increment": _named(_amount),
            "assign": _named(_content),
            "write": _named(_stamped_content),
            "add": _named(_element),
            "discard": _named(_element),
            "remove": _element,
        },
    ),
    _type("dvv-set", DVVSet, None, {"put": _put}),  # its context is the client's, which no operation could replace
)

TYPES: Final[Mapping[str, ReplicatedType]] = {found.name: found for found in _ALL}
