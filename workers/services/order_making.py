"""The orders that the clients of the order flow place: seeded, so that both drivers place the same ones."""

from __future__ import annotations

from workers.model.message import Json
from workers.model.randomness import draws
from workers.services.catalogue_of_goods import SKUS, TAX_BASIS_POINTS
from workers.services.orders import net_cents

_GOODS = tuple(SKUS.items())
_COUNTRIES = tuple(TAX_BASIS_POINTS)


def make_order(key: str, seed: int, invalid_share: float) -> Json:
    """One to three lines, a country, and with probability ``invalid_share`` something that validation rejects."""
    lines_u, country_u, invalid_u, *line_us = draws(seed, key, 9)
    lines: list[Json] = []
    for index in range(1 + int(3 * lines_u)):
        sku, unit_cents = _GOODS[int(len(_GOODS) * line_us[2 * index])]
        quantity = 1 + int(3 * line_us[2 * index + 1])
        lines.append({"sku": sku, "quantity": quantity, "unit_cents": unit_cents})
    if invalid_u < invalid_share:
        lines[0]["quantity"] = 500
    country = _COUNTRIES[int(len(_COUNTRIES) * country_u)]
    return {"lines": lines, "country": country, "email": f"{key}@example.org", "net_cents": net_cents(lines)}
