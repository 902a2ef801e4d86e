"""Rooms over a stand-in for the remote control; ``tests/stack`` and ``tests/browser`` play them for real."""

from __future__ import annotations

from typing import Any

import pytest

from consistency_viz.rooms import access, limits
from consistency_viz.rooms.models import Room
from tests.experiments.conftest import FakeControl, control, make_run, presenter  # noqa: F401 - fixtures


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests():
    limits._limiter.storage.reset()


@pytest.fixture
def make_room(db):
    def make_room(**fields: Any) -> Room:
        return Room.objects.create(**{"title": "Workshop", "scenario": "likes", **fields})

    return make_room


@pytest.fixture
def seated(client):
    """A browser with a seat in a room."""

    def seated(room: Room, number: int) -> Any:
        client.cookies[access.seat_cookie(room.code)] = access.seat_token(room.code, number)
        return client

    return seated
