"""Tells every web process that the rows of a room changed. The channel layer carries nothing but that."""

from __future__ import annotations

import logging

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

log = logging.getLogger(__name__)

CHANGED = "room.changed"


def group_of(code: str) -> str:
    """The channel group of a room."""
    return f"room.{code}"


def tell(code: str) -> None:
    """The room's rows are not what they were. A layer that is away is no failure: hubs look by themselves too."""
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async_to_sync(layer.group_send)(group_of(code), {"type": CHANGED})
    except Exception as error:  # noqa: BLE001 - whatever the layer's client raises
        log.warning("room %s: nobody was told of the change: %r", code, error)
