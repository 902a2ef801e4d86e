import pytest

from consistency_viz.live.frames import WindowView
from consistency_viz.live.page.sentences import Told, tell, window
from consistency_viz.live.page.wording import NAME_LENGTH_MAX
from workers.model.observation import (
    Applied,
    Changed,
    Completed,
    Delivered,
    Dropped,
    Effected,
    Faulted,
    Invoked,
    Observation,
)


@pytest.mark.parametrize(
    ("body", "tone", "text"),
    [
        (
            Applied("o1", {}, "o1:OrderTaxed"),
            "plain",
            "tax learned that order o1 was taxed (4,711 ms after it was placed)",
        ),
        (Applied("o1", {}, "o1:x"), "plain", "tax applied o1:x: it shows "),
        (
            Applied("cart-1", ["milk", "tea"], "cart-1@eu.3"),
            "plain",
            "tax learned of update 3 of eu to cart-1: it shows {milk, tea}",
        ),
        (Applied("likes-1", 3, "likes-1@tax.2"), "plain", "tax took update 2 of its own to likes-1: it shows 3"),
        (Applied("stock-1", 10, "stock-1@initial"), "plain", "tax begins with stock-1: it shows 10"),
        (Invoked("a", "ana", "add", "cart-1", {"value": "tea"}, 0, "eu"), "plain", "ana adds tea to cart-1 at eu"),
        (Invoked("b", "bo", "buy", "stock-1", 1, 0, "us"), "plain", "bo buys 1 of stock-1 at us"),
        (Invoked("c", "bo", "odd{}", "cart-1", None, 0), "plain", "bo began odd{} of cart-1"),
        (
            Completed("b", "bo", "buy", "stock-1", "fail", None, "sold out"),
            "bad",
            "bo's buy of stock-1 failed after 12 ms: sold out",
        ),
        (
            Completed("r", "bo", "read", "cart-1", "ok", {"value": [], "seen": []}),
            "good",
            "bo found cart-1: {} after 12 ms",
        ),
        (Effected("rang", "o1", {}), "warn", "tax: rang, about o1"),
        (Effected("gave-up", "o1", {}), "bad", "tax gave up on order o1"),
        (
            Effected("gave-up", "account-1", {"session": "s19", "attempts": 10}),
            "bad",
            "s19 gave up on account-1 after 10 attempts",
        ),
        (Effected("leads", "lane-0", {"token": 1}), "good", "tax holds the lease and leads, token 1"),
        (
            Effected("steps-down", "lane-1", {"token": 1, "why": "the lease ran out"}),
            "warn",
            "tax leads no longer (lane-1): the lease ran out",
        ),
        (
            Effected("promotes", "lane-0", {"primary": "us", "epoch": 2}),
            "warn",
            "tax makes us the primary, epoch 2",
        ),
        (
            Effected("fenced", "account-4", {"writer": "writer-a", "token": 1, "largest": 2}),
            "good",
            "tax refused a write of writer-a to account-4: its token 1 is older than 2",
        ),
        (
            Effected("append-refused", "orders", {"type": "OrderTaxed", "about": "o1"}),
            "warn",
            "the server refused OrderTaxed about o1 from tax: it may not append to orders",
        ),
        (
            Effected("declares-writers", "orders", {"types": {"OrderPlaced": ["order"]}}),
            "plain",
            "only order may append to orders",
        ),
        (
            Effected("refused", "address-1", {"from": "ap", "ahead_us": 60_000_000}),
            "good",
            "tax refused an update of ap to address-1: its clock is 60.0 s ahead",
        ),
        (Effected("fenced", "x", "odd"), "good", "tax refused a write of somebody to order x"),
        (Faulted("f1", "partition", "began", ["eu>us"]), "bad", "fault: cut: eu to us"),
        (
            Faulted("f1", "partition", "began", ["eu>us"], {"between": [["us"], ["eu", "ap"]], "mode": "drop"}),
            "bad",
            "fault: us cut off from eu and ap",
        ),
        (
            Faulted("f1", "partition", "began", [], {"between": [["us"], ["*"]], "one_way": True, "mode": "hold"}),
            "bad",
            "fault: what us sends to everybody else is held up",
        ),
        (Faulted("f1", "pause", "began", ["writer-a"], {"node": "writer-a"}), "bad", "fault: writer-a paused"),
        (Faulted("f1", "crash", "began", ["ap"], {"disk": "lost"}), "bad", "fault: ap crashed, disk lost"),
        (Faulted("f1", "slow", "began", ["tax"], {"factor": 4.0}), "bad", "fault: tax slow, 4 times"),
        (Faulted("f1", "clock", "began", ["ap"], {"offset_ms": 60_000.0}), "bad", "fault: ap clock +60 s"),
        (
            Faulted("f1", "link", "began", ["eu>us"], {"source": "eu", "target": "us", "loss": 1.0, "count": 1}),
            "bad",
            "fault: eu to us: loses all, the first 1 only",
        ),
        (Faulted("f1", "partition", "ended", []), "good", "f1 is over"),
        (Invoked("p", "s1", "place", "o1", {"net_cents": 129_005}, 0), "plain", "s1 placed order o1 over 1,290.05"),
        (Invoked("r", "s1", "read", "o1", None, 0, "view-2"), "plain", "s1 looks for order o1 at view-2"),
        (Completed("p", "s1", "place", "o1", "ok", None), "good", "order o1 was accepted after 12 ms"),
        (
            Completed("p", "s1", "place", "o1", "fail", None, "tax is down"),
            "bad",
            "order o1 failed after 12 ms: tax is down",
        ),
        (
            Completed("p", "s1", "place", "o1", "info", None, "no answer"),
            "warn",
            "nobody can tell what became of order o1: no answer",
        ),
        (
            Completed("r", "s1", "read", "o1", "ok", {"value": None, "version": 0}),
            "warn",
            "s1 looked for order o1 and found nothing after 12 ms",
        ),
        (
            Completed("r", "s1", "read", "o1", "ok", {"value": {"status": "taxed"}, "version": 3}),
            "good",
            "s1 found order o1 as taxed after 12 ms",
        ),
        (Effected("email", "o1", {}), "plain", "tax sent an e-mail about order o1 (4,711 ms after it was placed)"),
        (
            Dropped("m", "t", "OrderTaxed", "o1", "order", 0, "loss"),
            "warn",
            "OrderTaxed about o1 from order never reached tax: loss",
        ),
        (Changed("tax.2", "up", 3), "good", "tax.2 is up"),
        (Changed("tax.2", "lost", 3, "its lease ran out"), "bad", "tax.2 is lost: its lease ran out"),
    ],
)
def test_what_happened_is_said_in_plain_words(body, tone, text):
    sentence = tell(Told(Observation(0, 5_711_000, "tax", body), born_us=1_000_000, latency_us=12_000))
    assert (sentence.tone, sentence.text, sentence.at_us) == (tone, text, 5_711_000)


