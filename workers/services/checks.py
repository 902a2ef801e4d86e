"""The business rules of validation and tax, without any messaging."""

from __future__ import annotations

from workers.model.message import Json
from workers.services.catalogue_of_goods import ORDER_LIMIT_CENTS, TAX_BASIS_POINTS
from workers.services.orders import net_cents


def rejection(order: Json) -> str:
    """Why an order is rejected, or an empty string if it is valid."""
    if not order["lines"]:
        return "it has no lines"
    if any(line["quantity"] < 1 for line in order["lines"]):
        return "a quantity is below 1"
    if order["country"] not in TAX_BASIS_POINTS:
        return f"no tax rate is known for {order['country']}"
    if net_cents(order["lines"]) > ORDER_LIMIT_CENTS:
        return f"its net value exceeds {ORDER_LIMIT_CENTS // 100}"
    return ""


def tax(net: int, country: str) -> Json:
    """Tax and total in cents, rounded half up."""
    tax_cents = (net * TAX_BASIS_POINTS[country] + 5_000) // 10_000
    return {"tax_cents": tax_cents, "total_cents": net + tax_cents}
