"""The fields of a posted command as plain values; what cannot be read is refused by name."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from consistency_viz.experiments.commands import CommandRefused

TEXT_LENGTH_MAX = 200
DIGITS_MAX = 19


def text(request: HttpRequest, name: str) -> str:
    """A short text, stripped; empty if it was not sent."""
    value = request.POST.get(name, "").strip()
    if len(value) > TEXT_LENGTH_MAX or "\x00" in value:
        raise CommandRefused(f"The field {name} cannot be used.", f"Use at most {TEXT_LENGTH_MAX} plain characters.")
    return value


def whole_number(name: str, value: str) -> int:
    """A whole number that fits in 64 bits."""
    if not (value.isascii() and value.isdigit() and len(value) <= DIGITS_MAX):
        raise CommandRefused(f"The field {name} is no whole number.", "Use digits only, such as 3.")
    return int(value)


def order(request: HttpRequest) -> dict[str, Any]:
    """An order: ``sku`` and ``quantity`` may repeat, pairwise."""
    skus, quantities = request.POST.getlist("sku"), request.POST.getlist("quantity")
    if len(skus) != len(quantities):
        raise CommandRefused("Some articles have no quantity.", "Send one quantity for each article.")
    pairs = zip(skus, quantities, strict=True)
    lines = [{"sku": sku, "quantity": whole_number("quantity", quantity.strip())} for sku, quantity in pairs]
    return {"lines": lines, "country": text(request, "country"), "email": text(request, "email")}
