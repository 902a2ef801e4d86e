"""Operations commute and are done once: any order, any number of copies, one order in the end."""

from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workers.support import INVALID_ORDER, ORDER
from workers.services.order_operations import apply, facts_of, levy, mailing, observation, place, shown, validate

KEY = "o1"
PLACING = place(KEY, ORDER)[1]
TAXING = levy(KEY, PLACING)[1]
VALIDATING = validate(KEY, PLACING)[1]
WHOLE = reduce(apply, (PLACING, TAXING, VALIDATING), None)
FIELDS = st.sampled_from(("a", "b", "c"))
OPERATIONS = st.lists(
    st.fixed_dictionaries(
        {
            "puts": st.dictionaries(
                FIELDS.map(lambda f: f"put-{f}"), st.one_of(st.integers(-9, 9), st.text(max_size=3))
            ),
            "adds": st.dictionaries(FIELDS.map(lambda f: f"sum-{f}"), st.integers(-99, 99)),
        }
    ),
    min_size=1,
    max_size=6,
).map(lambda found: [{"id": f"o1:{number}", **operation} for number, operation in enumerate(found)])


@settings(max_examples=60, deadline=None)
@given(OPERATIONS, st.data())
def test_any_order_of_delivery_with_any_copies_is_one_order(operations, data):
    once = reduce(apply, operations, None)
    copies = data.draw(st.lists(st.sampled_from(operations), max_size=8))
    delivered = data.draw(st.permutations([*operations, *copies]))
    assert reduce(apply, delivered, None) == once
    for name in {name for operation in operations for name in operation["adds"]}:
        assert once["fields"][name] == sum(operation["adds"].get(name, 0) for operation in operations)


@settings(max_examples=60, deadline=None)
@given(OPERATIONS)
def test_an_operation_that_was_applied_changes_nothing_and_no_operation_changes_its_input(operations):
    order = reduce(apply, operations[:-1], None)
    before = {"applied": list(order["applied"]), "fields": dict(order["fields"])} if order else None
    after = apply(order, operations[-1])
    assert order == before
    assert apply(after, operations[-1]) is after


def test_an_order_is_what_was_done_to_it():
    assert shown(WHOLE) == {
        "status": "taxed",
        "net_cents": 11_990,
        "tax_cents": 2_278,
        "total_cents": 14_268,
        "valid": True,
    }
    assert facts_of(WHOLE) == {"OrderPlaced", "OrderTaxed", "OrderValidated"}


def test_a_tax_that_comes_before_its_order_shows_no_total_yet():
    assert shown(apply(None, TAXING)) == {"status": "taxed", "tax_cents": 2_278, "valid": False}
    assert shown(reduce(apply, (TAXING, VALIDATING, PLACING), None)) == shown(WHOLE)


def test_what_is_reported_names_the_operation_and_all_that_were_applied():
    body = observation(KEY, WHOLE, "OrderTaxed").body
    assert (body.update, body.version, body.kept) == ("o1:OrderTaxed", 3, WHOLE["applied"])


def test_a_rejection_puts_its_reason_and_nobody_is_mailed():
    placing = place(KEY, INVALID_ORDER)[1]
    fact, rejecting = validate(KEY, placing)
    assert (fact, rejecting["puts"], rejecting["adds"]) == (
        "OrderRejected",
        {"reason": "its net value exceeds 1000"},
        {},
    )
    assert mailing(KEY, reduce(apply, (placing, levy(KEY, placing)[1], rejecting, VALIDATING), None)) is None


@pytest.mark.parametrize("missing", [PLACING, TAXING, VALIDATING], ids=["placing", "taxing", "validating"])
def test_only_a_placed_valid_and_taxed_order_is_mailed(missing):
    some = reduce(apply, (o for o in (PLACING, TAXING, VALIDATING) if o is not missing), None)
    assert mailing(KEY, some) is None
    assert mailing(KEY, WHOLE)[0] == "OrderMailed"
