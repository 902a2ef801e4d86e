"""Single writer for each transition: every kind of event about an order has its own stream and one writing service.

Rules
1. An order moves by transitions: placed, validated or rejected, taxed, mailed. ``WRITERS`` says for each stream which
   transitions stand on it and which one service writes them. Nobody else has the right to.
2. The writers do not wait for each other: a service writes its transition as soon as the facts that it has joined from
   the streams it follows allow it.
3. No stream contains a whole order. Whoever wants one joins the streams: facts that come in any order make one order.

Source: the article's "single writer per transition" (DESIGN 1, design 5b).
"""

from __future__ import annotations

from typing import Final

from workers.model.effects import Send
from workers.model.message import Json
from workers.services.declared_writers import Writers
from workers.services.order_writer import Commander
from workers.services.orders import FACTS, MAILED, PLACED, REJECTED, TAXED, VALIDATED

WRITERS: Final[Writers] = {
    "orders.placed": {PLACED: ("order",)},
    "orders.validated": {VALIDATED: ("validation",), REJECTED: ("validation",)},
    "orders.taxed": {TAXED: ("tax",)},
    "orders.mailed": {MAILED: ("email",)},
}
STREAM_OF: Final = {fact: stream for stream, types in WRITERS.items() for fact in types}
"""On which stream each transition stands."""


def written_by(node: str) -> Writers:
    """The part of the matrix that ``node`` owns."""
    return {stream: types for stream, types in WRITERS.items() if any(node in nodes for nodes in types.values())}


class TransitionWriter(Commander):
    """A service that joins the streams it follows and writes its own transition of each order, once."""

    def announcement(self, key: str, fact: str, data: Json) -> Send:
        """The transition, on its own stream; its number is its place in the life of an order."""
        return Send(STREAM_OF[fact], fact, key, data, sequence=FACTS.index(fact) + 1)
