"""Seeded chance without a generator: every draw is a function of the seed and of what it is for.

A keyed BLAKE2b stands in for the random source, so a draw depends neither on how many draws came before it nor on
``PYTHONHASHSEED``, and both drivers make the same decision for the same message.
"""

from __future__ import annotations

from hashlib import blake2b
from struct import Struct, unpack

_FOUR = Struct(">4Q")
_ONE = Struct(">Q")
SCALE = 2.0**-53
MASK = 2**64 - 1
SPREAD = 0x9E3779B97F4A7C15
"""2**64 over the golden ratio, odd."""


Lanes = tuple[int, int, int, int]
"""Four independent 64-bit numbers that decide what happens to one message."""


class Chance:
    """The random bits of one seed for messages; a target mixes them with its own salt (``uniform``)."""

    __slots__ = ("_keyed",)

    def __init__(self, seed: int) -> None:
        self._keyed = blake2b(digest_size=32, key=_ONE.pack(seed % 2**64))

    def lanes(self, label: str) -> Lanes:
        """The lanes of one label."""
        state = self._keyed.copy()
        state.update(label.encode())
        return _FOUR.unpack(state.digest())


def uniform(lane: int, salt: int) -> float:
    """A uniform number in [0, 1) from a lane and a target's salt, by one multiplication modulo 2**64.

    Lane and salt are hashes already, so it only has to spread the difference of two salts over the high bits.
    """
    return ((((lane ^ salt) * SPREAD) & MASK) >> 11) * SCALE


def salt_of(label: str) -> int:
    """64 bits that stand for a label."""
    return int(_ONE.unpack(blake2b(label.encode(), digest_size=8).digest())[0])


def draw(seed: int, *labels: str) -> float:
    """One uniform number in [0, 1) for these labels."""
    digest = blake2b("\x00".join(labels).encode(), digest_size=8, key=_ONE.pack(seed % 2**64)).digest()
    return (int(_ONE.unpack(digest)[0]) >> 11) * SCALE


def draws(seed: int, label: str, count: int) -> list[float]:
    """``count`` uniform numbers in [0, 1) for one label, at most 16, with 32 bits each."""
    digest = blake2b(label.encode(), digest_size=4 * count, key=_ONE.pack(seed % 2**64)).digest()
    return [number * 2.0**-32 for number in unpack(f">{count}L", digest)]
