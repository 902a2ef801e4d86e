from itertools import permutations

import pytest

from tests.workers.support import INVALID_ORDER, ORDER, after, context, message, sends
from workers.model.effects import Send
from workers.model.node import NOTHING
from workers.services.aggregation import Check, CheckCountingAggregator, MessageCountingAggregator
from workers.services.checks import CHECKS

RIGHT = CheckCountingAggregator(CHECKS, "validated")
BROKEN = MessageCountingAggregator(CHECKS, "validated")
ABOUT = {"net_cents": 11_990, "country": "DE", "email": "s1-1@example.org"}


def passed(check):
    return message("CheckPassed", data={"check": check, "reason": "", **ABOUT})


def failed(check):
    return message("CheckFailed", data={"check": check, "reason": "r", **ABOUT})


def published(aggregator, *messages):
    """What an aggregator publishes about these messages."""
    state, found = {}, []
    for given in messages:
        step = aggregator.step(state, given, context())
        state = after(state, step)
        found += [s.type for s in sends(step)]
    return found


def test_a_check_says_what_came_out_and_says_it_again_when_asked_again():
    limit = Check("limit", "checks")
    good = Send("checks", "CheckPassed", "o1", {"check": "limit", "reason": "", **ABOUT})
    assert [limit.step({}, message("OrderPlaced", data=ORDER), context()).effects for _ in range(2)] == [(good,)] * 2
    [bad] = limit.step({}, message("OrderPlaced", data=INVALID_ORDER), context()).effects
    assert (bad.type, bad.data["reason"]) == ("CheckFailed", "its net value exceeds 1000")
    assert limit.step({}, message("Gossip"), context()) is NOTHING
    assert limit.start(context()) is NOTHING


@pytest.mark.parametrize("order", list(permutations(CHECKS)))
def test_all_checks_passed_is_valid_once_whatever_comes_how_often(order):
    messages = [passed(check) for check in order]
    assert published(RIGHT, *messages) == published(RIGHT, *messages, *messages) == ["OrderValidated"]
    assert published(RIGHT, *messages[:2], *messages[:2]) == []
    step = RIGHT.step({"o1": {"passed": ["country", "limit"], "decided": False}}, passed("lines"), context())
    assert sends(step) == [Send("validated", "OrderValidated", "o1", ABOUT, sequence=2)]


@pytest.mark.parametrize("order", sorted(set(permutations(["lines", "lines", "country", "!"]))))
def test_one_failed_is_rejected_once_and_never_valid(order):
    messages = [failed("limit") if check == "!" else passed(check) for check in order]
    assert published(RIGHT, *messages) == ["OrderRejected"]
    assert published(RIGHT, *messages, failed("limit")) == ["OrderRejected"]


def test_counting_messages_publishes_both_verdicts_after_one_duplicate():
    messages = [passed("lines"), passed("lines"), passed("country"), failed("limit")]
    assert published(BROKEN, *messages) == ["OrderValidated", "OrderRejected"]
    assert published(BROKEN, *[passed(check) for check in CHECKS]) == ["OrderValidated"]


@pytest.mark.parametrize("aggregator", [RIGHT, BROKEN])
def test_everything_else_is_ignored(aggregator):
    assert aggregator.step({}, message("Gossip"), context()) is NOTHING
    assert aggregator.start(context()) is NOTHING
