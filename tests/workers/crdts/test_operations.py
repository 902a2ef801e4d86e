"""Exactly-once effect by dot, and which types fail without causal order."""

import pytest

from workers.crdts.mv_register import MVRegisterOperations
from workers.crdts.operation import Delivery
from workers.crdts.or_map import ORMapOperations
from workers.crdts.or_set import ORSetOperations
from workers.crdts.pn_counter import CounterOperations
from workers.crdts.registry import TYPES
from workers.crdts.rw_set import RWSetOperations


def applied(state, *operations):
    for operation in operations:
        state = state.apply(operation)
    return state


def test_an_operation_that_comes_twice_counts_once():
    operation = CounterOperations().increment("r1", 3)
    assert applied(CounterOperations(), operation, operation).value() == 3


def test_operations_of_one_replica_may_come_in_any_order_where_no_order_is_needed():
    first = CounterOperations().increment("r1", 3)
    second = applied(CounterOperations(), first).decrement("r1", 1)
    assert applied(CounterOperations(), second, first, second).value() == 2


WITHOUT_ORDER = [
    (ORSetOperations, ("add", "apple"), ("remove", "apple"), [], ["apple"]),
    (RWSetOperations, ("add", "apple"), ("remove", "apple"), [], []),
    (RWSetOperations, ("remove", "apple"), ("add", "apple"), ["apple"], []),
    (MVRegisterOperations, ("assign", "old"), ("assign", "new"), ["new"], ["new", "old"]),
    (ORMapOperations, ("increment", "apple", 2), ("remove", "apple"), {}, {"apple": 2}),
]


@pytest.mark.parametrize(("kind", "first", "second", "right", "wrong"), WITHOUT_ORDER)
def test_without_causal_order_what_was_taken_away_comes_back(kind, first, second, right, wrong):
    one = getattr(kind(), first[0])("r1", *first[1:])
    seen = applied(kind(), one)
    two = getattr(seen, second[0])("r2", *second[1:])
    in_order, out_of_order = applied(kind(), one, two), applied(kind(), two, one)
    assert in_order.value() == right
    assert out_of_order.value() == wrong
    assert in_order != out_of_order, "both replicas have applied the same operations"


def test_every_type_that_fails_without_causal_order_asks_for_it():
    asking = {t.operations for t in TYPES.values() if t.delivery.get("operation") is Delivery.CAUSAL}
    assert asking == {case[0] for case in WITHOUT_ORDER}
