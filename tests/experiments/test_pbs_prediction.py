"""The predictor, the protocol in virtual time, and the published figures: each against the others."""

from functools import cache

import pytest

from consistency_viz.checkers.pbs import predict as predict_paths
from consistency_viz.checkers.pbs import quantile
from consistency_viz.checkers.visibility import Visibility
from consistency_viz.experiments.pbs_prediction import paths_of, predict
from workers.cluster.catalogue import load
from workers.cluster.plan import build
from workers.model.history import expand
from workers.simulation.world import World

SCENARIOS = ("quorum-ssd", "quorum-disk", "quorum-ymmr", "quorum-wan")
SIMPLE = ["quorum.probe.writes=1500", "quorum.probe.writes_per_s=200"]


@cache
def measured(name, *sets):
    plan = build(load(name, [*SIMPLE, *sets]))
    turns = []
    World(plan, lambda at_us, turn: turns.append((at_us, turn)), messages_noted=False).run()
    found = Visibility()
    for observation in expand(turns):
        found.observe(observation)
    return found


@cache
def predicted(name):
    """The predictions of one scenario for several quorums, from the same draws."""
    return predict_paths(paths_of(load(name)), [(1, 1), (2, 1), (1, 2), (2, 2)], samples=200_000)


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize(("read", "write"), [(1, 1), (2, 1), (1, 2)])
def test_the_protocol_does_what_the_predictor_says(name, read, write):
    """Shares and ranks differ by at most four standard errors of the simulation, and a little for the prediction."""
    prediction = predicted(name)[read, write]
    found = measured(name, f"quorum.read={read}", f"quorum.write={write}", "quorum.probe.read_after_ms=[0, 1, 20, 80]")
    assert found.n == 4 * 1_500
    for point in found.curve():
        share = prediction.fresh_share(point.t_us)
        assert abs(point.fresh / point.n - share) < error(share, point.n), (point, share)
    for f, values, n in (("read", prediction.read, 6_000), ("write", prediction.write, 1_500)):
        for q in (0.5, 0.9, 0.99):
            low, high = (quantile(values, q + sign * error(q, n)) for sign in (-1, 1))
            assert low * 0.998 <= found.latency_us(f, q) <= high * 1.002, (f, q)


def error(share, n):
    return 4 * (share * (1 - share) / n) ** 0.5 + 0.002


@pytest.mark.parametrize("name", SCENARIOS)
def test_quorums_that_intersect_are_never_stale(name):
    quorum = ("quorum.read=2", "quorum.write=2", "quorum.probe.writes=1000")
    assert {(point.n, point.fresh) for point in measured(name, *quorum).curve()} == {(1_000, 1_000)}
    assert predicted(name)[2, 2].fresh_share(0) == 1


@pytest.mark.parametrize(
    ("name", "fresh", "read_ms", "write_ms", "t_ms"),
    [("quorum-ssd", 0.974, 0.66, 0.66, 1.85), ("quorum-disk", 0.439, 0.66, 10.99, 45.5)],
)
def test_the_published_cells_of_one_and_one_come_out(name, fresh, read_ms, write_ms, t_ms):
    prediction = predicted(name)[1, 1]
    assert abs(prediction.fresh_share(0) - fresh) < 0.007
    assert quantile(prediction.read, 0.999) / 1_000 == pytest.approx(read_ms, rel=0.03)
    assert quantile(prediction.write, 0.999) / 1_000 == pytest.approx(write_ms, rel=0.03)
    assert prediction.fresh_us(0.999) / 1_000 == pytest.approx(t_ms, rel=0.2)


def test_each_coordinator_is_near_its_own_replica_and_writes_travel_by_their_own_latency():
    medians_ms = [
        [[round(leg(0.5) / 1_000) for leg in (legs.write, legs.read)] for legs in row]
        for row in paths_of(load("quorum-wan"))
    ]
    assert [[median[1] for median in row] for row in medians_ms] == [[0, 75, 75], [75, 0, 75], [75, 75, 0]]
    assert [[median[0] >= 75 for median in row] for row in medians_ms] == [
        [place != replica for replica in range(3)] for place in range(3)
    ]
    assert all(median[0] > median[1] for row in medians_ms for median in row)


def test_what_the_model_leaves_out_is_said():
    assert predict(load("quorum-ssd"), samples=9).left_out == ()
    rough = ["network.default.loss=0.1", "network.default.ordered=true", "quorum.read_repair=true"]
    assert predict(load("quorum-ssd", rough), samples=9).left_out == (
        "messages are lost",
        "links keep their order, so a slow message holds back those behind it",
        "reads repair what they find old",
    )
    with pytest.raises(ValueError, match="is no leaderless quorum"):
        predict(load("one-truth"))


def test_the_default_is_a_majority_and_the_curve_is_that_of_the_prediction():
    found = predict(load("quorum-disk", ["quorum.read=null", "quorum.write=null"]), samples=900)
    assert (found.read, found.write, found.curve([0, 5])) == (2, 2, [1.0, 1.0])