def test_messages_that_arrive_are_not_told_one_by_one():
    assert tell(Told(Observation(0, 1, "tax", Delivered("m", "t", "x", "o1", "order", 0)))) is None


@pytest.mark.parametrize(
    ("replicas", "unheard", "text"),
    [
        (["order"], ["view-1", "view-2"], "view-1 and view-2 have not heard of order o1 yet"),
        (["view-2"], ["view-2"], "view-2 has not heard of order o1 yet"),
        (["order"], ["a", "b", "c", "d"], "4 replicas have not heard of order o1 yet"),
        (["view-2"], [], "view-2 shows another state of order o1 than the others"),
        (["view-1", "view-2"], [], "view-1 and view-2 show other states of order o1 than the others"),
        (["a", "b", "c", "d", "e"], [], "5 replicas show different states of order o1"),
    ],
)
def test_a_window_that_opens_says_who_has_not_heard_or_who_shows_another_state(replicas, unheard, text):
    sentence = window(WindowView("o1", "value", 1_000, None, replicas), unheard, 5)
    assert (sentence.tone, sentence.text, sentence.at_us) == ("warn", text, 1_000)


def test_two_replicas_that_differ_are_both_named():
    opened = WindowView("o1", "value", 1_000, None, ["view-1", "view-2"])
    assert window(opened, [], 2).text == "view-1 and view-2 show different states of order o1"


def test_a_window_that_closes_is_told_with_its_length_and_one_of_updates_is_not():
    closed = WindowView("o1", "value", 1_000, 251_000, ["view-1"])
    assert window(closed, [], 3).text == "all replicas agree about order o1 again, after 250 ms"
    assert window(WindowView("o1", "updates", 1_000, None, ["view-1"]), [], 3) is None


def test_a_name_never_takes_more_than_a_line():
    sentence = tell(Told(Observation(0, 1, "tax", Applied("k" * 5_000, {}, "u" * 5_000))))
    assert len(sentence.text) < 3 * NAME_LENGTH_MAX
