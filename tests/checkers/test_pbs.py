from itertools import product
from math import comb, exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency_viz.checkers.pbs import Legs, k_stale_share, outcomes, predict, quantile


def constant(us):
    return lambda u: us


def exponential(mean_us):
    return lambda u: int(-mean_us * log(1 - u))


def three(write, other=None):
    return [[Legs(write, other or write, other or write, other or write)] * 3]


def test_constant_latencies_give_one_commit_time_and_reads_that_are_fresh_at_once():
    found = predict(three(constant(100)), [(1, 1), (3, 3)], samples=9)
    assert {(tuple(p.write), tuple(p.read)) for p in found.values()} == {((200,) * 9, (200,) * 9)}
    assert found[1, 1].fresh_from.tolist() == [-200] * 9
    assert found[1, 1].fresh_us(0.999) == 0


def test_the_replica_that_is_read_first_may_be_the_last_to_be_written():
    """Replica 0 is written late and read early; the others acknowledge at once."""
    late = Legs(constant(900), constant(0), constant(5), constant(0))
    prompt = Legs(constant(10), constant(0), constant(50), constant(0))
    found = predict([[late, prompt, prompt]], [(1, 1), (2, 1), (1, 3)], samples=4)
    assert (
        found[1, 1].fresh_from.tolist() == [900 - 5 - 10] * 4
    )  # the write at 900, the commit at 10, the read 5 on its way
    assert found[1, 1].fresh_share(884) == 0
    assert found[1, 1].fresh_share(885) == 1
    assert found[2, 1].fresh_us(0.999) == 0  # the second to answer has it
    assert found[1, 3].write.tolist() == [900] * 4
    assert found[1, 3].fresh_share(0) == 1


def test_the_share_that_is_fresh_at_once_is_that_of_the_closed_form_for_exponential_latencies():
    """One of two replicas, W exponential and R and A nothing: fresh at once if the one that is read was first."""
    nothing = constant(0)
    legs = [Legs(exponential(10_000), nothing, nothing, exponential(10_000))] * 2
    found = predict([legs], [(1, 1)], samples=200_000)[1, 1]
    assert abs(found.fresh_share(0) - 0.5) < 0.004
    # The one that was not first has, by memorylessness, an exponential time to go after the commit.
    assert abs(found.fresh_share(10_000) - (1 - 0.5 * exp(-1))) < 0.004


@pytest.mark.parametrize(("n", "r", "w"), [(n, r, w) for n in (2, 3, 5) for r, w in product(range(1, n + 1), repeat=2)])
def test_quorums_that_intersect_are_always_fresh_and_the_predictor_agrees(n, r, w):
    legs = [[Legs(*[exponential(10_000)] * 4)] * n]
    found = predict(legs, [(r, w)], samples=2_000)[r, w]
    assert (k_stale_share(n, r, w, 1) == 0) == (r + w > n)
    if r + w > n:
        assert found.fresh_share(0) == 1


@pytest.mark.parametrize(
    ("n", "r", "w", "k", "fresh"),
    [
        (3, 1, 1, 1, 1 / 3),
        (3, 1, 1, 2, 5 / 9),
        (3, 1, 1, 3, 0.703),
        (3, 1, 1, 5, 0.868),
        (3, 1, 1, 10, 0.982),
        (3, 1, 2, 1, 2 / 3),
        (3, 2, 1, 2, 8 / 9),
        (3, 1, 2, 5, 0.995),
        (5, 2, 2, 1, 1 - comb(3, 2) / comb(5, 2)),
    ],
)
def test_staleness_in_versions_follows_the_closed_form(n, r, w, k, fresh):
    assert abs(1 - k_stale_share(n, r, w, k) - fresh) < 0.001


def test_the_coordinators_of_write_and_read_are_independent():
    """Three places, each near one replica: a read at the writer's place, one time in three, is fresh at once."""
    near, far = Legs(*[constant(1)] * 4), Legs(*[constant(75)] * 4)
    paths = [[near if place == replica else far for replica in range(3)] for place in range(3)]
    found = predict(paths, [(1, 1)], samples=900)[1, 1]
    assert len(found.write) == 900
    assert found.fresh_share(0) == 1 / 3
    assert found.fresh_us(0.5) == 75 - 2 - 1


def test_a_seed_is_one_prediction_and_other_quorums_beside_it_change_nothing():
    legs = three(exponential(9_000), exponential(1_000))
    both = predict(legs, [(1, 1), (2, 1)], samples=500, seed=7)
    alone, other = (predict(legs, [(1, 1)], samples=500, seed=seed)[1, 1] for seed in (7, 8))
    assert [values.tolist() for values in alone] == [values.tolist() for values in both[1, 1]]
    assert [values.tolist() for values in other] != [values.tolist() for values in both[1, 1]]


@given(st.integers(1, 5), st.data())
@settings(max_examples=200, deadline=None)
def test_each_draw_gives_what_the_definition_says(n, data):
    """Replicas by their answers, ties by how far they are behind; fresh iff w_t + R + t >= W for one of the first r."""
    draws = data.draw(st.lists(st.lists(st.tuples(*[st.integers(0, 40)] * 4), min_size=n, max_size=n), min_size=1))
    columns = [[np.array([draw[i][leg] for draw in draws]) for i in range(n)] for leg in range(4)]
    quorums = list(product(range(1, n + 1), repeat=2))
    found = outcomes(*columns, quorums)
    for place, draw in enumerate(draws):
        commits = sorted(write + ack for write, ack, _, _ in draw)
        answers = sorted((read + response, write - read) for write, _, read, response in draw)
        assert [int(column[place]) for column in found.commits] == commits
        assert [int(column[place]) for column in found.answers] == [answer for answer, _ in answers]
        for r, w in quorums:
            late = min(behind for _, behind in answers[:r]) - commits[w - 1]
            assert int(found.fresh_from[r, w][place]) == late


@pytest.mark.parametrize("quorum", [(0, 1), (1, 4)])
def test_a_quorum_of_more_than_all_or_of_none_is_refused(quorum):
    with pytest.raises(ValueError, match="use 1 to 3, the number of replicas"):
        predict(three(constant(1)), [quorum], samples=1)


def test_a_quantile_is_one_of_the_values():
    assert [quantile([1, 2, 3, 4], q) for q in (0.25, 0.26, 0.5, 0.999, 1)] == [1, 2, 2, 4, 4]
