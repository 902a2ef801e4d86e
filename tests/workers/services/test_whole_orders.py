from hypothesis import given
from hypothesis import strategies as st

from tests.workers.support import INVALID_ORDER, ORDER
from workers.services.orders import FACTS
from workers.services.whole_orders import (
    join,
    mailing,
    merge_by_hand,
    merge_by_hand_broken,
    observations,
    shown,
    take_last,
    take_newest,
    taxation,
    validation,
)

TAX = {"tax_cents": 2_278, "total_cents": 14_268}
PLACED = {"OrderPlaced": ORDER}
TAXED = {**PLACED, "OrderTaxed": TAX}
VALID = {**PLACED, "OrderValidated": {}}
wholes = st.dictionaries(
    st.sampled_from(FACTS), st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 3), max_size=2), min_size=1
)


def test_validation_adds_its_judgement_once_it_knows_the_order():
    assert validation(PLACED) == ("OrderValidated", {k: ORDER[k] for k in ("net_cents", "country", "email")})
    assert validation({"OrderPlaced": INVALID_ORDER}) == ("OrderRejected", {"reason": "its net value exceeds 1000"})
    assert validation({"OrderTaxed": TAX}) is None


def test_tax_adds_the_tax_and_none_where_no_rate_is_known():
    assert taxation(PLACED) == ("OrderTaxed", TAX)
    nowhere = {"OrderPlaced": {**ORDER, "country": "XX"}}
    assert taxation(nowhere) == ("OrderTaxed", {"tax_cents": 0, "total_cents": 11_990})
    assert taxation({"OrderValidated": {}}) is None


def test_only_an_order_that_is_valid_and_taxed_is_mailed():
    assert mailing({**TAXED, **VALID}) == ("OrderMailed", {"to": "s1-1@example.org"})
    incomplete = [
        PLACED,
        TAXED,
        VALID,
        {**TAXED, **VALID, "OrderRejected": {}},
        {"OrderTaxed": {}, "OrderValidated": {}},
    ]
    assert [mailing(order) for order in incomplete] == [None] * 5


@given(wholes, wholes, wholes)
def test_the_join_is_a_semilattice_and_takes_nothing_away(a, b, c):
    def joined(x, y):
        return join(x, "", y)

    copies = dict(a), dict(b)
    assert joined(a, b) == joined(b, a)
    assert (a, b) == copies
    assert joined(joined(a, b), c) == joined(a, joined(b, c))
    assert joined(a, a) == a == joined(None, a)
    assert joined(a, b).keys() == a.keys() | b.keys()
    assert joined(a, joined(a, b)) == joined(a, b)


@given(st.permutations([PLACED, TAXED, VALID, TAXED, {**TAXED, **VALID}]))
def test_merged_by_hand_an_order_is_the_same_whatever_came_first_and_how_often(arrivals):
    mine = None
    for theirs in arrivals:
        mine = merge_by_hand(mine, "", theirs)
    assert mine == {**TAXED, **VALID}


def test_the_broken_merge_adds_the_tax_each_time_the_taxed_order_comes():
    assert merge_by_hand_broken(VALID, "OrderTaxed", TAXED) == {**TAXED, **VALID}
    twice = merge_by_hand_broken(TAXED, "OrderTaxed", TAXED)
    assert twice["OrderTaxed"] == {"tax_cents": 2_278, "total_cents": 14_268 + 2_278}
    assert TAXED["OrderTaxed"] == TAX
    other_way_round = merge_by_hand_broken({**TAXED, **VALID}, "OrderTaxed", TAXED)
    assert other_way_round["OrderTaxed"]["total_cents"] == 14_268 + 2_278
    assert merge_by_hand_broken(TAXED, "OrderValidated", {**TAXED, **VALID}) == {**TAXED, **VALID}


def test_the_last_order_taken_is_all_that_stays():
    assert take_last(TAXED, "OrderValidated", VALID) == VALID


def test_a_replica_reports_each_fact_that_is_new_to_it():
    both = {**TAXED, **VALID}
    reported = [o.body for o in observations("o1", PLACED, both, "OrderTaxed")]
    assert [(body.update, body.version, body.value["valid"]) for body in reported] == [
        ("o1:OrderValidated", 2, True),
        ("o1:OrderTaxed", 3, True),
    ]
    assert reported[-1].value == shown(both)
    assert list(observations("o1", both, both, "OrderTaxed")) == []


def test_a_replica_that_only_lost_something_reports_what_came():
    [lost] = observations("o1", {**TAXED, **VALID}, VALID, "OrderValidated")
    assert (lost.body.update, lost.body.value) == ("o1:OrderValidated", shown(VALID))
    [placed, gone] = [next(observations("o1", None, PLACED, "OrderPlaced")), *observations("o1", TAXED, VALID, "x")]
    assert (placed.body.version, gone.body.update, gone.body.version) == (1, "o1:OrderValidated", 2)


def test_of_two_versions_the_greater_is_the_newer():
    assert take_newest(None, "OrderPlaced", PLACED) == PLACED
    assert take_newest(TAXED, "OrderPlaced", PLACED) == TAXED
    assert take_newest(PLACED, "OrderTaxed", TAXED) == TAXED
