"""Guests: people outside of the run, each with a session of its own, whose wishes the client node carries out.

A wish is one message of type ``ACT`` on the topic ``GUESTS``, whose key is the session, so that one shard has all of a
guest's operations. Its data: ``do``, ``key``, ``target`` (the replica or view that is asked) and ``value``. The guest
learns what came of it as everybody does: from the history, by the operation's session.
"""

from __future__ import annotations

from typing import Final

from workers.model.message import Message

GUESTS: Final = "guests"
ACT: Final = "Act"
PREFIX: Final = "guest-"
"""What a guest's session is called begins with this; no other session's name does."""

WAITING_MAX: Final = 16
"""So many wishes of one guest may wait for their turn; more are not begun, and end as failed."""


def is_guest(session: str) -> bool:
    """Whether a session is a guest's: nothing is done in its name that it did not wish for."""
    return session.startswith(PREFIX)


def name_of(wish: Message) -> str:
    """The name of the operation that a wish becomes; no other wish's."""
    return f"{wish.key}-{wish.id.rpartition('-')[2]}"
