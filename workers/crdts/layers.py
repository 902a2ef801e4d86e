"""A mapping that shares most of itself with the one it was made from: no update need copy a whole state.

Two layers: an old dictionary that many versions share, and a few changes laid over it. A change copies the few; when
they are more than about the root of all, old and changes become one new dictionary. So a change to n keys costs
O(sqrt n), and little in practice: the shared layer is copied by C code, once in dozens of changes.

Rules
1. Nothing is ever changed in place: who holds a version may keep it.
2. Values are containers, and an empty one means that the key is absent.
3. Which keys lie in which layer is nobody's business: equality, iteration and length are those of ``plain()``.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Any, Final, Generic, TypeVar

import msgspec

V = TypeVar("V")

FEW: Final = 24
"""Up to so many keys a dictionary is copied whole; from then on changes are laid over it, at least so many of them."""


class Layers(msgspec.Struct, Generic[V], frozen=True, gc=False, eq=False):
    """The entries of ``old`` that ``new`` does not replace, and those of ``new`` that are not empty."""

    __hash__ = None  # type: ignore[assignment]

    old: dict[str, V]
    new: dict[str, V]

    def get(self, key: str, default: V | None = None) -> V | None:
        """The value at ``key``."""
        found = self.new.get(key)
        return self.old.get(key, default) if found is None else found or default

    def plain(self) -> dict[str, V]:
        """The same entries as one dictionary."""
        result = self.old.copy()
        put_all(result, self.new)
        return result

    def __contains__(self, key: object) -> bool:
        found = self.new.get(key)  # type: ignore[call-overload]
        return key in self.old if found is None else bool(found)

    def __getitem__(self, key: str) -> V:
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.plain())

    def __len__(self) -> int:
        old = self.old
        return len(old) + sum(bool(value) - (key in old) for key, value in self.new.items())

    def __eq__(self, other: object) -> bool:
        theirs = other.plain() if isinstance(other, Layers) else other
        return self.plain() == theirs

    def keys(self) -> KeysView[str]:
        """As of a dictionary."""
        return self.plain().keys()

    def values(self) -> ValuesView[V]:
        """As of a dictionary."""
        return self.plain().values()

    def items(self) -> ItemsView[str, V]:
        """As of a dictionary."""
        return self.plain().items()


def plain(entries: Any) -> dict[str, Any]:
    """``entries``, a dictionary or layers, as a dictionary."""
    return entries.plain() if type(entries) is Layers else entries


def laid(entries: Any, changes: dict[str, V]) -> Any:
    """``entries``, a dictionary or layers, with ``changes`` laid over them; ``changes`` is the caller's no more."""
    if type(entries) is dict:
        if len(entries) > FEW:
            return Layers(entries, changes)
        result = entries.copy()
        put_all(result, changes)
        return result
    new = entries.new
    if len(new) < FEW or len(new) ** 2 < len(entries.old):
        return Layers(entries.old, new | changes)
    result = entries.plain()
    put_all(result, changes)
    return result


def put_all(entries: dict[str, V], changes: Mapping[str, V]) -> None:
    """Put each change in its place, and take away the keys whose change is empty."""
    for key, value in changes.items():
        if value:
            entries[key] = value
        else:
            entries.pop(key, None)
