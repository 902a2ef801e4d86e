"""Names of what was put away, in bounded memory: to know them again, and nothing more."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

BITS: Final = 1 << 22
HASHES: Final = 5


class Forgotten:
    """Names in half a megabyte, however many: what is in is found, and of 250,000 so is one other name in a thousand.

    Source: Bloom, "Space/time trade-offs in hash coding with allowable errors" (1970).
    """

    __slots__ = ("_bits", "count")

    def __init__(self) -> None:
        self._bits = bytearray()
        self.count = 0

    def add(self, name: str) -> None:
        self.count += 1
        self._bits = self._bits or bytearray(BITS // 8)
        for place in _places(name):
            self._bits[place >> 3] |= 1 << (place & 7)

    def __contains__(self, name: str) -> bool:
        if not self.count:
            return False
        return all(self._bits[place >> 3] >> (place & 7) & 1 for place in _places(name))


def _places(name: str) -> Iterable[int]:
    digest = int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest())
    one, other = digest & 0xFFFFFFFFFFFFFFFF, digest >> 64 | 1
    return [(one + i * other) % BITS for i in range(HASHES)]
