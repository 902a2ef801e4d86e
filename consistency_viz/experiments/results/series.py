"""Which colour a variant has: the same in every figure of an experiment. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

SERIES: Final = 7
"""Colours that can be told apart (``--series-1`` and so on); further variants begin again."""


def series_of(summary: Mapping[str, Any], variant: str) -> int:
    """The number of a variant's colour, from 1."""
    variants = list(dict.fromkeys(cell["variant"] for cell in summary["cells"]))
    return variants.index(variant) % SERIES + 1
