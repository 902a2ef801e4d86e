"""View updated: as timeliness, but the mail goes out when every view has said that it shows the order.

::

    client --commands--> order --placed--> tax --taxed--> validation --validated--> order, every view
    every view --view-updated--> email --mails--> client --queries--> a view, which has what the mail speaks of
"""

from __future__ import annotations

from workers.model.design import Design, Options
from workers.model.node import NodeSpec
from workers.services.client import CLIENT_TOPICS, COMMANDS, MAILS, REPLIES, query_topic
from workers.services.mail_when_shown import MailWhenShown
from workers.services.orders import REJECTED, TAXED, VALIDATED
from workers.services.whole_flow import WholeOrderAdder, WholeOrderIntake, WholeOrdersView
from workers.services.whole_orders import taxation, validation

UPDATED = "view-updated"


def _nodes(options: Options) -> tuple[NodeSpec, ...]:
    views = tuple(f"view-{number + 1}" for number in range(options.views))
    queries = tuple(query_topic(view) for view in views)
    tax = WholeOrderAdder(taxation, {TAXED: "taxed"})
    shows = WholeOrdersView(options.rpc_timeout_ms, updated_topic=UPDATED)
    check = WholeOrderAdder(validation, {VALIDATED: "validated", REJECTED: "validated"})
    return (
        NodeSpec("client", options.client(views), (*CLIENT_TOPICS, MAILS), (COMMANDS, *queries), role="client"),
        NodeSpec("order", WholeOrderIntake("placed"), (COMMANDS, "validated"), ("placed", REPLIES), replica=True),
        NodeSpec("tax", tax, ("placed",), ("taxed",)),
        NodeSpec("validation", check, ("taxed",), ("validated",)),
        NodeSpec("email", MailWhenShown(views), (UPDATED,), (MAILS,)),
        *(
            NodeSpec(view, shows, ("placed", "validated", query), (REPLIES, UPDATED), role="view", replica=True)
            for view, query in zip(views, queries, strict=True)
        ),
    )


DESIGN = Design(
    name="timeliness-view-updated",
    title="Mail after the view",
    summary="The views announce that they show the order, and that triggers the mail: serial in another manner.",
    promises="When the mail goes out every view shows at least what it claims, so its link never disappoints.",
    costs="The mail waits for the slowest view, and a view that stands still holds back every mail. The e-mail service "
    "has to know which views there are.",
    use_when="A later mail is harmless and a link that shows nothing is not.",
    source="The article's second cure for lag: a view-updated event triggers the e-mail.",
    nodes=_nodes,
    convergent=True,
    survives_loss=False,
)
