"""Synchronous chain over one global state: requests and replies, each with a time-out, and serial transactions.

::

    client --commands--> order == validate ==> validation, == tax ==> tax, == commit ==> store, == mail ==> email
    every view replica asks the store for each read
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.checkout import REPLY_TOPIC, CheckoutService
from workers.services.client import CLIENT_TOPICS, COMMANDS, REPLIES, query_topic
from workers.services.email import EmailService
from workers.services.store import GlobalStore
from workers.services.tax import TaxService
from workers.services.validation import ValidationService
from workers.services.view import ReadThroughView

STORE = "rpc.store"
_ASKED = ("rpc.validation", "rpc.tax", STORE, "rpc.email")


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    views = tuple(f"view-{number + 1}" for number in range(options.views))
    queries = tuple(query_topic(view) for view in views)
    view_replies = tuple(f"rpc.{view}" for view in views)
    return (
        NodeSpec("client", options.client(views), CLIENT_TOPICS, (COMMANDS, *queries), role="client"),
        NodeSpec("order", CheckoutService(options.rpc_timeout_ms), (COMMANDS, REPLY_TOPIC), (*_ASKED, REPLIES)),
        NodeSpec("validation", ValidationService(), ("rpc.validation",), (REPLY_TOPIC,)),
        NodeSpec("tax", TaxService(), ("rpc.tax",), (REPLY_TOPIC,)),
        NodeSpec("email", EmailService(), ("rpc.email",), (REPLY_TOPIC,)),
        NodeSpec("store", GlobalStore(), (STORE,), (REPLY_TOPIC, *view_replies), role="store", replica=True),
        *(
            NodeSpec(view, ReadThroughView(STORE, answers), (query, answers), (STORE, REPLIES), role="view")
            for view, query, answers in zip(views, queries, view_replies, strict=True)
        ),
    )


DESIGN = Design(
    name="synchronous",
    title="Synchronous chain, one global state",
    summary="One request after the other, serial transactions on one state: reads see the latest write.",
    promises="One state, so nothing can diverge: every read sees every transaction committed before it.",
    costs="Latency adds up hop by hop, one service that does not answer ends the checkout, and each service added "
    "makes every order slower.",
    use_when="Few, fast, dependable services close to each other, and an answer that is complete is worth waiting for.",
    source="The article's synchronous version; one ACID database behind RPC services.",
    nodes=_nodes,
    convergent=True,
    survives_loss=True,
)
