import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workers.support import ORDER
from workers.model.effects import Observe
from workers.model.observation import Applied
from workers.services.orders import FACTS, applied, learn, net_cents, value_of

DATA = {
    "OrderPlaced": ORDER,
    "OrderValidated": {"net_cents": 11_990, "country": "DE", "email": "e"},
    "OrderRejected": {"reason": "it has no lines"},
    "OrderTaxed": {"tax_cents": 2_278, "total_cents": 14_268},
    "OrderMailed": {"to": "e"},
}


def learnt(facts):
    record = None
    for fact in facts:
        record = learn(record, fact, DATA[fact]) or record
    return record


@given(st.permutations(FACTS), st.lists(st.sampled_from(FACTS), max_size=8))
def test_facts_add_up_to_one_order_whatever_their_order_and_however_often(order, again):
    assert learnt([*order, *again]) == learnt(FACTS)
    assert learnt([*again, *order]) == learnt(FACTS)


@given(st.lists(st.sampled_from(FACTS), min_size=1))
def test_two_replicas_that_know_the_same_facts_show_the_same_value(facts):
    assert value_of(learnt(facts)) == value_of(learnt(sorted(set(facts))))


@given(st.lists(st.sampled_from(FACTS), min_size=1), st.sampled_from(FACTS))
def test_learning_never_changes_the_record_that_it_is_given(facts, fact):
    record = learnt(facts)
    before = dict(record)
    learn(record, fact, {"other": 1})
    assert record == before


def test_the_first_data_of_a_fact_stays():
    assert learn({"OrderPlaced": ORDER}, "OrderPlaced", {"net_cents": 1}) is None


@pytest.mark.parametrize(
    ("facts", "value"),
    [
        (["OrderPlaced"], {"status": "placed", "net_cents": 11_990}),
        (["OrderPlaced", "OrderValidated"], {"status": "validated", "net_cents": 11_990}),
        (["OrderPlaced", "OrderRejected"], {"status": "rejected", "net_cents": 11_990}),
        (
            ["OrderPlaced", "OrderValidated", "OrderTaxed"],
            {"status": "taxed", "net_cents": 11_990, "tax_cents": 2_278, "total_cents": 14_268},
        ),
        (
            ["OrderPlaced", "OrderValidated", "OrderTaxed", "OrderMailed"],
            {"status": "mailed", "net_cents": 11_990, "tax_cents": 2_278, "total_cents": 14_268},
        ),
        (["OrderMailed"], {"status": "mailed"}),
        (["OrderTaxed"], {"status": "taxed", "tax_cents": 2_278, "total_cents": 14_268}),
        (["OrderValidated"], {"status": "validated"}),
    ],
)
def test_the_value_of_an_order_is_its_status_and_its_money(facts, value):
    assert value_of(learnt(facts)) == value


def test_an_apply_names_the_fact_and_counts_the_facts_known():
    record = learnt(["OrderPlaced", "OrderValidated"])
    value = {"status": "validated", "net_cents": 11_990}
    assert applied("o1", record, "OrderValidated") == Observe(Applied("o1", value, "o1:OrderValidated", 2))


def test_the_net_value_is_the_sum_of_quantity_times_price():
    lines = [{"sku": "a", "quantity": 3, "unit_cents": 449}, {"sku": "b", "quantity": 1, "unit_cents": 8_900}]
    assert net_cents(lines) == 10_247
    assert net_cents([]) == 0
