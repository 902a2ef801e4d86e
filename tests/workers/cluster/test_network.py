from itertools import combinations
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.cluster.latency import Constant, Uniform
from workers.cluster.network import INSTANT, InOrder, arrivals, link
from workers.model.randomness import Chance

FIXED = Constant(kind="constant", ms=5)
VARIED = Uniform(kind="uniform", low_ms=1, high_ms=100)
IDS = [f"client.0~arrive:s{s}:{n}/client.0" for s in range(100) for n in range(200)]
NAMES = ("order", "validation", "tax", "email", "view-1", "view-2", "client", "store")


def fate(message_id, *, loss=0.0, duplicate=0.0, target="tax", seed=1, latency=VARIED, sent_us=1_000):
    return arrivals(Chance(seed), message_id, sent_us, link(latency, loss, duplicate, target, ordered=False))


def within_four_sigma(count, n, p):
    return abs(count - n * p) <= 4 * sqrt(n * p * (1 - p))


@given(st.text(), st.integers(0, 2**63 - 1), st.sampled_from(NAMES), st.floats(0, 1), st.floats(0, 1))
def test_the_same_message_on_the_same_link_meets_the_same_fate(message_id, seed, target, loss, duplicate):
    given_ = {"loss": loss, "duplicate": duplicate, "target": target, "seed": seed}
    assert fate(message_id, **given_) == fate(message_id, **given_)
    assert fate(message_id, **given_, sent_us=0) == tuple(at_us - 1_000 for at_us in fate(message_id, **given_))


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_copies_are_none_one_or_two_in_the_order_of_their_arrival_and_never_before_the_latency(
    message_id, loss, duplicate
):
    times = fate(message_id, loss=loss, duplicate=duplicate)
    assert list(times) == sorted(times)
    assert len(times) <= 2
    assert all(2_000 <= at_us <= 101_000 for at_us in times)


def test_the_fates_of_fixed_messages_stay_the_same_in_every_version():
    assert [fate(f"m{n}", loss=0.3, duplicate=0.3) for n in range(6)] == [
        (),
        (24371, 56869),
        (),
        (35876,),
        (57457,),
        (7900, 24297),
    ]


@pytest.mark.parametrize("target", NAMES)
@pytest.mark.parametrize("p", [0.01, 0.1, 0.5])
def test_loss_and_duplication_are_as_frequent_as_asked_for(target, p):
    fates = [fate(message_id, loss=p, duplicate=p, target=target, latency=FIXED) for message_id in IDS]
    lost = sum(times == () for times in fates)
    arrived = len(IDS) - lost
    assert within_four_sigma(lost, len(IDS), p)
    assert within_four_sigma(sum(len(times) == 2 for times in fates), arrived, p)


def test_a_link_loses_nothing_or_everything_where_that_is_asked_for():
    assert all(len(fate(message_id, duplicate=1.0)) == 2 for message_id in IDS[:500])
    assert all(fate(message_id, loss=1.0) == () for message_id in IDS[:500])
    assert all(len(fate(message_id)) == 1 for message_id in IDS[:500])


def test_whether_one_target_misses_a_message_says_nothing_about_another():
    p = 0.1
    lost = {
        t: {message_id for message_id in IDS if not fate(message_id, loss=p, target=t, latency=FIXED)} for t in NAMES
    }
    for one, other in combinations(NAMES, 2):
        assert within_four_sigma(len(lost[one] & lost[other]), len(IDS), p * p), (one, other)


def test_latency_does_not_depend_on_whether_the_link_also_loses():
    """A scenario with a fault switched on differs from its twin by the fault only."""
    for message_id in IDS[:500]:
        times = fate(message_id, loss=0.2)
        assert times in ((), fate(message_id))


def test_latencies_of_two_targets_are_uncorrelated():
    def draws(target):
        return [fate(message_id, target=target)[0] - 51_500 for message_id in IDS]

    samples = {target: draws(target) for target in NAMES[:4]}
    norms = {target: sqrt(sum(x * x for x in sample)) for target, sample in samples.items()}
    for one, other in combinations(samples, 2):
        products = sum(a * b for a, b in zip(samples[one], samples[other], strict=True))
        assert abs(products / norms[one] / norms[other]) < 4 / sqrt(len(IDS))


def test_another_seed_is_another_fate():
    assert [fate(message_id, seed=1) for message_id in IDS[:20]] != [
        fate(message_id, seed=2) for message_id in IDS[:20]
    ]


def test_what_comes_from_outside_arrives_at_once():
    assert arrivals(Chance(1), "web-1", 7, INSTANT) == (7,)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 1_000))))
def test_an_ordered_link_never_lets_a_message_overtake_another_of_its_source_and_topic(sent):
    in_order = InOrder()
    latest = {}
    for source, topic, raw_us in sent:
        due_us = in_order.clamp(source, topic, raw_us)
        assert due_us == max(raw_us, latest.get((source, topic), 0))
        latest[source, topic] = due_us
