from tests.workers.support import ORDER, after, context, message, observed
from workers.model.node import NOTHING
from workers.services.mail_when_shown import MailWhenShown

SERVICE = MailWhenShown(("view-1", "view-2"))
ORDER_SHOWN = {"OrderPlaced": ORDER, "OrderValidated": {}, "OrderTaxed": {"tax_cents": 1, "total_cents": 11_991}}


def updated(view):
    return message("ViewUpdated", "s1-1", {"view": view, "order": ORDER_SHOWN})


def test_an_order_is_mailed_once_all_views_show_it_and_not_before():
    first = SERVICE.step({}, updated("view-2"), context())
    assert first.effects == ()
    second = SERVICE.step(after({}, first), updated("view-1"), context())
    assert [(body.key, body.detail["version"]) for body in observed(second)] == [("s1-1", 3)]
    state = after({}, second)
    assert [SERVICE.step(state, updated(view), context()) for view in ("view-1", "view-2")] == [NOTHING, NOTHING]


def test_a_view_that_says_it_twice_is_one_view():
    first = SERVICE.step({}, updated("view-1"), context())
    assert SERVICE.step(after({}, first), updated("view-1"), context()) is NOTHING


def test_everything_else_is_ignored():
    assert SERVICE.step({}, message("OrderValidated"), context()) is NOTHING
    assert SERVICE.start(context()) is NOTHING
