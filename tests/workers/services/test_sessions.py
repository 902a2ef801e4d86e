from hypothesis import given
from hypothesis import strategies as st

from tests.workers.services.test_client import ACCEPTED, PENDING, client
from tests.workers.support import after, context, message, observed, sends, timer
from workers.model.node import NOTHING
from workers.services.sessions import Sessions

VIEWS = ("view-1", "view-2", "view-3")
READ = timer("Read", "s1-1", {"session": "s1", "number": 1})
AGAIN = timer("Read", "s1-1", {"session": "s1", "number": 2})
ROAMING, STICKY = Sessions("roaming", "none", VIEWS), Sessions("sticky", "none", VIEWS)
WITH_TOKENS = client(tokens="position")


def test_who_roams_is_served_by_the_views_in_turn():
    served = [ROAMING.view("s1", "s1-1", turn) for turn in range(4)]
    assert sorted(served[:3]) == list(VIEWS)
    assert served[3] == served[0]


def test_who_sticks_keeps_its_view_and_sessions_are_spread_over_the_views():
    by_session = {s: {STICKY.view(s, f"{s}-{n}", n) for n in range(9)} for s in (f"s{n}" for n in range(30))}
    assert {len(views) for views in by_session.values()} == {1}
    assert set.union(*by_session.values()) == set(VIEWS)


@given(st.lists(st.sets(st.sampled_from("abcdef")), max_size=6))
def test_a_token_only_grows_and_holds_all_that_was_seen_of_this_order(sights):
    sessions, state = Sessions("roaming", "position", VIEWS), {}
    for updates in sights:
        state |= sessions.learn(state, "s1-1", updates)
        state |= sessions.learn(state, "s1-2", {"other"})
    assert sessions.token(state, "s1-1") == sorted(set().union(*sights))


def test_without_tokens_a_session_keeps_nothing_and_asks_for_nothing():
    assert ROAMING.learn({}, "s1-1", {"u"}) == {}
    state = after({}, client().step({"s1-1:place": PENDING}, ACCEPTED, context()))
    [query] = sends(client().step(state, READ, context()))
    assert query.data == {"op": "s1-1:read1"}


def test_the_answer_to_a_write_is_the_token_of_the_next_read():
    step = WITH_TOKENS.step({"s1-1:place": PENDING}, ACCEPTED, context())
    read = WITH_TOKENS.step(after({"s1-1:place": PENDING}, step), READ, context())
    assert sends(read)[0].data == {"op": "s1-1:read1", "at_least": ["s1-1:OrderPlaced"]}
    assert observed(read)[0].value == {"version": ["s1-1:OrderPlaced"]}


def test_what_one_answer_has_shown_the_next_read_asks_for_and_a_stale_answer_adds_nothing():
    seen = ["s1-1:OrderPlaced", "s1-1:OrderValidated"]
    for outcome, token in (("ok", seen), ("fail", None)):
        state = dict(WITH_TOKENS.step({}, READ, context()).writes)
        shown = {"op": "s1-1:read1", "outcome": outcome, "value": {}, "version": 2, "seen": seen}
        state = after(state, WITH_TOKENS.step(state, message("OrderRead", "s1-1", shown), context()))
        assert sends(WITH_TOKENS.step(state, AGAIN, context()))[0].data.get("at_least") == token


def test_what_a_mail_has_said_the_reads_of_its_session_ask_for():
    claims = ["s1-1:OrderPlaced", "s1-1:OrderTaxed"]
    mail = message("OrderMailed", "s1-1", {"to": "e", "version": 2, "claims": claims}, topic="mails")
    state = after({}, WITH_TOKENS.step({}, mail, context()))
    assert WITH_TOKENS.step(state, mail, context()) is NOTHING
    assert sends(WITH_TOKENS.step(state, READ, context()))[0].data["at_least"] == claims
