"""What can be ordered, and the tax due on it. All money is in integer cents, rates in basis points."""

from __future__ import annotations

from typing import Final

SKUS: Final[dict[str, int]] = {
    "espresso-cup": 1_290,
    "moka-pot": 3_450,
    "grinder": 8_900,
    "kettle": 5_995,
    "beans-1kg": 2_280,
    "paper-filters": 449,
}
"""Unit price in cents by stock-keeping unit."""

TAX_BASIS_POINTS: Final[dict[str, int]] = {"DE": 1_900, "FR": 2_000, "IT": 2_200, "NL": 2_100, "SE": 2_500, "CH": 810}
"""Sales tax by country, in hundredths of a per cent."""

ORDER_LIMIT_CENTS: Final = 100_000
"""Net value above which validation rejects an order."""
