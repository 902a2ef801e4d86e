from tests.workers.support import ORDER, after, context, message, observed, sends
from workers.model.node import NOTHING
from workers.model.observation import Effected
from workers.services.early_mail import EarlyMailer

BROKEN, APOLOGETIC = EarlyMailer("mailed"), EarlyMailer("mailed", apologises=True)
PLACED, REJECTED = message("OrderPlaced", "s1-1", ORDER), message("OrderRejected", "s1-1", {"reason": "r"})
TO = "s1-1@example.org"
EARLY = Effected("email", "s1-1", {"to": TO, "claims": ["s1-1:OrderPlaced", "s1-1:OrderValidated"], "version": 2})
TOLD = {"to": TO, "claims": ["s1-1:OrderPlaced", "s1-1:OrderRejected"], "version": 2}


def play(mailer, *messages):
    """The mails that go out as these messages come, and the state at the end."""
    state, mails = {}, []
    for each in messages:
        step = mailer.step(state, each, context())
        state = after(state, step)
        mails += observed(step)
    return mails


def test_the_mail_goes_out_with_the_order_and_claims_that_it_is_valid():
    step = BROKEN.step({}, PLACED, context())
    assert observed(step) == [EARLY]
    assert [(s.topic, s.type, s.partition_key) for s in sends(step)] == [
        ("mailed", "OrderMailed", ""),
        ("mails", "OrderMailed", "s1"),
    ]
    assert BROKEN.start(context()) is NOTHING


def test_copies_bring_no_second_mail_of_a_kind():
    assert play(BROKEN, PLACED, PLACED, REJECTED) == [EARLY]
    apology = Effected("email", "s1-1", {**TOLD, "retracts": ["s1-1:OrderValidated"]})
    assert play(APOLOGETIC, PLACED, REJECTED, PLACED, REJECTED) == [EARLY, apology]


def test_where_the_rejection_overtakes_the_order_one_mail_says_so_and_nothing_false():
    assert play(APOLOGETIC, REJECTED, PLACED, REJECTED, PLACED) == [Effected("email", "s1-1", TOLD)]
