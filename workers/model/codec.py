"""The wire format: MessagePack arrays by msgspec for messages, turns and records (ADR 4)."""

from __future__ import annotations

from typing import Any

import msgspec

from workers.model.message import Message
from workers.model.observation import Turn

pack = msgspec.msgpack.Encoder().encode
"""Any builtin value or struct to bytes."""

unpack_message = msgspec.msgpack.Decoder(Message).decode
unpack_turn = msgspec.msgpack.Decoder(Turn).decode
_unpack = msgspec.msgpack.Decoder().decode


def unpack(raw: bytes) -> Any:
    """Bytes to builtin values."""
    return _unpack(raw)
