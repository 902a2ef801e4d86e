from tests.workers.services.test_client import CLIENT
from tests.workers.support import after, context, message, observed, sends, timer, timers
from workers.model.effects import Send, SetTimer
from workers.model.node import NOTHING
from workers.model.observation import Completed, Invoked
from workers.services.client import query_topic, session_of

CLAIMS = ["s1-1:OrderPlaced", "s1-1:OrderTaxed", "s1-1:OrderValidated"]
MAIL = message("OrderMailed", "s1-1", {"to": "s1-1@example.org", "version": 3, "claims": CLAIMS}, topic="mails")
FOLLOW = timer("FollowLink", "s1-1", {"version": CLAIMS})


def test_a_mail_is_opened_at_once_and_its_second_copy_thrown_away():
    step = CLIENT.step({}, MAIL, context())
    assert step.effects == (SetTimer("link:s1-1", 0, "FollowLink", "s1-1", {"version": CLAIMS}),)
    assert CLIENT.step(after({}, step), MAIL, context()) is NOTHING


def test_a_link_is_a_read_that_names_the_version_of_which_the_mail_spoke():
    step = CLIENT.step({}, FOLLOW, context(now_us=99, sent_us=70))
    [invoked] = observed(step)
    assert invoked == Invoked("s1-1:link", "s1", "read", "s1-1", {"version": CLAIMS}, 70, invoked.target)
    assert sends(step) == [
        Send(
            query_topic(invoked.target),
            "ReadOrder",
            "s1-1",
            {"op": "s1-1:link", "version": CLAIMS},
            reply_topic="replies",
            reply_key="s1",
        )
    ]
    assert [t.name for t in timers(step)] == ["timeout:s1-1:link"]


def test_a_link_ends_with_what_the_view_showed_or_says_why_it_did_not():
    pending = CLIENT.step({}, FOLLOW, context()).writes
    late = {"op": "s1-1:link", "outcome": "fail", "value": None, "version": 0, "seen": [], "error": "stale"}
    step = CLIENT.step(pending, message("OrderRead", "s1-1", late), context())
    shown = {"value": None, "version": 0, "seen": []}
    assert observed(step) == [Completed("s1-1:link", "s1", "read", "s1-1", "fail", shown, "stale")]
    assert after(dict(pending), step) == {}


def test_the_session_of_an_order_is_in_its_name():
    assert (session_of("s12-7"), session_of("ada-lovelace-0f0f")) == ("s12", "ada-lovelace")
