"""Seeded chance without a generator: every draw is a function of the seed and of what it is for.

A keyed BLAKE2b stands in for the random source, so a draw depends neither on how many draws came before it nor on
``PYTHONHASHSEED``, and both drivers make the same decision for the same message.
"""

from __future__ import annotations

from hashlib import blake2b
from struct import Struct

_FOUR = Struct(">4Q")
_ONE = Struct(">Q")
_SCALE = 2.0**-53


def seed_key(seed: int) -> bytes:
    """The 8-byte key of a seed (seeds are taken modulo 2**64)."""
    return _ONE.pack(seed % 2**64)


def draw(seed: int, *labels: str) -> float:
    """One uniform number in [0, 1) for these labels."""
    digest = blake2b("\x00".join(labels).encode(), digest_size=8, key=seed_key(seed)).digest()
    return (_ONE.unpack(digest)[0] >> 11) * _SCALE


def four_draws(key: bytes, label: str) -> tuple[float, float, float, float]:
    """Four independent uniform numbers in [0, 1) for one label, at the price of one hash."""
    a, b, c, d = _FOUR.unpack(blake2b(label.encode(), digest_size=32, key=key).digest())
    return (a >> 11) * _SCALE, (b >> 11) * _SCALE, (c >> 11) * _SCALE, (d >> 11) * _SCALE
