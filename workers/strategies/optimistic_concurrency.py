"""Optimistic concurrency: each service reads an order with its version, and its write counts only if that still holds.

::

    client --commands--> order, validation, tax, email == read, compare, write ==> store --changed--> they, every view
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.client import CLIENT_TOPICS, COMMANDS, REPLIES, query_topic
from workers.services.optimistic_writer import OptimisticIntake, OptimisticMailer, OptimisticWriter
from workers.services.versioned_store import VersionedStore
from workers.services.whole_flow import WholeOrdersView
from workers.services.whole_orders import mailing, take_newest, taxation, validation

STORE = "store.requests"
ANSWERS = {name: f"store.{name}" for name in ("order", "validation", "tax", "email")}


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    views = tuple(f"view-{number + 1}" for number in range(options.views))
    queries = tuple(query_topic(view) for view in views)
    timeout_ms = options.rpc_timeout_ms
    check = OptimisticWriter(validation, STORE, ANSWERS["validation"], timeout_ms)
    tax = OptimisticWriter(taxation, STORE, ANSWERS["tax"], timeout_ms)
    email = OptimisticMailer(mailing, STORE, ANSWERS["email"], timeout_ms)
    intake = OptimisticIntake(STORE, ANSWERS["order"], timeout_ms)
    store = VersionedStore("changed")
    return (
        NodeSpec("client", options.client(views), CLIENT_TOPICS, (COMMANDS, *queries), role="client"),
        NodeSpec("order", intake, (COMMANDS, ANSWERS["order"]), (STORE, REPLIES)),
        NodeSpec("validation", check, ("changed", ANSWERS["validation"]), (STORE,)),
        NodeSpec("tax", tax, ("changed", ANSWERS["tax"]), (STORE,)),
        NodeSpec("email", email, ("changed", ANSWERS["email"]), (STORE,)),
        NodeSpec("store", store, (STORE,), ("changed", *ANSWERS.values()), role="store", replica=True),
        *(
            NodeSpec(
                view,
                WholeOrdersView(options.rpc_timeout_ms, take_newest),
                ("changed", query),
                (REPLIES,),
                role="view",
                replica=True,
            )
            for view, query in zip(views, queries, strict=True)
        ),
    )


DESIGN = Design(
    name="optimistic-concurrency",
    title="Optimistic concurrency by version",
    summary="Everybody may write; the store takes a write only if its version is the one that the writer has read.",
    promises="The versions of an order have no gaps and one writer each, and no write overwrites what its writer has "
    "not seen. A write that is asked for again is not done again.",
    costs="Two round trips for each write, and all of it again after each conflict: the more writers meet at one "
    "order, the more attempts are in vain. After the last attempt the write is given up.",
    use_when="Conflicts are rare, and the storage can compare and write in one step.",
    source="The article's version numbers; compare-and-set with retries.",
    nodes=_nodes,
    convergent=True,
    survives_loss=False,
)
