"""The shipped scenarios about sessions, mails and outages show their point, and their fix mends it, on many seeds."""

import pytest

from tests.workers.strategies.seeds import backwards, differing_orders, gaps
from tests.workers.support import final_values, mails, of_kind, placed
from workers.cluster.catalogue import load
from workers.cluster.fixing import fixed
from workers.cluster.plan import build
from workers.cluster.scenario import Scenario
from workers.cluster.shards import APPEND_REFUSED
from workers.model.history import expand
from workers.model.observation import Applied, Completed, Effected, Invoked
from workers.simulation.world import World

SEEDS = range(50)


def run(name, seed, orders=40, *overrides, fix=False):
    """The replicas and the history of a shipped scenario, or of its fix, under another seed."""
    scenario = load(name)
    fields = (fixed(scenario) if fix else scenario).model_dump(mode="json", exclude={"fix", "expect", "narration"})
    fields["workload"] |= {"orders": orders, **dict(overrides)}
    plan = build(Scenario.model_validate({**fields, "seed": seed}))
    turns = []
    World(plan, lambda at_us, turn: turns.append((at_us, turn))).run()
    return plan.replicas, list(expand(turns))


def reads(history):
    return [b for b in of_kind(history, Completed) if b.f == "read"]


def own_write_missing(history):
    return [r.op for r in reads(history) if r.outcome == "ok" and f"{r.key}:OrderPlaced" not in r.value["seen"]]


def phantoms(history):
    applied = {b.update for b in of_kind(history, Applied)}
    return sorted(b.key for b in of_kind(history, Effected) if set(b.detail["claims"]) - applied)


def test_the_order_is_nowhere_in_every_run_and_with_a_token_in_none():
    for seed in SEEDS:
        assert len(own_write_missing(run("where-is-my-order", seed)[1])) > 10
        _, history = run("where-is-my-order", seed, fix=True)
        assert own_write_missing(history) == []
        assert {r.outcome for r in reads(history)} <= {"ok", "fail"}
        assert all(r.error.startswith("stale: ") for r in reads(history) if r.outcome == "fail")


@pytest.mark.parametrize("setting", [("affinity", "sticky"), ("tokens", "position")])
def test_time_runs_backwards_in_every_run_and_never_for_who_sticks_or_has_tokens(setting):
    for seed in range(25):
        assert backwards(run("time-runs-backwards", seed)[1])
        assert backwards(run("time-runs-backwards", seed, 40, setting)[1]) == []


def test_phantom_mails_in_every_run_none_with_the_fix_and_all_made_good_by_apologies():
    for seed in SEEDS:
        assert phantoms(run("phantom-mail", seed)[1])
        assert phantoms(run("phantom-mail", seed, fix=True)[1]) == []
        _, history = run("phantom-mail-compensated", seed)
        retracted = [c for b in of_kind(history, Effected) for c in b.detail.get("retracts", ())]
        assert sorted(c.partition(":")[0] for c in retracted) == phantoms(history)


def test_two_mails_in_nearly_every_run_and_one_with_the_key():
    doubled = 0
    for seed in SEEDS:
        sent = mails(run("two-mails", seed)[1])
        doubled += len(sent) > len(set(sent))
        sent = mails(run("two-mails", seed, 40, fix=True)[1])
        assert len(sent) == len(set(sent))
    assert doubled > 40


def test_while_the_plug_is_pulled_checkouts_fail_in_time_and_broadcast_accepts_them_all():
    for seed in range(10):
        replicas, history = run("pull-the-plug", seed, 240)
        begun = {b.op: o.at_us for o in history for b in [o.body] if isinstance(b, Invoked)}
        ends = [(o.body, o.at_us - begun[o.body.op]) for o in history if isinstance(o.body, Completed)]
        places = [(b, took_us) for b, took_us in ends if b.f == "place"]
        failed = [(b, took_us) for b, took_us in places if b.outcome == "fail"]
        assert len(places) == len([op for op in begun if op.endswith(":place")])
        assert 60 < len(failed) < 180
        assert {b.error for b, _ in failed} == {"tax did not answer within 500 ms"}
        assert max(took_us for _, took_us in failed) < 1_500_000
        assert {b.key for b, _ in failed}.isdisjoint(final_values(history, replicas)["store"])
        replicas, history = run("pull-the-plug", seed, 240, fix=True)
        assert {b.outcome for b in of_kind(history, Completed) if b.f == "place"} == {"ok"}
        assert mails(history) == placed(history)
        assert differing_orders(history, replicas) == []


def test_the_replica_far_behind_serves_the_past_to_a_third_of_the_reads():
    for seed in range(10):
        _, history = run("replica-far-behind", seed, 60)
        missing = own_write_missing(history)
        assert 0.2 < len(missing) / len(reads(history)) < 0.4
        _, history = run("replica-far-behind", seed, 60, fix=True)
        assert own_write_missing(history) == backwards(history) == []


def test_the_intruder_is_refused_for_every_order_and_the_orders_stay_gapless():
    for seed in range(10):
        replicas, history = run("intruder-refused", seed)
        tried = [b for b in of_kind(history, Effected) if b.effect == APPEND_REFUSED]
        assert len(tried) == 40
        assert gaps(history, "order") == differing_orders(history, replicas) == []
