"""The business rules of validation and tax, without any messaging."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from workers.model.message import Json
from workers.services.catalogue_of_goods import ORDER_LIMIT_CENTS, TAX_BASIS_POINTS
from workers.services.orders import net_cents


def check_lines(order: Json) -> str:
    """Why an order is rejected for its lines, or an empty string."""
    if not order["lines"]:
        return "it has no lines"
    return "a quantity is below 1" if any(line["quantity"] < 1 for line in order["lines"]) else ""


def check_country(order: Json) -> str:
    """Why an order is rejected for where it goes, or an empty string."""
    return "" if order["country"] in TAX_BASIS_POINTS else f"no tax rate is known for {order['country']}"


def check_limit(order: Json) -> str:
    """Why an order is rejected for its value, or an empty string."""
    above = net_cents(order["lines"]) > ORDER_LIMIT_CENTS
    return f"its net value exceeds {ORDER_LIMIT_CENTS // 100}" if above else ""


CHECKS: Final[dict[str, Callable[[Json], str]]] = {
    "lines": check_lines,
    "country": check_country,
    "limit": check_limit,
}
"""What validation consists of: each check by its name."""


def rejection(order: Json) -> str:
    """Why an order is rejected, or an empty string if it is valid."""
    return next((reason for check in CHECKS.values() if (reason := check(order))), "")


def tax(net: int, country: str) -> Json:
    """Tax and total in cents, rounded half up."""
    tax_cents = (net * TAX_BASIS_POINTS[country] + 5_000) // 10_000
    return {"tax_cents": tax_cents, "total_cents": net + tax_cents}
