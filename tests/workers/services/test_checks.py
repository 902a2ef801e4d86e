from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workers.support import INVALID_ORDER, ORDER
from workers.services.catalogue_of_goods import ORDER_LIMIT_CENTS, TAX_BASIS_POINTS
from workers.services.checks import rejection, tax


def half_up(exact: Fraction) -> int:
    return (exact + Fraction(1, 2)).__floor__()


@given(st.integers(0, 10**12), st.sampled_from(sorted(TAX_BASIS_POINTS)))
def test_tax_is_the_exact_tax_rounded_half_up(net, country):
    tax_cents = half_up(Fraction(net * TAX_BASIS_POINTS[country], 10_000))
    assert tax(net, country) == {"tax_cents": tax_cents, "total_cents": net + tax_cents}


@pytest.mark.parametrize(
    ("net", "country", "tax_cents"),
    [
        (50, "DE", 10),
        (49, "DE", 9),
        (150, "DE", 29),
        (0, "DE", 0),
        (5, "FR", 1),
        (2, "SE", 1),
        (1, "SE", 0),
        (11_990, "DE", 2_278),
    ],
)
def test_half_a_cent_of_tax_is_a_cent(net, country, tax_cents):
    assert tax(net, country) == {"tax_cents": tax_cents, "total_cents": net + tax_cents}


def line(quantity=1, unit_cents=100):
    return {"sku": "kettle", "quantity": quantity, "unit_cents": unit_cents}


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (ORDER, ""),
        ({**ORDER, "lines": []}, "it has no lines"),
        ({**ORDER, "lines": [line(), line(0)]}, "a quantity is below 1"),
        ({**ORDER, "lines": [line(-3)]}, "a quantity is below 1"),
        ({**ORDER, "country": "XX"}, "no tax rate is known for XX"),
        ({**ORDER, "lines": [line(1, ORDER_LIMIT_CENTS)]}, ""),
        (
            {**ORDER, "lines": [line(1, ORDER_LIMIT_CENTS), line(1, 1)]},
            f"its net value exceeds {ORDER_LIMIT_CENTS // 100}",
        ),
        (INVALID_ORDER, f"its net value exceeds {ORDER_LIMIT_CENTS // 100}"),
    ],
)
def test_an_order_is_rejected_for_what_is_wrong_with_it(order, reason):
    assert rejection(order) == reason
