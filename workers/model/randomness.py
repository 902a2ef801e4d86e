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


class Chance:
    """The draws of one seed (taken modulo 2**64). The hash state with the key in it is made once and copied."""

    __slots__ = ("_keyed",)

    def __init__(self, seed: int) -> None:
        self._keyed = blake2b(digest_size=32, key=_ONE.pack(seed % 2**64))

    def four(self, label: str) -> tuple[float, float, float, float]:
        """Four independent uniform numbers in [0, 1) for one label, at the price of one hash."""
        state = self._keyed.copy()
        state.update(label.encode())
        a, b, c, d = _FOUR.unpack(state.digest())
        return (a >> 11) * _SCALE, (b >> 11) * _SCALE, (c >> 11) * _SCALE, (d >> 11) * _SCALE

    def second_of_four(self, label: str) -> float:
        """The second of ``four``'s numbers, where the others are not needed."""
        state = self._keyed.copy()
        state.update(label.encode())
        return (_ONE.unpack_from(state.digest(), 8)[0] >> 11) * _SCALE  # type: ignore[no-any-return]


def draw(seed: int, *labels: str) -> float:
    """One uniform number in [0, 1) for these labels."""
    digest = blake2b("\x00".join(labels).encode(), digest_size=8, key=_ONE.pack(seed % 2**64)).digest()
    return (_ONE.unpack(digest)[0] >> 11) * _SCALE  # type: ignore[no-any-return]
