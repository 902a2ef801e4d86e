"""Canonical JSON values: one form for equal values, and no floats. Owns the digest that tells states apart."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec

_SCALARS = frozenset((str, int, bool, type(None)))

canonical_bytes = msgspec.json.Encoder(order="sorted").encode
"""Canonical JSON bytes of builtins: equal values have equal bytes. Also the order in which siblings are shown."""


def canonical(value: Any) -> Any:
    """``value`` with the keys of every object sorted; TypeError names what is no JSON value or is a float.

    Floats are refused because their sums depend on the order of the operands, so that replicas would differ.
    """
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is list or kind is tuple:
        return [canonical(part) for part in value]
    if kind is dict:
        for key in value:
            if type(key) is not str:
                raise TypeError(f"the key {key!r} of a replicated object is no string; use strings as keys")
        return {key: canonical(value[key]) for key in sorted(value)}
    if kind is float:
        raise TypeError(f"{value!r} is a float; a replicated value counts in integers (cents, microseconds, ...)")
    raise TypeError(f"{value!r} of type {kind.__name__} is no JSON value; use strings, integers, lists and objects")


def distinct(values: list[Any]) -> list[Any]:
    """``values`` in canonical order, each once."""
    if len(values) < 2:
        return values
    by_bytes = {canonical_bytes(value): value for value in values}
    return [by_bytes[raw] for raw in sorted(by_bytes)]


def digest(value: Any) -> str:
    """16 hexadecimal digits that stand for a canonical value.

    One hash over the whole canonical form. Combining the hashes of a set's parts by XOR is wrong, see ``broken``.
    """
    return blake2b(canonical_bytes(value), digest_size=8).hexdigest()


def amount(number: int, *, least: int = 0) -> int:
    """``number`` if it is an integer of at least ``least``; ValueError or TypeError says what it is instead."""
    if type(number) is not int:
        raise TypeError(f"{number!r} is no integer; replicated amounts are integers")
    if number < least:
        raise ValueError(f"the amount {number} is less than {least}")
    return number
