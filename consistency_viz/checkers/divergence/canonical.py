"""When two values are the same value: by their canonical bytes."""

from __future__ import annotations

from typing import Any, Final

import msgspec

_pack = msgspec.msgpack.Encoder(order="deterministic").encode
_to_json = msgspec.json.Encoder(order="deterministic").encode


def canonical(value: Any) -> bytes:
    """Equal bytes exactly for equal JSON values: the order of an object's members is irrelevant, 1 and True differ.

    Numbers are equal if they are written alike: 1 and 1.0 differ (a value in canonical form has no floats).
    """
    try:
        return _pack(value)
    except OverflowError:  # an integer beyond 64 bits, which JSON has and MessagePack has not; 0xc1 begins nothing else
        return b"\xc1" + _to_json(value)


ABSENT: Final = canonical(None)
"""What a replica shows that never applied the key, and one that applied its deletion."""
